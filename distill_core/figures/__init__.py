"""Records → figures: pure functions, usable in a notebook. No torch.

from distill_core.figures import curves, scores
"""

"""What is computed from finished or running runs to be looked at: planes, spread, activation maps, attention, walks in a generator, factors."""

from __future__ import annotations

# question → the file here whose `compute(home, tell=…, **values)` answers it, and whether that takes long
LOOKS = {
    "plane": ("planes", True),
    "spread": ("spread", False),
    "activation": ("activation", False),
    "attention": ("attention", False),
    "walk": ("walk", False),
    "factors": ("factors", False),
}

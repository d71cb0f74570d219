"""The choices that papers differ in: each a small frozen model with its own settings and the code that acts on them."""

"""A run on disk, and what lies beside runs in a home: the folder is the truth. Loads no torch."""

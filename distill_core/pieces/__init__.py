"""Pieces that two or more methods use, each a small thing with one narrow interface."""

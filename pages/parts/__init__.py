"""Shared pieces of the screen. Never a page, and never torch."""

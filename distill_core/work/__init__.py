"""The process that works: it waits, takes a run, drives it, answers questions and writes the catalog."""

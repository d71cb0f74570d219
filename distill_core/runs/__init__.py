"""Runs on disk: the folder is the truth. This shelf loads no torch, except `worker` and `drive`, which run as processes."""

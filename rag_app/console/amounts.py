"""Counts, sizes and times in words for people."""

from __future__ import annotations

import time

_GIGABYTE, _MEGABYTE, _KILOBYTE = 1e9, 1e6, 1e3
_LEAST_MEGABYTES = 1e5  # bytes; what is smaller is told in kilobytes


def count_text(count: int, noun: str) -> str:
    """Return a number with its noun, which takes an s where there is not exactly one."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def bytes_text(size: int) -> str:
    """Return a size in a unit for people."""
    if size >= _GIGABYTE:
        return f"{size / _GIGABYTE:.2f} GB"
    if size >= _LEAST_MEGABYTES:
        return f"{size / _MEGABYTE:.1f} MB"
    return f"{size / _KILOBYTE:.1f} kB"


def time_text(seconds: float) -> str:
    """Return a time, in seconds since 1970, as local date and time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))

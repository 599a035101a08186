"""How sizes in bytes are written for people."""

__all__ = ["GIB", "MOST_BYTES", "gib"]

GIB = 1 << 30
"""Bytes in a GiB."""

MOST_BYTES = 1 << 50
"""A PiB: a thousand times the largest device. Below it, GiB as a float are exact to the byte."""


def gib(size_bytes: int) -> str:
    """Return a size in GiB if three decimals say it to the byte, else in bytes.

    Two sizes that differ are never written alike, which a complaint about their difference needs.

    Args:
        size_bytes: the size, in bytes.
    """
    size = size_bytes / GIB
    if abs(size_bytes) > MOST_BYTES:
        return f"{size:.6g} GiB"
    for digits in range(4):
        text = f"{size:.{digits}f}"
        if round(float(text) * GIB) == size_bytes:
            return f"{text} GiB"
    return f"{size_bytes} bytes"

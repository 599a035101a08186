"""Where new objects lie in memory, so that a program that asks for it is found out.

Two processes of one program allocate alike: `id()` sorts their objects alike, and the sets of
objects that hash by it keep their order, however random the base address is. A bug of this kind
would hide until some other library is imported.
"""

from __future__ import annotations

import gc
import os
from random import Random
from typing import Literal, TypeAlias

__all__ = ["Addresses", "lay_out"]

Addresses: TypeAlias = Literal["rising", "falling", "shuffled"]

_STEP = 16
"""Bytes by which the size classes of Python's allocator, and of C's, differ."""
_SMALL = range(_STEP, 513, _STEP)
_LARGE = range(528, 2049, _STEP)  # classes are of this size
_STOCK = {"small": 1 << 20, "large": 1 << 16}
"""Bytes of free blocks of each size; what a program allocates beyond is laid as always."""
_PINNED = 4
"""One in so many blocks stays, so that no page is given back and laid out anew."""
_BYTES_OVERHEAD = b"".__sizeof__()
_NUMBER = 1 << 40

_pins: list[object] = []


def lay_out(addresses: Addresses) -> None:
    """Make the next objects of every size lie one below the other, above, or anywhere.

    CPython gives out the block of a size first that was freed last. So blocks of every size are
    allocated, and freed in the opposite order.

    Args:
        addresses: how the addresses of new objects follow each other; where they are shuffled,
            another `PYTHONHASHSEED` shuffles them otherwise.
    """
    gc.collect()  # what it frees later would be given out before all that is laid out here
    random = Random(os.environ.get("PYTHONHASHSEED"))
    for sizes, stock in ((_LARGE, _STOCK["large"]), (_SMALL, _STOCK["small"])):
        for size in sizes:
            blocks = [_block(size, number) for number in range(stock // size)]
            blocks.sort(key=id, reverse=addresses == "rising")
            _pins.extend(blocks[::_PINNED])
            if addresses == "shuffled":
                random.shuffle(blocks)
            for number in range(len(blocks)):
                blocks[number] = None


def _block(size: int, number: int) -> object:
    """Return a new object of this size."""
    if size == _STEP:
        return object()
    if size < _BYTES_OVERHEAD:
        return _NUMBER + number
    return bytes(size - _BYTES_OVERHEAD)

"""A blueprint whose models work faster, while everybody waits for one another as before."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from glasshive.errors import Complaint, InputError

if TYPE_CHECKING:
    from topology.blueprint.drawing import Blueprint

__all__ = ["faster"]


def faster(blueprint: Blueprint, times: float) -> Blueprint:
    """Return a blueprint whose steps, prefills and loads take a share of the time.

    Links, heartbeats and all patience stay as they are.

    Args:
        blueprint: what is drawn.
        times: how many times as fast, above 0; below 1 is slower.

    Raises:
        InputError: when it is no such number, or a device would be beyond all numbers.
    """
    if not (math.isfinite(times) and times > 0):
        raise InputError(
            Complaint("speed", f"it is {times:g}", "give a finite number above 0, such as 10")
        )
    return replace(
        blueprint,
        hives=tuple(
            replace(
                hive,
                devices=tuple(
                    replace(
                        device,
                        speed=device.speed * times,
                        load_bytes_per_second=device.load_bytes_per_second * times,
                    )
                    for device in hive.devices
                ),
            )
            for hive in blueprint.hives
        ),
    )

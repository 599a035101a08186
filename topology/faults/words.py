"""Faults in words, as notes, complaints and lists tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glasshive.latency import Constant
from topology.faults import action as do
from topology.faults import condition as when
from topology.toml import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from topology.faults.action import Action
    from topology.faults.condition import Condition

__all__ = ["ordinal", "told"]

_TEENS = range(11, 14)
"""They end in "th", whatever their last digit."""

_LONGEST_LATENCY = 100
"""Characters of a distribution, which may have any number of samples."""

_ENDS = {1: "st", 2: "nd", 3: "rd"}


def ordinal(number: int) -> str:
    """Return a number as a place in a row, such as "2nd".

    Args:
        number: from 1.
    """
    end = "th" if number % 100 in _TEENS else _ENDS.get(number % 10, "th")
    return f"{number:,}{end}"


def told(thing: Action | Condition) -> str:
    """Return an action or a condition in words, such as "crash worker-1" or "at 5 s".

    Args:
        thing: the action or the condition.
    """
    return _WORDS[type(thing)](thing)


def _number(value: float) -> str:
    return f"{value:.12g}"


def _seconds(value: float) -> str:
    return f"{_number(value)} s"


def _after_token(each: when.AfterToken) -> str:
    return f"after the {ordinal(each.number)} token of {each.request or 'any request'}"


def _after_message(each: when.AfterMessage) -> str:
    to = f" to {each.to}" if each.to is not None else ""
    return f"after the {ordinal(each.number)} {each.kind}{to}"


def _with_rate(each: when.WithRate) -> str:
    until = f" until {_seconds(each.until)}" if each.until is not None else ""
    return f"with chance {_number(each.chance)} every {_seconds(each.every)}{until}"


def _restart(each: do.Restart) -> str:
    return f"restart {each.bee} with{'' if each.state else 'out'} its state"


def _fail_to_load(each: do.FailToLoad) -> str:
    times = "once" if each.times == 1 else f"{each.times} times"
    return f"{each.hive} fails to load {each.worker} {times}"


def _lie(each: do.Lie) -> str:
    what = "nothing" if each.blind else "that all is free"
    return f"{each.bee} tells {what} for {_seconds(each.seconds)}"


def _jump(each: do.JumpClock) -> str:
    way = "forward" if each.by >= 0 else "back"
    return f"set the clock of {each.host} {way} by {_seconds(abs(each.by))}"


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _partition(each: do.Partition) -> str:
    a = _listed(each.a) if each.a else "nobody"
    b = _listed(each.b) if each.b else "all others"
    return f"lose what goes from {a} to {b}" if each.one_way else f"part {a} from {b}"


def _link(each: do.Link) -> str:
    way = f"{each.a} {'→' if each.one_way else '-'} {each.b}"
    latency: Any = each.latency
    if isinstance(latency, Constant):
        latency = latency.seconds
    fates = {name: getattr(each, name) for name in ("loss", "duplicate", "reorder")}
    like = [f"{name} {_number(chance)}" for name, chance in fates.items() if chance]
    if latency is not None:
        plain = isinstance(latency, int | float)
        said = _seconds(latency) if plain else shortened(str(latency), _LONGEST_LATENCY)
        like.insert(0, f"latency {said}")
    return f"link {way}: {', '.join(like) or 'as drawn'}"


_WORDS: dict[type[Any], Callable[[Any], str]] = {
    when.At: lambda each: f"at {_seconds(each.seconds)}",
    when.AfterToken: _after_token,
    when.AfterMessage: _after_message,
    when.WithRate: _with_rate,
    do.Crash: lambda each: f"crash {each.bee}",
    do.Restart: _restart,
    do.Hang: lambda each: f"hang {each.bee} for {_seconds(each.seconds)}",
    do.Slow: lambda each: f"slow {each.worker} by {_number(each.factor)}",
    do.OutOfMemory: lambda each: f"{each.worker} runs out of memory",
    do.FailToLoad: _fail_to_load,
    do.Lie: _lie,
    do.CrashHost: lambda each: f"crash host {each.host}",
    do.RestartHost: lambda each: (
        f"restart host {each.host} with{'' if each.state else 'out'} its bees' state"
    ),
    do.PauseHost: lambda each: f"pause host {each.host}",
    do.ResumeHost: lambda each: f"resume host {each.host}",
    do.SlowHost: lambda each: f"slow host {each.host} by {_number(each.factor)}",
    do.JumpClock: _jump,
    do.DriftClock: lambda each: f"the clock of {each.host} runs at pace {_number(each.pace)}",
    do.Partition: _partition,
    do.Heal: lambda _: "heal partitions",
    do.Link: _link,
    do.Recover: lambda _: "put everything right",
}

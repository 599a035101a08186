"""`glasshive serve`: a blueprint, served over HTTP."""

from __future__ import annotations

import gc
import ipaddress
import math
import os
import sysconfig
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from gateway.limits import Limits
from glasshive.cli.exits import HELD, INTERRUPTED, NOT_HELD
from glasshive.errors import Complaint, InputError

if TYPE_CHECKING:
    from topology.blueprint import Blueprint

__all__ = ["serve"]

_DEFAULT = Limits()
_TOKEN = "GLASSHIVE_TOKEN"  # noqa: S105  the variable's name


class _Number(click.FloatRange):
    """A number in a range, which "nan" is not, though it is neither below nor above."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


def _stay_on_one_core() -> None:
    """Have all threads take turns on one of the cores that there are, where one can say so.

    One interpreter runs one of its threads at a time. To hand over to a thread on another core
    takes longer than what most messages need: with 500 streams a token took 441 µs of the
    processor on two cores, and 123 µs on one.
    """
    if hasattr(os, "sched_setaffinity") and not sysconfig.get_config_var("Py_GIL_DISABLED"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})


def _collect_less_often() -> None:
    """Have Python look for garbage in cycles less often, and never among what is loaded now.

    What is under way makes many objects that live for milliseconds. With 500 streams it costs a
    tenth of the processor to look for cycles among them every 700 objects, and pauses: the slowest
    hundredth of the tokens came after 43 to 62 ms, and after 20 ms so.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@click.command("serve")
@click.argument("blueprint", metavar="BLUEPRINT.toml", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0 takes any that is free.",
)
@click.option(
    "--speed",
    type=_Number(min=1e-6, max=1e6),
    default=1.0,
    show_default=True,
    metavar="N",
    help="Have the models work N times as fast as drawn.",
)
@click.option(
    "--faults",
    metavar="PLAN.toml",
    type=click.Path(path_type=Path),
    help="Have a plan of faults strike from the beginning.",
)
@click.option(
    "--trace",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write every event to this file, compressed if it ends in .gz.",
)
@click.option(
    "--token",
    envvar=_TOKEN,
    show_envvar=True,
    help="What clients must send as `Authorization: Bearer TOKEN`.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Let pages of an origin, such as http://localhost:3000, use it; * for any; repeatable.",
)
@click.option(
    "--grace",
    type=_Number(min=0),
    default=_DEFAULT.grace_seconds,
    show_default=True,
    metavar="SECONDS",
    help="How long a job goes on that nobody reads any more.",
)
@click.option(
    "--keep",
    type=_Number(min=0),
    default=_DEFAULT.keep_seconds,
    show_default=True,
    metavar="SECONDS",
    help="How long a finished job is kept.",
)
@click.option(
    "--drain",
    type=_Number(min=0),
    default=_DEFAULT.drain_seconds,
    show_default=True,
    metavar="SECONDS",
    help="How long running streams may go on when it is told to stop.",
)
def serve(
    *,
    blueprint: Path,
    host: str,
    port: int,
    speed: float,
    faults: Path | None,
    trace: Path | None,
    token: str | None,
    origins: tuple[str, ...],
    grace: float,
    keep: float,
    drain: float,
) -> int:
    """Serve a blueprint over HTTP, on threads and the wall's clock.

    It ends at SIGTERM when its streams have ended, and at once at Ctrl-C.
    """
    from topology.blueprint import faster, read_blueprint  # noqa: PLC0415  only for this
    from topology.faults.reader import read_fault_plan  # noqa: PLC0415  only for this

    _check_token(host, token)
    _check_origins(origins)
    drawing = read_blueprint(blueprint)
    plan = read_fault_plan(faults, drawing, live=True) if faults is not None else None
    limits = Limits(grace_seconds=grace, keep_seconds=keep, drain_seconds=drain)
    try:
        from gateway.listener import listen  # noqa: PLC0415  the extra may not be there
        from gateway.server import Gateway  # noqa: PLC0415  as above
    except ModuleNotFoundError as error:
        raise InputError(
            Complaint(
                "glasshive serve",
                f"{str(error.name).partition('.')[0]} is not installed, which it needs",
                "install it with: pip install 'glasshive[gateway]', or in a clone of it: "
                "pip install '.[gateway]'",
            )
        ) from None
    from glasshive.cli.logs import show_logs  # noqa: PLC0415  structlog imports rich
    from glasshive.trace import TraceWriter  # noqa: PLC0415  only for this

    _stay_on_one_core()
    _collect_less_often()
    show_logs(silent=False)
    fast = faster(drawing, speed)
    sink = None
    if trace is not None:
        _refuse_to_overwrite(trace, blueprint, faults)
    listener = listen(host, port)
    try:
        if trace is not None:
            sink = TraceWriter.open(trace, _header(drawing, speed))
        gateway = Gateway(fast, limits=limits, token=token, origins=origins, plan=plan, trace=sink)
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{listener.getsockname()[1]}"
        whole = gateway.run(listener, lambda: click.echo(f"{drawing.name} is served at {address}"))
        if sink is not None:
            sink.finish({"status": "held" if whole else "interrupted"})
    finally:
        listener.close()
        if sink is not None:
            sink.finish({"status": "failed"})
    if sink is not None and sink.broken is not None:
        click.echo(f"error: {sink.broken}", err=True)
        return NOT_HELD
    return HELD if whole else INTERRUPTED


def _check_token(host: str, token: str | None) -> None:
    """Refuse to be open to others without a token, or with one that no header can hold."""
    if token is None and os.environ.get(_TOKEN) == "":
        remedy = "give it a token, or unset it to serve without one"
        raise InputError(Complaint(_TOKEN, "it is set and empty", remedy))
    if token is not None:
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            remedy = "give letters, digits and signs of ASCII, without a space"
            raise InputError(Complaint("--token", "it cannot be sent in a header", remedy))
        return
    loopback = host == "localhost"
    with suppress(ValueError):
        loopback = ipaddress.ip_address(host).is_loopback
    if not loopback:
        raise InputError(
            Complaint(
                f"--host {host}",
                "others can reach it there, and no --token is set",
                "give one with --token or GLASSHIVE_TOKEN, or listen on 127.0.0.1",
            )
        )


def _check_origins(origins: tuple[str, ...]) -> None:
    """Refuse what no browser would call an origin."""
    for each in origins:
        with suppress(ValueError):
            parts = urlsplit(each)
            whole = f"{parts.scheme}://{parts.netloc}"
            if each == "*" or (each == whole and parts.scheme and parts.hostname):
                continue
        remedy = "write scheme, host and port alone, such as http://localhost:3000, or *"
        raise InputError(Complaint(f"--allow-origin {each}", "it is no origin", remedy))


def _refuse_to_overwrite(trace: Path, *inputs: Path | None) -> None:
    for path in inputs:
        same = False
        with suppress(OSError):
            same = path is not None and trace.samefile(path)
        if same:
            what, remedy = "is a file that is read here", "name another, it would be overwritten"
            raise InputError(Complaint(f"--trace {trace}", what, remedy))


def _header(blueprint: Blueprint, speed: float) -> dict[str, object]:
    """Return what the trace of a gateway begins with."""
    return {
        "version": version("glasshive"),
        "scenario": f"serve {blueprint.name}",
        "parameters": {"speed": speed},
        "seed": 0,
        "runtime": "live",
    }

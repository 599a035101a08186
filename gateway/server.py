"""A gateway from its first request to its last: the swarm, the event loop, the signals."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn

from gateway.apiary import Apiary
from gateway.app import application
from gateway.connection import connection_of
from gateway.desk import Desk
from gateway.feed import Feed
from gateway.letterbox import Letterbox
from gateway.listener import most_connections
from gateway.meters import Meters
from gateway.recent import Recent
from gateway.service import Service
from gateway.striker import Striker
from glasshive import Live, Run

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Iterator, Sequence

    from gateway.limits import Limits
    from glasshive.trace import EventSink
    from topology.blueprint import Blueprint
    from topology.faults import FaultPlan

__all__ = ["Gateway"]

_GLANCE_SECONDS = 0.01
_TICK_SECONDS = 0.1
_FAREWELL_SECONDS = 5
"""Seconds that readers have to take the last of what they were sent, and each bee to stop."""

log = structlog.get_logger()


class _Server(uvicorn.Server):
    """Leaves signals to the gateway."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Gateway:
    """Serves a blueprint until it is told to stop.

    Args:
        blueprint: what is served.
        limits: how much it takes, and how long it waits.
        token: what clients must know, None for nothing.
        origins: those whose pages may use it besides its own, "*" for all.
        plan: faults that strike from the beginning; a live run can do them.
        trace: where every event is written, or None.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        *,
        limits: Limits,
        token: str | None = None,
        origins: Sequence[str] = (),
        plan: FaultPlan | None = None,
        trace: EventSink | None = None,
    ) -> None:
        self.blueprint = blueprint
        self.limits = limits
        self.token = token
        self.origins = origins
        self.plan = plan
        self.trace = trace
        self.connections: Collection[object] = ()
        """The connections that are open, once it serves."""
        self.service: Service
        """What the routes work with, once it serves."""
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        self._at_once: asyncio.Event

    def run(self, listener: socket.socket, announce: Callable[[], None]) -> bool:
        """Serve; return whether everything came to its end, and nothing was interrupted.

        Args:
            listener: a socket that is bound; it is closed.
            announce: called when requests are taken and a hive is ready.
        """
        with listener, _logs(), Live(trace=self.trace) as live:
            whole = asyncio.run(self._serve(live, listener, announce))
            if whole:
                self.service.apiary.close(_FAREWELL_SECONDS)
        return whole

    def stop(self, *, at_once: bool = False) -> None:
        """Have it close down, from any thread.

        Args:
            at_once: without waiting for what runs.
        """
        with suppress(RuntimeError):  # it has stopped
            self._loop.call_soon_threadsafe(self._stop, at_once)

    def _stop(self, at_once: bool) -> None:
        if at_once or self._stopping.is_set():
            self._at_once.set()
        self._stopping.set()

    # -- serving ----------------------------------------------------------------------------

    async def _serve(
        self, live: Live, listener: socket.socket, announce: Callable[[], None]
    ) -> bool:
        self._loop = asyncio.get_running_loop()
        self._stopping, self._at_once = asyncio.Event(), asyncio.Event()
        self.service = service = self._built(live)
        within = replace(self.limits, connections=most_connections(self.limits.connections))
        server = _Server(
            uvicorn.Config(
                application(service, self.token, self.origins),
                http=connection_of(within),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=self.limits.idle_seconds,
            )
        )
        self.connections = server.server_state.connections
        with self._signals():
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            tending = asyncio.create_task(self._tend(live))
            opening = asyncio.create_task(self._open(server, announce))
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait((serving, tending, stopping), return_when=asyncio.FIRST_COMPLETED)
            opening.cancel()
            whole = await self._close(server, serving)
            tending.cancel()
            for task in (serving, tending, opening):
                if task.done() and not task.cancelled():
                    task.result()
        return whole

    def _built(self, live: Live) -> Service:
        """Start the swarm, and return all that the routes work with."""
        limits, loop = self.limits, self._loop
        meters = Meters()
        desk = Desk(limits, meters)
        box = Letterbox(loop, desk.read)
        apiary = desk.apiary = Apiary(self.blueprint, Run(live), box.put)
        meters.watch(desk)
        feed = Feed(live, loop, limits.feed_events)
        striker = Striker(apiary, live, loop)
        apiary.start()
        recent = Recent(feed, limits)
        return Service(desk, apiary, meters, feed, recent, striker, limits)

    async def _open(self, server: uvicorn.Server, announce: Callable[[], None]) -> None:
        """Say when it can be asked; a swarm that takes long to be ready is not waited for."""
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(_GLANCE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.blueprint.patience.silence_seconds):
                while not self.service.apiary.ready():  # noqa: ASYNC110  nor has the queen
                    await asyncio.sleep(_GLANCE_SECONDS)
        if self.plan is not None:
            self.service.striker.arm(self.plan)
        announce()

    async def _tend(self, live: Live) -> None:
        """Look after the jobs, and log what went wrong in the swarm, for as long as it serves."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            try:
                while live.casualties:
                    log.error("a bee has died of an error of its own", why=live.casualties.pop(0))
                self.service.desk.tick()
                live.run(until=0.0)  # which lets no time pass, and raises what went wrong
            except Exception as error:
                log.exception("something went wrong", error=type(error).__name__)

    async def _close(self, server: uvicorn.Server, serving: asyncio.Task[None]) -> bool:
        """Let what runs come to its end; return whether it did, and was not interrupted."""
        service = self.service
        draining = asyncio.create_task(service.desk.drain())
        hurry = asyncio.create_task(self._at_once.wait())
        try:
            await asyncio.wait(
                (draining, hurry, serving),
                timeout=self.limits.drain_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            service.striker.disarm()
            service.feed.close()
            service.desk.cut()
            server.should_exit = True
            ending = (serving, hurry)
            if not hurry.done():
                await asyncio.wait(
                    ending, timeout=_FAREWELL_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            # Whoever has not taken the last of it by now is given up, as if they had left.
            for connection in list(server.server_state.connections):
                connection.transport.abort()
            if not hurry.done():
                await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        finally:
            draining.cancel()
            hurry.cancel()
        if not self._at_once.is_set():
            return True
        serving.cancel()
        for listening in server.servers if server.started else ():
            listening.close()
        await asyncio.sleep(_GLANCE_SECONDS)  # in which the event loop closes what is open
        return False

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Close down gracefully at SIGTERM, and at once at Ctrl-C or a second signal."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = {signal.SIGTERM: False, signal.SIGINT: True}
        for number, at_once in signals.items():
            self._loop.add_signal_handler(number, self._stop, at_once)
        try:
            yield
        finally:
            for number in signals:
                self._loop.remove_signal_handler(number)


class _Forwarding(logging.Handler):
    """Has lines of the standard library's logging told as all others are."""

    def emit(self, record: logging.LogRecord) -> None:
        facts: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        log.log(record.levelno, record.getMessage().strip(), **facts)


@contextmanager
def _logs() -> Iterator[None]:
    """Hear what uvicorn and the event loop log."""
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    handler = _Forwarding()
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.WARNING)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate

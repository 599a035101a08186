"""Traces: every event of a run, one line each."""

from glasshive.trace.event import KINDS, Event, Reply
from glasshive.trace.file import FORMAT, TraceWriter
from glasshive.trace.flight import FlightRecorder
from glasshive.trace.recorder import Recorder, Watcher
from glasshive.trace.sink import EventSink

__all__ = [
    "FORMAT",
    "KINDS",
    "Event",
    "EventSink",
    "FlightRecorder",
    "Recorder",
    "Reply",
    "TraceWriter",
    "Watcher",
]

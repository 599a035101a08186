"""Traces: every event of a run, one line each."""

from glasshive.trace.event import KINDS, Event, Reply
from glasshive.trace.file import FORMAT, TraceWriter
from glasshive.trace.recorder import Recorder, Watcher

__all__ = ["FORMAT", "KINDS", "Event", "Recorder", "Reply", "TraceWriter", "Watcher"]

"""glasshive: any Pykka program under glass, repeatable and seen."""

from glasshive import clock
from glasshive.errors import (
    Complaint,
    Deadlock,
    EscapedSimulation,
    GlasshiveError,
    InputError,
    NotRunning,
    Stuck,
)
from glasshive.live import Live
from glasshive.message import Message
from glasshive.runtime import Runtime, life, record_state
from glasshive.scenario import Between, Outcome, Run, scenario
from glasshive.schedule import Fifo, Schedule, Uniform
from glasshive.simulation import Simulation
from glasshive.situation import sometimes

__all__ = [
    "Between",
    "Complaint",
    "Deadlock",
    "EscapedSimulation",
    "Fifo",
    "GlasshiveError",
    "InputError",
    "Live",
    "Message",
    "NotRunning",
    "Outcome",
    "Run",
    "Runtime",
    "Schedule",
    "Simulation",
    "Stuck",
    "Uniform",
    "clock",
    "life",
    "record_state",
    "scenario",
    "sometimes",
]

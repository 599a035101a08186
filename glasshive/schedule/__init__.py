"""Who is next: every free choice of a run is one call to `choose`."""

from glasshive.schedule.deviation import Deviation, Noted
from glasshive.schedule.fifo import Fifo
from glasshive.schedule.option import Option
from glasshive.schedule.schedule import Abandoned, Attentive, Schedule, Strategy
from glasshive.schedule.search import Search
from glasshive.schedule.uniform import Uniform

__all__ = [
    "Abandoned",
    "Attentive",
    "Deviation",
    "Fifo",
    "Noted",
    "Option",
    "Schedule",
    "Search",
    "Strategy",
    "Uniform",
]

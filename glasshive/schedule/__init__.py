"""Who is next: every free choice of a run is one call to `choose`."""

from glasshive.schedule.deviation import Deviation, Noted
from glasshive.schedule.fifo import Fifo
from glasshive.schedule.option import Option
from glasshive.schedule.pct import Pct
from glasshive.schedule.pos import Pos
from glasshive.schedule.schedule import Abandoned, Attentive, Schedule, Strategy, Watchful, Written
from glasshive.schedule.search import Search
from glasshive.schedule.searches import search_of
from glasshive.schedule.swarm import Swarm
from glasshive.schedule.uniform import Uniform

__all__ = [
    "Abandoned",
    "Attentive",
    "Deviation",
    "Fifo",
    "Noted",
    "Option",
    "Pct",
    "Pos",
    "Schedule",
    "Search",
    "Strategy",
    "Swarm",
    "Uniform",
    "Watchful",
    "Written",
    "search_of",
]

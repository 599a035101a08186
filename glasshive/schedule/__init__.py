"""Who is next: every free choice of a run is one call to `choose`."""

from glasshive.schedule.fifo import Fifo
from glasshive.schedule.schedule import Schedule, Strategy
from glasshive.schedule.uniform import Uniform

__all__ = ["Fifo", "Schedule", "Strategy", "Uniform"]

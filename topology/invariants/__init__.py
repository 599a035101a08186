"""What must hold after every event of a colony's run: eight rules, each with a name."""

from topology.invariants.bees import Bees
from topology.invariants.cancel_means_silence import CancelMeansSilence
from topology.invariants.conservation import Conservation
from topology.invariants.every_job_ends import EveryJobEnds
from topology.invariants.gapless_tokens import GaplessTokens
from topology.invariants.invariant import KEPT, Invariant
from topology.invariants.legal_registries import LegalRegistries
from topology.invariants.no_oversubscription import NoOversubscription
from topology.invariants.one_end_per_stream import OneEndPerStream
from topology.invariants.same_text import SameText

__all__ = [
    "INVARIANTS",
    "KEPT",
    "Bees",
    "CancelMeansSilence",
    "Conservation",
    "EveryJobEnds",
    "GaplessTokens",
    "Invariant",
    "LegalRegistries",
    "NoOversubscription",
    "OneEndPerStream",
    "SameText",
]

INVARIANTS: tuple[type[Invariant], ...] = (
    OneEndPerStream,
    GaplessTokens,
    SameText,
    CancelMeansSilence,
    LegalRegistries,
    NoOversubscription,
    Conservation,
    EveryJobEnds,
)
"""All eight, in the order of the design."""

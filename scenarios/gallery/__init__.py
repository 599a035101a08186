"""The gallery: mistakes that a real swarm of this shape made, each put back into the bees.

Each module has the bee with the one mistake, the smallest situation that shows it, and the name of
the invariant that catches it. With `mistake=false` the right bees play the same situation.
"""

from __future__ import annotations

__all__ = ["ENTRIES"]

ENTRIES = (
    "sender_not_receiver",
    "failed_looks_done",
    "second_open",
    "never_removed",
    "accepted_never_opened",
    "in_band_marker",
    "silence_is_success",
    "impatient_relay",
    "swallowed_failure",
    "reported_not_executed",
    "ghost_workers",
    "everyone_is_localhost",
    "lost_after_restart",
    "unattributed",
    "full_buffer_drops",
    "truncated_is_done",
    "model_not_checked",
    "orphaned_below",
    "leaked_resource",
    "blind_is_empty",
    "stuck_loading",
    "cooperative_only",
)
"""The modules, in the order of the page."""

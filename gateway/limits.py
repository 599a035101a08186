"""How much of everything the gateway takes, and how long it waits; each has its default here."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "LONGEST_PROMPT",
    "MOST_PLANS",
    "MOST_PLAN_BYTES",
    "MOST_STRIKES",
    "MOST_TOKENS",
    "Limits",
]

LONGEST_PROMPT = 200_000
"""Characters of a prompt."""

MOST_TOKENS = 4096
"""Tokens of one answer."""

MOST_STRIKES = 1000
"""Strikes of one plan of faults."""

MOST_PLANS = 100
"""Plans of faults that wait to strike at once."""

MOST_PLAN_BYTES = 128 << 10
"""Bytes of one plan of faults; the most strikes have room in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one gateway puts up with.

    Args:
        body_bytes: bytes of a request's body; the longest prompt has room in it, where each of its
            characters is escaped and takes twelve.
        header_bytes: bytes of a request's first line and headers.
        connections: connections at once; on any more, requests are answered with 503.
        request_seconds: seconds in which a request has to be here, from its first byte.
        idle_seconds: whole seconds that a connection may be kept between two requests.
        accept_seconds: seconds in which the queen has to answer a submission.
        cancel_seconds: seconds that a client waits at most until its cancel is acknowledged.
        open_seconds: seconds that a job waits for its stream to be opened.
        grace_seconds: seconds that a job goes on without a reader before it is cancelled.
        keep_seconds: seconds that a finished job and its tokens are kept.
        kept_jobs: finished jobs that are kept at most; the oldest go first.
        kept_tokens: places for tokens that they have at most, one for each answer at each index.
        known_ids: ids of jobs that have expired which are remembered as such.
        comment_seconds: seconds of silence after which a stream gets a comment.
        send_bytes: bytes that wait in the gateway and in the system for one reader.
        stall_seconds: seconds in which a reader has to take something of what waits for it.
        feed_events: events of the trace that wait for one subscriber before some are dropped.
        recent_events: last events that are kept while somebody looks at the page.
        recent_seconds: seconds that they are kept after the last look.
        drain_seconds: seconds that running streams have to end when the gateway closes down.
    """

    body_bytes: int = 4 << 20
    header_bytes: int = 16 << 10
    connections: int = 2048
    request_seconds: float = 20.0
    idle_seconds: int = 30
    accept_seconds: float = 5.0
    cancel_seconds: float = 10.0
    open_seconds: float = 60.0
    grace_seconds: float = 15.0
    keep_seconds: float = 300.0
    kept_jobs: int = 4096
    kept_tokens: int = 4_000_000
    known_ids: int = 65_536
    comment_seconds: float = 15.0
    send_bytes: int = 64 << 10
    stall_seconds: float = 20.0
    feed_events: int = 4096
    recent_events: int = 50_000
    recent_seconds: float = 120.0
    drain_seconds: float = 30.0

"""Workloads: streams of requests, drawn from distributions by seed or replayed from a file."""

from topology.workload.arrival import Arrival, Survey, Workload
from topology.workload.azure import write_azure
from topology.workload.lengths import Constant, Exponential, Lengths, Lognormal, Uniform
from topology.workload.poisson import Poisson, Rate, busy_hour
from topology.workload.replay import Replay, open_workload

__all__ = [
    "Arrival",
    "Constant",
    "Exponential",
    "Lengths",
    "Lognormal",
    "Poisson",
    "Rate",
    "Replay",
    "Survey",
    "Uniform",
    "Workload",
    "busy_hour",
    "open_workload",
    "write_azure",
]

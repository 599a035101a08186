"""The bees: keeper, queen, hive and worker, and what they tell one another."""

from actors.generation import Generation
from actors.hive import Hive
from actors.keeper import Keeper
from actors.messages import (
    Accepted,
    Ask,
    Cancel,
    Heartbeat,
    Hello,
    OpenStream,
    Rejected,
    Request,
    StreamEnd,
    StreamItem,
    Submit,
    Withdraw,
    WorkerState,
)
from actors.placement import POLICIES
from actors.queen import Queen
from actors.receipt import Receipt
from actors.registry import Job, JobRegistry, JobState
from actors.specs import PATIENCE, LatencyModel, Model, Patience, WorkerSpec
from actors.tokens import (
    Aggregated,
    Cancelled,
    Completed,
    Done,
    Error,
    Failed,
    HiveToken,
    ModelInfo,
    Outcome,
    QueenToken,
    Token,
    TokenResponse,
    Usage,
    WorkerOutput,
    WorkerResponse,
    WorkerStatus,
)
from actors.worker import Worker

__all__ = [
    "PATIENCE",
    "POLICIES",
    "Accepted",
    "Aggregated",
    "Ask",
    "Cancel",
    "Cancelled",
    "Completed",
    "Done",
    "Error",
    "Failed",
    "Generation",
    "Heartbeat",
    "Hello",
    "Hive",
    "HiveToken",
    "Job",
    "JobRegistry",
    "JobState",
    "Keeper",
    "LatencyModel",
    "Model",
    "ModelInfo",
    "OpenStream",
    "Outcome",
    "Patience",
    "Queen",
    "QueenToken",
    "Receipt",
    "Rejected",
    "Request",
    "StreamEnd",
    "StreamItem",
    "Submit",
    "Token",
    "TokenResponse",
    "Usage",
    "Withdraw",
    "Worker",
    "WorkerOutput",
    "WorkerResponse",
    "WorkerSpec",
    "WorkerState",
    "WorkerStatus",
]

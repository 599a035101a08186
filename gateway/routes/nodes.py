"""The swarm's nodes, and the jobs that each one's registry holds."""

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.problem import Problem
from gateway.service import Inside, answers
from glasshive.errors import nearest

__all__ = ["router"]

router = APIRouter(tags=["nodes"])


class NodeJob(BaseModel):
    """A job as one node knows it, with an id of that node's own."""

    job_id: str
    request_id: str
    state: str
    tokens: int


class NodeJobs(BaseModel):
    """A node's jobs, oldest first."""

    node: str
    jobs: list[NodeJob]


class Nodes(BaseModel):
    """Jobs in the registry of each node that is up."""

    nodes: dict[str, int]


@router.get("/v1/nodes", responses=answers(), summary="All nodes")
async def nodes(inside: Inside) -> Nodes:
    """Return the nodes that are up, and how many jobs each holds."""
    return Nodes(nodes=inside.apiary.registries())


@router.get("/v1/nodes/{name}/jobs", responses=answers(404), summary="A node's jobs")
async def jobs(name: str, inside: Inside) -> NodeJobs:
    """Return the jobs of the queen, a hive or a worker; a job's `request_id` is the same at all."""
    held = inside.apiary.jobs_of(name)
    if held is None:
        known = inside.apiary.registries()
        sentence = f"no node of this name is up; {nearest(name, known)}"
        raise Problem(404, sentence, code="node_not_found", param="name")
    return NodeJobs(node=name, jobs=[NodeJob(**job) for job in held])

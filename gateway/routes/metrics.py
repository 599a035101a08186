"""What Prometheus reads."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.service import Inside, answers

__all__ = ["router"]

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **answers(),
        200: {
            "description": "Prometheus' text format.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
    },
    summary="Metrics",
)
async def metrics(inside: Inside) -> Response:
    """Return vLLM's serving metrics and the swarm's own."""
    return Response(inside.meters.text(), media_type=CONTENT_TYPE_LATEST)

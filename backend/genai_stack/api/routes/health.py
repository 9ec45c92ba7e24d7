"""Whether the process lives, and whether every part that it needs answers."""

from fastapi import Response
from pydantic import BaseModel

from genai_stack.api.http.dependencies import Deps, Process
from genai_stack.api.http.routing import Policy, Router

router = Router(Policy.PUBLIC, tag="health")


class Alive(BaseModel):
    status: str


class Part(BaseModel):
    """`message` says in a sentence what is the matter, or how it stands."""

    name: str
    ok: bool
    message: str


class Readiness(BaseModel):
    ready: bool
    parts: list[Part]


@router.get("/healthz")
async def healthz() -> Alive:
    """The process lives."""
    return Alive(status="ok")


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(deps: Deps, response: Response) -> Readiness:
    """Every part that is needed to answer, by name; 503 when one of them does not."""
    found = await readiness_of(deps.process)
    response.status_code = 200 if found.ready else 503
    return found


async def readiness_of(process: Process) -> Readiness:
    parts = [Part(name=name, ok=ok, message=message) for name, ok, message in await process.parts()]
    return Readiness(ready=all(part.ok for part in parts), parts=parts)

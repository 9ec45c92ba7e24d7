"""The API's description, with every event and every frame of the sockets."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, cast

import msgspec
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from genai_stack.api.http.routing import Policy, Router
from genai_stack.engine.events import EVENTS, Data

router = Router(Policy.WORKSPACE, tag="description")

REF = "#/components/schemas/{name}"


@router.get("/openapi.json", include_in_schema=False)
async def description(request: Request) -> JSONResponse:
    return JSONResponse(await asyncio.to_thread(request.app.openapi))  # made once, in a quarter of a second


def with_events(app: FastAPI, client_frames: Sequence[type], server_frames: Sequence[type]) -> None:
    """Adds `Event`, a union over `type`, and the chat's frames to the description that FastAPI makes."""
    describe, one_at_a_time = app.openapi, threading.Lock()

    def described() -> dict[str, Any]:
        with one_at_a_time:
            if app.openapi_schema is None:
                schema = describe()
                schema["components"]["schemas"] |= event_schemas(client_frames, server_frames)
        return cast("dict[str, Any]", app.openapi_schema)

    app.openapi = described


def event_schemas(client_frames: Sequence[type], server_frames: Sequence[type]) -> dict[str, Any]:
    _, components = msgspec.json.schema_components(
        [*EVENTS, *client_frames, *server_frames], schema_hook=_preview, ref_template=REF
    )
    schemas = dict(components)
    for data in EVENTS:
        schemas[f"{data.__name__}Event"] = _event(data)
    refs = {data.event: REF.format(name=f"{data.__name__}Event") for data in EVENTS}
    schemas["Event"] = {
        "description": "What a run's log holds: the same object over SSE and every socket.",
        "oneOf": [{"$ref": ref} for ref in refs.values()],
        "discriminator": {"propertyName": "type", "mapping": refs},
    }
    schemas["ClientFrame"] = {"oneOf": [{"$ref": REF.format(name=frame.__name__)} for frame in client_frames]}
    return schemas


def _event(data: type[Data]) -> dict[str, Any]:
    node = {"type": "string"} if data.of_node else {"type": ["string", "null"]}
    properties = {
        "seq": {"type": "integer"},
        "run_id": {"type": "string", "format": "uuid"},
        "type": {"const": data.event, "type": "string"},
        "node_id": node,
        "at": {"type": "string", "format": "date-time"},
        "data": {"$ref": REF.format(name=data.__name__)},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _preview(kind: type) -> dict[str, Any]:
    """A preview is shown by port."""
    del kind
    return {"type": "object", "additionalProperties": True}

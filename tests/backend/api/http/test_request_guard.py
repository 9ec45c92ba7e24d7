"""The last resort: an application that fails in ways that nobody foresaw."""

import httpx2
import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from genai_stack.api.http import problems
from genai_stack.api.http.access_rules import AccessRules
from genai_stack.api.http.request_guard import RequestGuard


def crashing() -> RequestGuard:
    app = FastAPI()
    problems.install(app)

    @app.get("/api/v1/crash")
    async def crash() -> None:
        raise ValueError("sk-a-secret-in-an-error")

    @app.get("/api/v1/half")
    async def half() -> StreamingResponse:
        async def pieces():
            yield b"half"
            raise ValueError("in the middle")

        return StreamingResponse(pieces())

    return RequestGuard(app, AccessRules(None), most_sockets=10)


async def test_an_unforeseen_error_is_a_problem_without_details() -> None:
    transport = httpx2.ASGITransport(crashing())
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/api/v1/crash")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text


async def test_an_answer_that_fails_midway_is_cut_off() -> None:
    transport = httpx2.ASGITransport(crashing())
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with pytest.raises(ValueError, match="in the middle"):
            await client.get("/api/v1/half")


async def test_an_application_that_answers_nothing_at_all_is_a_problem_too() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("x")

    transport = httpx2.ASGITransport(RequestGuard(broken, AccessRules(None), most_sockets=10))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/api/v1/anything")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")

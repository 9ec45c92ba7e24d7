"""Answers, reasoning and lists of models never hold the key that they were asked with."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.api_key import ApiKey, origin_of
from genai_stack.infra.egress.client import Outbound
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.llm.chat_model import ChatRequest, Delta
from genai_stack.integrations.llm.masked_model import MaskedModel

SECRET = "sk-echoed-0123456789abcdef"


class Scripted:
    def __init__(self, *deltas: Delta) -> None:
        self._deltas = deltas

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        for delta in self._deltas:
            yield delta


async def said(*deltas: Delta) -> list[Delta]:
    model = MaskedModel(Scripted(*deltas), "Test", ApiKey(SECRET, "https://example.com:443"))
    return [delta async for delta in model.stream(ChatRequest("m", "?")) if not delta.is_empty]


async def test_what_was_held_back_comes_with_the_end() -> None:
    found = await said(Delta(text="so s"), Delta(text="k-"), Delta(finish="stop"))
    assert "".join(delta.text for delta in found) == "so sk-"
    assert found[-1].finish == "stop"
    assert "".join(delta.text for delta in await said(Delta(text="cut: sk-ech"))) == "cut: sk-ech"


async def test_reasoning_is_told_before_text_and_text_before_it_is_retracted() -> None:
    found = await said(Delta(reasoning="a s"), Delta(text="answer s"), Delta(retracts=True, text="new"))
    assert [(delta.reasoning, delta.text, delta.retracts) for delta in found] == [
        ("a ", "", False),
        ("s", "answer ", False),
        ("", "s", False),
        ("", "new", True),
    ]


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    """The address of a server that sends back the key, in pieces of five characters."""

    async def chat(request: web.Request) -> web.StreamResponse:
        key = request.headers["authorization"].removeprefix("Bearer ")
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for field in ("reasoning_content", "content"):
            for at in range(0, len(key), 5):
                choice = {"index": 0, "delta": {field: key[at : at + 5]}}
                await response.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    async def models(request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": request.headers["authorization"]}]})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


async def test_a_server_that_sends_the_key_back_does_not_show_it(echo: str) -> None:
    models = ChatModels(Outbound(Upstreams(private_allowed=True)))
    key = ApiKey(SECRET, origin_of(echo))
    model = models.model("openai_compatible", key=key, base_url=echo)
    found = [delta async for delta in model.stream(ChatRequest("m", "?"))]
    assert "".join(delta.text for delta in found) == "[key]"
    assert "".join(delta.reasoning for delta in found) == "[key]"
    listed = await models.models_of("openai_compatible", key, echo)
    assert [card.id for card in listed] == ["Bearer [key]"]
    await models.close()

"""A model server of OpenAI's dialect whose quirk is picked by the model's name; `Hello world` is the answer."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Json = dict[str, Any]


def chunk(delta: Json | None = None, finish: str | None = None, index: int = 0, **more: Any) -> Json:
    choices = [{"index": index, "delta": delta or {}, "finish_reason": finish}]
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices} | more


def sse(content: Json, end: bytes = b"\n\n") -> bytes:
    return b"data: " + json.dumps(content).encode() + end


def text(content: Any) -> bytes:
    return sse(chunk({"content": content}))


STOP, DONE = sse(chunk(finish="stop")), b"data: [DONE]\n\n"
TOOL = {"index": 0, "id": "t", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}


def plain(*parts: Any) -> list[bytes]:
    return [*(text(part) for part in parts), STOP, DONE]


def usage(counts: Any) -> bytes:
    return sse({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": counts})


def choice(**content: Any) -> bytes:
    return sse({"choices": [{"index": 0, "finish_reason": None} | content]})


ANSWERS: dict[str, list[bytes] | Json] = {
    "plain": plain("Hello ", "world"),
    # reasoning
    "think-without-opening": plain("The user greets me. ", "I greet back.\n</thi", "nk>\n\n", "Hello world"),
    "think-without-opening-at-once": plain("The user greets me.\n</think>\nHello world"),
    "content-parts": [
        text([{"type": "thinking", "thinking": [{"type": "text", "text": "I greet back."}]}]),
        *plain([{"type": "text", "text": "Hello world"}]),
    ],
    "reasoning-details": [
        sse(chunk({"content": "", "reasoning_details": [{"type": "reasoning.text", "text": "I greet back."}]})),
        *plain("Hello world"),
    ],
    "reasoning-as-thinking": [sse(chunk({"thinking": "I greet back."})), *plain("Hello world")],
    "other-think-tags": plain("<thin", "king>I greet back.</thin", "king>\n\nHello world"),
    "think-in-brackets": plain("[THI", "NK]I greet back.[/THI", "NK]Hello world"),
    # errors inside a stream of status 200
    "error-as-object": [sse({"object": "error", "message": "The prompt is too long.", "type": "BadRequestError"}), DONE],
    "error-as-event": [text("Hello "), b'event: error\ndata: {"message": "The context is full."}\n\n'],
    "error-as-event-of-text": [text("Hello "), b"event: error\ndata: The context is full.\n\n"],
    "error-as-json": {"error": {"message": "The model is not loaded.", "code": 400}},
    "error-as-detail": {"detail": [{"loc": ["body"], "msg": "The model is not loaded."}]},
    "error-in-the-choice": [choice(delta={}, finish_reason="error", error={"message": "The context is full."})],
    "error-in-a-list": [b'[{"error": {"message": "The context is full.", "code": 400}}]'],
    "error-as-base-resp": [sse({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "The context is full."}})],
    "error-beside-no-choices": [sse({"choices": [], "message": "The context is full."}), DONE],
    "error-without-data": [text("Hello "), b'{"error": {"message": "The context is full."}}\n'],
    "error-as-plain-words": [text("Hello "), b"data: The context is full.\n\n"],
    "error-as-true": [sse({"error": True, "message": "The context is full."})],
    # ends
    "cut-by-length": [text("Hello wor"), sse(chunk(finish="length")), DONE],
    "cut-by-max-tokens": [text("Hello wor"), sse(chunk(finish="max_tokens")), DONE],
    "cut-by-filter": [text("Hello wor"), sse(chunk(finish="content_filter")), DONE],
    "only-a-tool-call": [sse(chunk({"tool_calls": [TOOL]})), sse(chunk(finish="tool_calls")), DONE],
    "only-a-tool-call-that-stops": [sse(chunk({"tool_calls": [TOOL]})), STOP, DONE],
    "only-reasoning": [sse(chunk({"reasoning": "I greet back."})), sse(chunk(finish="length")), DONE],
    "nothing": [STOP, DONE],
    "white-space": plain(" ", "\n"),
    # shape
    "usage-as-floats": [*plain("Hello ", "world")[:-1], usage({"prompt_tokens": 7.0, "completion_tokens": 2.0}), DONE],
    "usage-as-text": [*plain("Hello ", "world")[:-1], usage({"prompt_tokens": "7", "completion_tokens": "2"}), DONE],
    "usage-elsewhere": [*plain("Hello ", "world")[:-1], usage({"input_tokens": 7, "output_tokens": 2}), DONE],
    "second-choice-first": [
        sse({
            "choices": [
                {"index": 1, "delta": {"content": "OTHER"}, "finish_reason": None},
                {"index": 0, "delta": {"content": "Hello world"}, "finish_reason": None},
            ]
        }),
        sse(chunk({"content": "OTHER"}, index=1)), STOP, DONE,
    ],
    "message-for-delta": [
        choice(message={"role": "assistant", "content": "Hello world"}), choice(message={}, finish_reason="stop"), DONE
    ],
    "text-for-delta": [choice(text="Hello "), choice(text="world", finish_reason="stop"), DONE],
    "finish-as-object": [text("Hello world"), sse(chunk() | {"choices": [{"delta": {}, "finish_reason": {"type": "stop"}}]})],
    "carriage-returns": [piece.replace(b"\n\n", b"\r\r") for piece in plain("Hello ", "world")],
    "line-ends-of-windows": [piece.replace(b"\n\n", b"\r\n\r\n") for piece in plain("Hello ", "world")],
    "sse-called-json": plain("Hello world"),
    "no-stream": {"choices": [{"message": {"role": "assistant", "content": "Hello world"}, "finish_reason": "stop"}]},
    "cut-within-characters": [bytes([byte]) for piece in plain("Hello ", "wörld 日本") for byte in piece],
}  # fmt: skip
# By model: status, what it says, and whether a request is refused.
REFUSALS: dict[str, tuple[int, Json, Callable[[Json], bool]]] = {
    "no-stream-options": (
        422,
        {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]},
        lambda asked: "stream_options" in asked,
    ),
    "no-max-tokens": (
        400,
        {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}},
        lambda asked: "max_tokens" in asked,
    ),
    "no-limit-at-all": (
        400,
        {"error": {"message": "Unknown parameter: max_tokens, max_completion_tokens"}},
        lambda asked: bool(asked.keys() & {"max_tokens", "max_completion_tokens"}),
    ),
    "no-temperature": (
        400,
        {"error": {"message": "Unsupported value: 'temperature' does not support 0.5 with this model."}},
        lambda asked: "temperature" in asked,
    ),
    "no-effort": (400, {"error": "unknown field reasoning_effort"}, lambda asked: "reasoning_effort" in asked),
    "no-system-role": (
        400,
        {"error": {"message": "Unsupported value: 'messages[0].role' does not support 'system' with this model."}},
        lambda asked: any(message["role"] == "system" for message in asked["messages"]),
    ),
    "roles-must-alternate": (
        400,
        {"error": {"message": "Conversation roles must alternate user/assistant/user/assistant/..."}},
        lambda asked: asked["messages"][0]["role"] != "user",
    ),
    "too-many-tokens": (
        400,
        {"error": {"message": "max_tokens is too large: 50. This model supports at most 10."}},
        lambda asked: asked.get("max_tokens", 0) > 10,
    ),
}  # fmt: skip


class QuirkyServer:
    """Start it with `async with`; `asked` holds the bodies of chat requests, `batches` how many texts were embedded at once."""

    def __init__(self) -> None:
        self.asked: list[Json] = []
        self.batches: list[int] = []
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embeddings)
        app.router.add_get("/v1/models", self._models)
        app.router.add_route("*", "/{rest:.*}", self._unknown)
        self._server = TestServer(app, host="127.0.0.1")

    @property
    def url(self) -> str:
        """Without /v1."""
        return f"http://127.0.0.1:{self._server.port}"

    async def __aenter__(self) -> "QuirkyServer":
        await self._server.start_server()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._server.close()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        name = asked["model"]
        status, said, refuses = REFUSALS.get(name, (0, {}, lambda _: False))
        if refuses(asked):
            return web.json_response(said, status=status)
        answer = ANSWERS.get(name, ANSWERS["plain"])
        if isinstance(answer, dict):
            return web.json_response(answer)
        kind = "application/json" if name == "sse-called-json" else "text/event-stream"
        response = web.StreamResponse(headers={"content-type": kind})
        await response.prepare(request)
        for piece in answer:
            await response.write(piece)
            if name == "think-without-opening":
                await asyncio.sleep(0.1)  # so that the first words are read, and shown, before the tag comes
        await response.write_eof()
        return response

    async def _embeddings(self, request: web.Request) -> web.Response:
        asked = await request.json()
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        model = asked["model"]
        if model == "ten-at-once" and len(texts) > 10:
            message = "<400> Value error, batch size is invalid, it should not be larger than 10."
            return web.json_response({"error": {"message": message, "code": "InvalidParameter"}}, status=400)
        if model == "few-at-once" and len(texts) > 3:
            return web.json_response({"error": "batch too large"}, status=413)
        if model == "never":
            return web.json_response({"error": {"message": "<400> This text is not allowed."}}, status=400)
        self.batches.append(len(texts))
        vectors = [[1.0 / (len(text) % 97 + 1), 0.5, float(len(text) % 7)] for text in texts]
        data = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
        if model == "no-index":
            data = [{"embedding": vector} for vector in vectors]
        return web.json_response({"object": "list", "data": data, "model": model})

    async def _models(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in ANSWERS]})

    async def _unknown(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"error": "404 page not found"}, status=404)

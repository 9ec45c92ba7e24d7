"""A fake of OpenAI's API and its dialects.

Reasoning comes as its servers send it: THINK → `reasoning_content`, THINKALT → `reasoning`, THINKTAG → `<think>`.
"""

import base64
import json
import struct

from tests.fakes.model_server import Json, ModelServer, embedding, main

_TAGGED = ("<th", "ink>Let me ", "think. </thi", "nk>\n\n")


def _event(content: object) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


class OpenAIServer(ModelServer):
    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def route(self, method: str, path: str) -> str:
        kinds = {"/v1/chat/completions": "chat", "/v1/embeddings": "embeddings", "/v1/models": "models"}
        return kinds.get(path, "")

    def key(self) -> str:
        return self.last_headers.get("authorization", "").removeprefix("Bearer ")

    def last_text(self, body: Json) -> str:
        return str(body["messages"][-1]["content"])

    def events(self, body: Json, words: list[str], thoughts: list[str]) -> tuple[list[bytes], list[bytes], list[bytes]]:
        same = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body.get("model")}

        def delta(content: Json, finish: str | None = None) -> bytes:
            return _event(same | {"choices": [{"index": 0, "delta": content, "finish_reason": finish}]})

        text = self.last_text(body)
        if "THINKTAG" in text:
            first = [delta({"content": piece}) for piece in _TAGGED]
        else:
            field = "reasoning" if "THINKALT" in text else "reasoning_content"
            first = [delta({field: thought}) for thought in thoughts]
        usage = {
            "prompt_tokens": 10,
            "completion_tokens": len(words) + len(thoughts),
            "total_tokens": 10 + len(words) + len(thoughts),
            "completion_tokens_details": {"reasoning_tokens": len(thoughts)},
        }
        counted = [_event(same | {"choices": [], "usage": usage})] if body.get("stream_options") else []
        return (
            [b": a comment\n\n", delta({"role": "assistant", "content": ""})],
            [*first, *(delta({"content": word}) for word in words)],
            [delta({}, "stop"), *counted, b"data: [DONE]\n\n"],
        )

    def error(self, status: int, message: str) -> Json:
        return {"error": {"message": message, "type": "fake_error", "code": str(status)}}

    def stream_error(self) -> bytes:
        return _event({"error": {"message": "the engine is overloaded", "type": "overloaded_error"}})

    def models(self) -> Json:
        model = {"object": "model", "created": 0, "owned_by": "fake"}
        return {
            "object": "list",
            "data": [{"id": "fake-old", "shutdown_date": "2027-01-31"} | model, {"id": "fake"} | model],
        }

    def embed(self, body: Json) -> Json:
        asked = body["input"] if isinstance(body["input"], list) else [body["input"]]
        as_bytes = body.get("encoding_format") == "base64"
        vectors = [embedding(str(text)) for text in asked]
        return {
            "object": "list",
            "model": body.get("model"),
            "usage": {"prompt_tokens": len(asked), "total_tokens": len(asked)},
            "data": [
                {
                    "object": "embedding",
                    "index": i,
                    "embedding": base64.b64encode(struct.pack(f"<{len(v)}f", *v)).decode() if as_bytes else v,
                }
                for i, v in enumerate(vectors)
            ],
        }


if __name__ == "__main__":
    main(OpenAIServer)

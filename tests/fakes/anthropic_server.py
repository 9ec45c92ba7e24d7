"""A fake of Anthropic's messages API."""

import json

from tests.fakes.model_server import Json, ModelServer, main


def _event(content: Json) -> bytes:
    return f"event: {content['type']}\ndata: {json.dumps(content)}\n\n".encode()


class AnthropicServer(ModelServer):
    @property
    def base_url(self) -> str:
        return self.url

    def route(self, method: str, path: str) -> str:
        return {"/v1/messages": "chat", "/v1/models": "models"}.get(path, "")

    def key(self) -> str:
        bearer = self.last_headers.get("authorization", "").removeprefix("Bearer ")
        return self.last_headers.get("x-api-key", bearer)

    def last_text(self, body: Json) -> str:
        return str(body["messages"][-1]["content"])

    def events(self, body: Json, words: list[str], thoughts: list[str]) -> tuple[list[bytes], list[bytes], list[bytes]]:
        def delta(index: int, content: Json) -> bytes:
            return _event({"type": "content_block_delta", "index": index, "delta": content})

        def block(index: int, content: Json, deltas: list[bytes]) -> list[bytes]:
            begin = _event({"type": "content_block_start", "index": index, "content_block": content})
            return [begin, *deltas, _event({"type": "content_block_stop", "index": index})]

        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": []}
        ends = {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 1}}
        thinking = [delta(0, {"type": "thinking_delta", "thinking": thought}) for thought in thoughts]
        at = 1 if thoughts else 0
        text = [delta(at, {"type": "text_delta", "text": word}) for word in words]
        usage = {
            "output_tokens": len(words) + len(thoughts),
            "output_tokens_details": {"thinking_tokens": len(thoughts)},
        }
        return (
            [_event({"type": "message_start", "message": message | ends}), _event({"type": "ping"})],
            [
                *(block(0, {"type": "thinking", "thinking": "", "signature": ""}, thinking) if thoughts else []),
                *block(at, {"type": "text", "text": ""}, text),
            ],
            [
                _event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}),
                _event({"type": "message_stop"}),
            ],
        )

    def error(self, status: int, message: str) -> Json:
        names = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
        return {"type": "error", "error": {"type": names.get(status, "api_error"), "message": message}}

    def stream_error(self) -> bytes:
        return _event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})

    def models(self) -> Json:
        def model(id_: str, retires_at: str | None) -> Json:
            return {
                "type": "model",
                "id": id_,
                "display_name": id_.title(),
                "created_at": "2026-01-01T00:00:00Z",
                "lifecycle": "active",
                "retires_at": retires_at,
            }

        data = [model("fake-old", "2027-01-31T00:00:00Z"), model("fake", None)]
        return {"data": data, "has_more": False, "first_id": "fake-old", "last_id": "fake"}


if __name__ == "__main__":
    main(AnthropicServer)

"""A fake of Google's Gemini API."""

import json

from tests.fakes.model_server import Json, ModelServer, embedding, main


def _event(content: object) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\r\n\r\n"


class GeminiServer(ModelServer):
    @property
    def base_url(self) -> str:
        return self.url

    def route(self, method: str, path: str) -> str:
        if path.endswith(":streamGenerateContent"):
            return "chat"
        if path.endswith(":batchEmbedContents"):
            return "embeddings"
        return "models" if method == "GET" and path.endswith("/models") else ""

    def key(self) -> str:
        return self.last_headers.get("x-goog-api-key", "")

    def last_text(self, body: Json) -> str:
        return "".join(part["text"] for part in body["contents"][-1]["parts"])

    def events(self, body: Json, words: list[str], thoughts: list[str]) -> tuple[list[bytes], list[bytes], list[bytes]]:
        def chunk(part: Json, finish: str | None = None) -> bytes:
            candidate: Json = {"content": {"role": "model", "parts": [part]}, "index": 0}
            if finish:
                candidate["finishReason"] = finish
            usage = {
                "promptTokenCount": 10,
                "candidatesTokenCount": len(words),
                "thoughtsTokenCount": len(thoughts),
                "totalTokenCount": 10 + len(words) + len(thoughts),
            }
            return _event({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "fake"})

        return (
            [],
            [*(chunk({"text": t, "thought": True}) for t in thoughts), *(chunk({"text": w}) for w in words)],
            [chunk({"text": ""}, "STOP")],
        )

    def error(self, status: int, message: str) -> Json:
        names = {401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
        return {"error": {"code": status, "message": message, "status": names.get(status, "UNKNOWN")}}

    def stream_error(self) -> bytes:
        return _event({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}})

    def models(self) -> Json:
        return {
            "models": [
                {
                    "name": "models/fake-old",
                    "displayName": "Fake Old",
                    "supportedGenerationMethods": ["generateContent"],
                },
                {"name": "models/fake", "displayName": "Fake", "supportedGenerationMethods": ["generateContent"]},
                {"name": "models/fake-embed", "displayName": "E", "supportedGenerationMethods": ["embedContent"]},
            ]
        }

    def embed(self, body: Json) -> Json:
        texts = ["".join(part["text"] for part in one["content"]["parts"]) for one in body["requests"]]
        return {"embeddings": [{"values": embedding(text)} for text in texts]}


if __name__ == "__main__":
    main(GeminiServer)

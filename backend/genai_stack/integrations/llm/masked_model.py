"""A chat model whose answers never hold the key that they were asked with."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

from msgspec.structs import replace

from genai_stack.infra.egress.api_key import ApiKey
from genai_stack.infra.egress.key_mask import KeyMask
from genai_stack.integrations.llm.chat_model import ChatModel, ChatRequest, Delta


class MaskedModel:
    def __init__(self, model: ChatModel, name: str, key: ApiKey) -> None:
        self._model = model
        self._key = key
        self.name = name

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        text, reasoning = KeyMask(self._key), KeyMask(self._key)
        deltas = cast("AsyncGenerator[Delta, None]", self._model.stream(request))
        async with aclosing(deltas):
            async for delta in deltas:
                if delta.retracts and (held := text.end()):
                    yield Delta(text=held)
                thought, said = reasoning.feed(delta.reasoning), text.feed(delta.text)
                if delta.text or delta.finish:  # reasoning comes before text
                    thought += reasoning.end()
                if delta.finish:
                    said += text.end()
                yield replace(delta, text=said, reasoning=thought)
        rest = Delta(reasoning=reasoning.end(), text=text.end())
        if not rest.is_empty:
            yield rest

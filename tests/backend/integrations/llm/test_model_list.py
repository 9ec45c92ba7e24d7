"""Lists of models, of every provider, however long or odd."""

import pytest

from genai_stack.errors import ProviderBroken
from genai_stack.infra.egress.addresses import Upstreams
from genai_stack.infra.egress.api_key import ApiKey, origin_of
from genai_stack.infra.egress.client import Outbound
from genai_stack.integrations.chat_models import ChatModels
from genai_stack.integrations.llm.chat_model import ModelCard
from genai_stack.integrations.llm.model_list import MOST_MODELS
from tests.fakes.raw_server import RawServer

ONE = {
    "openai_compatible": b'{"id": "m%d", "object": "model", "other": {"deep": [1, 2]}}',
    "gemini": b'{"name": "models/m%d", "supportedGenerationMethods": ["generateContent"]}',
    "anthropic": b'{"type": "model", "id": "m%d", "display_name": null}',
}


def listed(provider: str, count: int) -> bytes:
    name = b"models" if provider == "gemini" else b"data"
    return b'{"%s": [%s]}' % (name, b",".join(ONE[provider] % n for n in range(count)))


async def models_of(provider: str, body: bytes) -> list[ModelCard]:
    async with RawServer(body, kind="application/json") as server:
        models = ChatModels(Outbound(Upstreams(private_allowed=True)), addresses={provider: server.url})
        given = server.url if provider == "openai_compatible" else None
        try:
            return await models.models_of(provider, ApiKey("k", origin_of(server.url)), given)
        finally:
            await models.close()


@pytest.mark.parametrize("provider", ONE)
async def test_models_are_listed(provider: str) -> None:
    cards = await models_of(provider, listed(provider, MOST_MODELS))
    assert len(cards) == MOST_MODELS
    assert cards[0] == ModelCard("m0", "m0")


@pytest.mark.parametrize("provider", ONE)
@pytest.mark.parametrize("count", [MOST_MODELS + 1, 60_000])
async def test_more_models_than_can_be_shown_are_refused(provider: str, count: int) -> None:
    with pytest.raises(ProviderBroken, match="listed more than 5,000 models"):
        await models_of(provider, listed(provider, count))


@pytest.mark.parametrize("provider", ONE)
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": 7, "models": 7}', b"[" * 100_000, b"[],{}" * 2**20])
async def test_what_is_no_list_is_told(provider: str, body: bytes) -> None:
    with pytest.raises(ProviderBroken):
        await models_of(provider, body)


async def test_odd_days_cost_no_model() -> None:
    body = b'{"data": [{"id": "a", "shutdown_date": "soon"}, {"id": "b", "shutdown_date": 7}, {"id": "c"}]}'
    assert [card.ends_at for card in await models_of("openai_compatible", body)] == [None, None, None]

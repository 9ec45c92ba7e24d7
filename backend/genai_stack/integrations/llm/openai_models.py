"""The list of models of OpenAI and its dialect, asked with OpenAI's SDK."""

from datetime import UTC, datetime
from typing import Final

from genai_stack.errors import ProviderRefused, StackError
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote, cause
from genai_stack.integrations.llm.imported import imported
from genai_stack.integrations.llm.providers import ModelCard
from genai_stack.integrations.openai_address import below_v1

_SDK: Final = ("openai", "genai_stack.infra.egress.transport")


async def openai_models(outbound: Outbound, remote: Remote, *, base_url: str, key: str | None) -> list[ModelCard]:
    await imported(*_SDK)
    from openai import AsyncOpenAI  # noqa: PLC0415

    from genai_stack.infra.egress.transport import sdk_client  # noqa: PLC0415

    async with sdk_client(outbound, remote) as http:
        # The SDK refuses to start without a key; servers that need none pass over this one.
        while True:
            client = AsyncOpenAI(
                api_key=key or "none", base_url=base_url, http_client=http, max_retries=0, timeout=None
            )
            try:
                return [ModelCard(m.id, m.id, _day(m.shutdown_date)) async for m in client.models.list()]
            except Exception as error:
                ours = _as_ours(error, remote)
                elsewhere = below_v1(base_url) if isinstance(ours, ProviderRefused) and ours.status == 404 else None
                if elsewhere is None:
                    raise ours from error
                base_url = elsewhere


def _day(text: str | None) -> datetime | None:
    try:
        day = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return day.replace(tzinfo=UTC) if day and day.tzinfo is None else day


def _as_ours(error: Exception, remote: Remote) -> StackError:
    return cause(error) or remote.broken("did not answer with a list of models")

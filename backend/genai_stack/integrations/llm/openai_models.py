"""The list of models of OpenAI and its dialect."""

from genai_stack.errors import ProviderRefused
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.llm.model_list import ListedModel, ModelCard, cards, request_list
from genai_stack.integrations.openai_address import below_v1


class _OpenAIModel(ListedModel):
    id: str
    shutdown_date: str | int | float | None = None


class _OpenAIModels(ListedModel):
    data: list[_OpenAIModel]


async def openai_models(outbound: Outbound, remote: Remote, *, base_url: str, key: str | None) -> list[ModelCard]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    while True:
        try:
            listed = await request_list(outbound, remote, f"{base_url}/models", headers, _OpenAIModels)
        except ProviderRefused as refused:
            elsewhere = below_v1(base_url) if refused.status == 404 else None
            if elsewhere is None:
                raise
            base_url = elsewhere
        else:
            return cards(remote, ((model.id, None, model.shutdown_date) for model in listed.data))

"""An answer by a language model."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from genai_stack.engine.forms import form_field
from genai_stack.engine.node import ConfigProblem, NodeConfig, NodeType, ValidationContext
from genai_stack.engine.ports import Documents, Passage, StreamedText, Text
from genai_stack.errors import Invalid
from genai_stack.infra.egress.api_key import origin_of
from genai_stack.integrations.catalog import BY_ID, CHAT_PROVIDERS
from genai_stack.integrations.llm.chat_model import ChatRequest, ContextPassage, Message, Usage
from genai_stack.integrations.llm.prompt import render
from genai_stack.nodes.context import ModelChoice, NodeContext, Turn

# Those who have a server, those who need a key, and those whose server a person names.
ONLINE_IDS = [provider.id for provider in CHAT_PROVIDERS if provider.has_server]
KEYED_IDS = [provider.id for provider in CHAT_PROVIDERS if provider.needs_key]
ADDRESSED_IDS = [provider.id for provider in CHAT_PROVIDERS if provider.needs_base_url]

if TYPE_CHECKING:
    ProviderId = str
else:
    ProviderId = Literal[tuple(provider.id for provider in CHAT_PROVIDERS)]


class Config(NodeConfig):
    provider: ProviderId = form_field(
        "offline",
        "provider",
        title="Provider",
        help="The service that answers. Offline needs no API key: it quotes your documents.",
    )
    model: str = form_field(
        "",
        "model",
        title="Model",
        help="The model's name, as the provider writes it.",
        max_length=200,
        shown_if={"provider": ONLINE_IDS},
        required_if={"provider": ONLINE_IDS},
    )
    credential_id: str | None = form_field(
        None,
        "credential",
        title="API key",
        help="A stored API key of this provider.",
        shown_if={"provider": ONLINE_IDS},
        required_if={"provider": KEYED_IDS},
    )
    base_url: str | None = form_field(
        None,
        "text",
        title="Server address",
        help="Where the model's server is, such as http://127.0.0.1:11434/v1 for Ollama.",
        max_length=2000,
        shown_if={"provider": ADDRESSED_IDS},
        required_if={"provider": ADDRESSED_IDS},
    )
    system_prompt: str = form_field(
        "", "textarea", title="Instructions", help="What the model is told before each question.", max_length=100_000
    )
    temperature: float | None = form_field(
        None,
        "slider",
        title="Temperature",
        help="Higher is more varied. Leave empty for the model's default.",
        ge=0.0,
        le=2.0,
    )
    max_tokens: int | None = form_field(
        None,
        "number",
        title="Max tokens",
        help="The longest answer, in tokens. Leave empty for the model's limit.",
        ge=1,
        le=1_000_000,
    )
    history: int = form_field(
        10, "number", title="Memory", help="How many earlier messages of the conversation the model sees.", ge=0, le=200
    )
    reasoning: Literal["off", "low", "medium", "high"] | None = form_field(
        None,
        "select",
        title="Reasoning",
        help="How much the model thinks before it answers. Leave empty for the model's default.",
    )


@dataclass(frozen=True, slots=True)
class Inputs:
    prompt: Text
    context: tuple[Documents, ...] = ()


@dataclass(frozen=True, slots=True)
class Outputs:
    answer: StreamedText


class Llm(NodeType[Config, Inputs, Outputs, NodeContext]):
    """Answers with a language model, from the passages it is given and the conversation so far."""

    type = "llm"
    title = "LLM Engine"
    category = "Models"
    icon = "sparkles"
    time_limit = 900.0
    checkpoint_before = True

    async def run(self, config: Config, inputs: Inputs, ctx: NodeContext) -> Outputs:
        turns = await ctx.recall(config.history) if config.history else ()
        request = ChatRequest(
            model=config.model,
            question=inputs.prompt,
            system_prompt=config.system_prompt,
            passages=tuple(_material(passage) for passages in inputs.context for passage in passages),
            history=tuple(message for turn in turns for message in _messages(turn)),
            temperature=config.temperature,
            max_tokens=config.max_tokens,
            reasoning=config.reasoning,
        )
        ctx.output.prompt("\n\n".join(f"{message.role}:\n{message.content}" for message in render(request)))
        ctx.output.status(f"Asking {config.model or 'the offline model'}")
        said: list[str] = []
        async for delta in ctx.ask(ModelChoice(config.provider, config.credential_id, config.base_url), request):
            if delta.retracts:
                ctx.output.retract()
                ctx.output.reasoning("".join(said))
                said.clear()
            if delta.reasoning:
                ctx.output.reasoning(delta.reasoning)
            if delta.text:
                said.append(delta.text)
                ctx.output.answer(delta.text)
            if delta.usage:
                ctx.output.usage(_counts(delta.usage))
            if delta.finish == "length" or delta.finish == "filtered":  # noqa: PLR1714 (narrows the type)
                ctx.output.finish(delta.finish)
        return Outputs("".join(said))

    def problems(self, config: Config, context: ValidationContext) -> Iterable[ConfigProblem]:
        provider = BY_ID[config.provider]
        if provider.has_server and not config.model.strip():
            yield ConfigProblem("invalid_config", "it has no model. Choose one.", "model")
        if provider.needs_base_url and not config.base_url:
            yield ConfigProblem("invalid_config", "it has no server address. Enter one.", "base_url")
        if not provider.needs_base_url and config.base_url:
            message = f"it has a server address, but that of {config.provider} is fixed. Clear the field."
            yield ConfigProblem("invalid_config", message, "base_url")
        if provider.needs_key and config.credential_id is None:
            yield ConfigProblem(
                "missing_credential", "it has no API key. Choose one, or add one in Settings.", "credential_id"
            )
        elif config.credential_id is not None and provider.has_server:
            yield from _credential_problems(config, config.credential_id, context)


def _credential_problems(config: Config, credential_id: str, context: ValidationContext) -> Iterable[ConfigProblem]:
    provider = config.provider
    stored_for = context.credentials.get(credential_id)
    if stored_for is None:
        yield ConfigProblem("missing_credential", "its API key was deleted. Choose another.", "credential_id")
    elif stored_for != provider:
        message = f"its API key is for {stored_for}, not for {provider}. Choose another."
        yield ConfigProblem("missing_credential", message, "credential_id")
    elif BY_ID[provider].needs_base_url and config.base_url:
        its_server = context.addresses.get(credential_id)
        if its_server is None or not _same_origin(its_server, config.base_url):
            message = f"its API key is for {its_server or 'no server yet'}, not for this address. Choose another."
            yield ConfigProblem("missing_credential", message, "credential_id")


def _same_origin(one: str, other: str) -> bool:
    try:
        return origin_of(one) == origin_of(other)
    except Invalid:
        return False


def _material(passage: Passage) -> ContextPassage:
    return ContextPassage(passage.text, passage.filename, passage.page)


def _messages(turn: Turn) -> Iterable[Message]:
    yield Message("user", turn.question)
    yield Message("assistant", turn.answer)


def _counts(usage: Usage) -> dict[str, int]:
    counts = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    if usage.reasoning_tokens:
        counts["reasoning_tokens"] = usage.reasoning_tokens
    return counts | {"total_tokens": usage.prompt_tokens + usage.completion_tokens}

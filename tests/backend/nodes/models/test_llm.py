"""The LLM node asks as its settings say, streams what comes, and names what its settings lack."""

from typing import Any

import pytest
from pydantic import ValidationError

from genai_stack.engine.node import ValidationContext
from genai_stack.engine.ports import Passage
from genai_stack.integrations.llm.chat_model import ContextPassage, Delta, Message, Usage
from genai_stack.nodes.context import ModelChoice, Turn
from genai_stack.nodes.models.llm import Config, Inputs, Llm
from tests.support.nodes import Context

KEYS = ValidationContext(
    credentials={"k": "openai", "own": "openai_compatible", "lost": "openai_compatible"},
    addresses={"own": "https://models.example.com/v1", "lost": None},
)


async def test_it_asks_with_the_passages_and_earlier_turns() -> None:
    context = Context("?", deltas=(Delta("yes"),), turns=(Turn("Hi", "Hello"),))
    config = Config(provider="openai", model="m", credential_id="k", history=4, max_tokens=9, reasoning="low")
    await Llm().run(config, Inputs("Why?", ((Passage("d", "a.md", 3, 0.5, "Bees."),),)), context.made())
    (choice, request), *others = context.asked
    assert not others
    assert choice == ModelChoice("openai", "k", None)
    assert (request.model, request.question, request.max_tokens, request.reasoning) == ("m", "Why?", 9, "low")
    assert request.passages == (ContextPassage("Bees.", "a.md", 3),)
    assert request.history == (Message("user", "Hi"), Message("assistant", "Hello"))


async def test_what_comes_is_streamed_and_counted() -> None:
    deltas = (
        Delta(reasoning="hm"), Delta("Be"), Delta("es"),
        Delta(usage=Usage(3, 4, 1), finish="length"),
    )  # fmt: skip
    context = Context("?", deltas=deltas)
    outputs = await Llm().run(Config(), Inputs("Why?"), context.made())
    assert outputs.answer == "Bees"
    assert context.output.lines[1:] == [
        "status: Asking the offline model", "reasoning: hm", "answer: Be", "answer: es",
        "usage: {'prompt_tokens': 3, 'completion_tokens': 4, 'reasoning_tokens': 1, 'total_tokens': 7}",
        "finish: length",
    ]  # fmt: skip


async def test_text_that_turns_out_to_be_reasoning_is_no_answer() -> None:
    deltas = (Delta("let me "), Delta("Bees", reasoning="see", retracts=True), Delta(finish="stop"))
    context = Context("?", deltas=deltas)
    assert (await Llm().run(Config(), Inputs("Why?"), context.made())).answer == "Bees"
    assert context.output.lines[2:] == [
        "answer: let me ", "retract", "reasoning: let me ", "reasoning: see", "answer: Bees",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, []),
        ({"provider": "openai", "credential_id": "k"}, [("invalid_config", "model")]),
        ({"provider": "openai", "model": "m"}, [("missing_credential", "credential_id")]),
        ({"provider": "openai", "model": "m", "credential_id": "gone"}, [("missing_credential", "credential_id")]),
        ({"provider": "gemini", "model": "m", "credential_id": "k"}, [("missing_credential", "credential_id")]),
        ({"provider": "openai", "model": "m", "credential_id": "k", "base_url": "http://a"}, [("invalid_config", "base_url")]),
        ({"provider": "openai_compatible", "model": "m"}, [("invalid_config", "base_url")]),
        ({"provider": "openai_compatible", "model": "m", "base_url": "http://a/v1"}, []),
        (
            {"provider": "openai_compatible", "model": "m", "base_url": "https://models.example.com/other", "credential_id": "own"},
            [],
        ),
        (
            {"provider": "openai_compatible", "model": "m", "base_url": "https://elsewhere.example.com/v1", "credential_id": "own"},
            [("missing_credential", "credential_id")],
        ),
        (
            {"provider": "openai_compatible", "model": "m", "base_url": "no address", "credential_id": "own"},
            [("missing_credential", "credential_id")],
        ),
        (
            {"provider": "openai_compatible", "model": "m", "base_url": "https://a/v1", "credential_id": "lost"},
            [("missing_credential", "credential_id")],
        ),
    ],
)  # fmt: skip
def test_what_its_settings_lack_is_named_with_its_field(
    config: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    problems = list(Llm().problems(Config.model_validate(config), KEYS))
    assert [(one.code, one.field) for one in problems] == expected


def test_a_provider_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValidationError, match="'openai', 'openai_compatible', 'gemini', 'anthropic' or 'offline'"):
        Config.model_validate({"provider": "local"})

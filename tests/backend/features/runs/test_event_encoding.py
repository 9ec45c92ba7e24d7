"""Events as they are sent: exact JSON, with what went through ports in short."""

import json
from typing import Any

import pytest

from genai_stack.engine.events import AnswerDelta, NodeFinished, Preview
from genai_stack.engine.ports import Passage
from genai_stack.features.runs.event_encoding import (
    PREVIEW_PASSAGE_CHARACTERS,
    PREVIEW_PASSAGES,
    PREVIEW_PROMPT_CHARACTERS,
    PREVIEW_TEXT_CHARACTERS,
    event_body,
)
from tests.support.engine import Found, Out


def encoded(inputs: Preview, outputs: Preview) -> dict[str, Any]:
    return json.loads(event_body("r", 1, "n", 0.0, NodeFinished("N", "llm", 1.0, inputs, outputs)))["data"]


def test_the_frame_is_json_in_a_fixed_order() -> None:
    body = event_body("r", 7, 'a"b', 1.5, AnswerDelta("é\u2028"))
    assert body == (
        '{"seq":7,"run_id":"r","type":"answer.delta","node_id":"a\\"b","at":"1970-01-01T00:00:01.500Z",'
        '"data":{"text":"é\u2028"}}'
    )
    assert '"node_id":null' in event_body("r", 1, None, 0.0, AnswerDelta(""))


def test_long_texts_are_cut_and_say_so() -> None:
    long = "x" * (PREVIEW_PROMPT_CHARACTERS + 1)
    data = encoded(Preview(Out(long), prompt=long), Preview(Out("short")))  # type: ignore[arg-type]
    assert data["inputs"]["text"] == long[:PREVIEW_TEXT_CHARACTERS] + "…"
    assert data["inputs"]["prompt_as_sent"] == long[:PREVIEW_PROMPT_CHARACTERS] + "…"
    assert data["outputs"] == {"text": "short"}


def test_of_many_passages_the_first_are_shown_in_short() -> None:
    passages = tuple(Passage("d", "a.md", 1, 0.5, "y" * 999) for _ in range(PREVIEW_PASSAGES + 1))
    shown = encoded(Preview({}), Preview(Found(passages)))["outputs"]["text"]
    assert len(shown) == PREVIEW_PASSAGES
    assert shown[0]["text"] == "y" * PREVIEW_PASSAGE_CHARACTERS + "…"


def test_what_no_event_can_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="an event cannot hold a object"):
        event_body("r", 1, None, 0.0, AnswerDelta(object()))  # type: ignore[arg-type]

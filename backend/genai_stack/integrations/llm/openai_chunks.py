"""Chunks of OpenAI's chat completions and of its dialects: one fast path, and a tolerant one for whatever is odd."""

import json
import re
from collections.abc import Mapping
from typing import Final, cast

import msgspec
from msgspec import Struct

from genai_stack.integrations.llm import prompt
from genai_stack.integrations.llm.chat_model import Finish, Usage

_FINISHES: Final[Mapping[str, Finish]] = {
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length", "max_length"), "length"),
    **dict.fromkeys(("content_filter", "content-filter", "safety", "recitation", "blocklist", "prohibited_content",
                     "sensitive", "refusal", "guardrail_intervened"), "filtered"),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call"), "tool_calls"),
}  # fmt: skip
_FAILURES: Final = frozenset({"error", "network_error", "insufficient_system_resource", "abort", "aborted"})


class Chunk(Struct, frozen=True):
    """What one event says. `error` holds the server's words, as an object."""

    text: str = ""
    reasoning: str = ""
    finish: Finish | None = None
    usage: Usage | None = None
    tool: str | None = None
    error: Mapping[str, object] | None = None


class _Piece(Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Choice(Struct):
    index: int = 0
    delta: _Piece | None = None
    finish_reason: str | None = None


class _Details(Struct):
    reasoning_tokens: int | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    completion_tokens_details: _Details | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: msgspec.Raw | None = None


_decode: Final = msgspec.json.Decoder(_Chunk).decode


def read_chunk(event: bytes) -> Chunk:
    """Raises ValueError for what is no chunk in any dialect that is known."""
    try:
        chunk = _decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _odd_or_refused(event)
    if not chunk.choices or len(chunk.choices) > 1 or chunk.choices[0].index or chunk.error is not None:
        return _odd_or_refused(event)
    choice = chunk.choices[0]
    piece, finish = choice.delta, choice.finish_reason
    if piece is None or finish not in {None, "stop", "length"}:
        return _odd_or_refused(event)
    text = piece.content or piece.refusal or ""
    reasoning = piece.reasoning_content or piece.reasoning or ""
    if not text and not reasoning and finish is None:
        return _odd_or_refused(event)  # in a place that the fast path does not look at, perhaps
    usage = chunk.usage and Usage(
        chunk.usage.prompt_tokens or 0,
        chunk.usage.completion_tokens or 0,
        (chunk.usage.completion_tokens_details and chunk.usage.completion_tokens_details.reasoning_tokens) or 0,
    )
    return Chunk(text, reasoning, cast("Finish | None", finish), usage)


def _odd_or_refused(event: bytes) -> Chunk:
    try:
        return _odd(event)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _odd(event: bytes) -> Chunk:
    """Lone surrogates and broken UTF-8 are mended first."""
    read = json.loads(event.decode("utf-8", "replace"))
    whole: object = json.loads(prompt.sound(json.dumps(read, ensure_ascii=False)))
    parts = cast("list[object]", whole) if isinstance(whole, list) else [whole]
    chunk = _object(parts[0]) if len(parts) == 1 else {}  # Gemini's errors come in a list
    if not chunk:
        raise ValueError("no object")
    if (failure := error_in(chunk) or _minimax_error_in(chunk)) is not None:
        return Chunk(error=failure)
    choices = chunk.get("choices")
    if choices is not None and not isinstance(choices, list):
        raise ValueError("choices that are no list")
    choice = _first(cast("list[object]", choices or []))
    if (failure := _object(choice.get("error"))) or str(choice.get("finish_reason")).lower() in _FAILURES:
        return Chunk(error=failure or {"message": f"It ended with “{choice.get('finish_reason')}”."})
    piece = _object(choice.get("delta")) or _object(choice.get("message"))
    text, thought = _content(piece.get("content"))
    thought = _reasoning(piece) + thought
    text = text or _text(piece.get("refusal")) or _text(choice.get("text"))
    return Chunk(text, thought, _finish(choice), _usage(chunk.get("usage")), _tool(piece))


def error_in(whole: Mapping[str, object]) -> Mapping[str, object] | None:
    """The error that an object is, or holds, in any of the shapes that servers give it; None where it is none."""
    if error := whole.get("error"):
        if isinstance(error, dict):
            found = cast("dict[str, object]", error)
            return found if found.get("message") else {**found, "message": _message(whole) or json.dumps(error)}
        said = error if isinstance(error, str) else _message(whole)
        return {"message": said or json.dumps(error), "code": whole.get("code") or whole.get("status")}
    if errors := whole.get("errors"):
        return {"message": _message({"errors": errors}) or json.dumps(errors)}
    if whole.get("object") == "error" or whole.get("type") == "error" or whole.get("status") == "error":
        return {**whole, "message": _message(whole) or json.dumps(dict(whole))}
    if not whole.get("choices") and "usage" not in whole and (message := _message(whole)):
        return {**whole, "message": message}
    return None


def _minimax_error_in(whole: Mapping[str, object]) -> Mapping[str, object] | None:
    status = _object(whole.get("base_resp"))
    if not _number(status.get("status_code")):
        return None
    return {"message": _text(status.get("status_msg")) or json.dumps(status), "code": status.get("status_code")}


def _message(whole: Mapping[str, object]) -> str:
    for name in ("message", "detail", "msg", "error_message", "error_msg", "errors", "reason", "description"):
        value = whole.get(name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, dict) and (inner := _message(cast("dict[str, object]", value))):
            return inner
        if isinstance(value, list):
            parts = [_message(_object(part)) or _text(part) for part in cast("list[object]", value)]
            if any(parts):
                return "; ".join(part for part in parts if part)
    return ""


def _first(choices: list[object]) -> dict[str, object]:
    """The choice of index 0: others may come before it, in the same chunk or in chunks of their own."""
    objects = [_object(choice) for choice in choices]
    return next((choice for choice in objects if _number(choice.get("index")) == 0), dict[str, object]())


def _content(content: object) -> tuple[str, str]:
    """Text and reasoning of a content, which may be a list of parts, each with parts of its own."""
    if isinstance(content, str):
        return content, ""
    parts = (
        cast("list[object]", content)
        if isinstance(content, list)
        else [cast("object", content)]
        if isinstance(content, dict)
        else []
    )
    text = reasoning = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        one = _object(part)
        kind = str(one.get("type") or "")
        if "think" in kind or "reason" in kind or one.get("thought") is True:
            inner = one.get("thinking") or one.get("reasoning") or one.get("text") or one.get("summary")
            reasoning += "".join(_content(inner))
        else:
            inner_text, inner_reasoning = _content(one.get("text") or one.get("content"))
            text, reasoning = text + inner_text, reasoning + inner_reasoning
    return text, reasoning


def _reasoning(piece: Mapping[str, object]) -> str:
    for name in ("reasoning_content", "reasoning", "reasoning_text", "thinking", "thought"):
        if found := "".join(_content(piece.get(name))):
            return found
    details = piece.get("reasoning_details") or piece.get("thinking_blocks")
    return "".join(
        _text(one.get("text")) or _text(one.get("summary")) or _text(one.get("thinking"))
        for one in map(_object, cast("list[object]", details) if isinstance(details, list) else ())
    )


def _finish(choice: Mapping[str, object]) -> Finish | None:
    reason = choice.get("finish_reason") or choice.get("stop_reason")
    if isinstance(reason, dict):
        reason = cast("dict[str, object]", reason).get("type")
    if not isinstance(reason, str) or not reason or reason.lower() in {"null", "none"}:
        return None
    return _FINISHES.get(re.sub(r"^finish_reason_", "", reason.lower()), "stop")


def _tool(piece: Mapping[str, object]) -> str | None:
    """The name of a tool that is called, "" while it is not known, None where none is."""
    calls = piece.get("tool_calls")
    called = _object(piece.get("function_call"))
    for call in map(_object, cast("list[object]", calls) if isinstance(calls, list) else ()):
        called = called or _object(call.get("function")) or {"name": ""}
    return _text(called.get("name")) if called else None


def _usage(usage: object) -> Usage | None:
    counts = _object(usage)
    if not counts:
        return None
    details = _object(counts.get("completion_tokens_details")) or _object(counts.get("output_tokens_details"))
    return Usage(
        _number(counts.get("prompt_tokens", counts.get("input_tokens"))),
        _number(counts.get("completion_tokens", counts.get("output_tokens"))),
        _number(details.get("reasoning_tokens")),
    )


def _number(value: object) -> int:
    """A count in whatever form it comes; 0 for none."""
    try:
        return max(0, int(float(cast("float", value)))) if isinstance(value, int | float | str) else 0
    except (ValueError, OverflowError):
        return 0


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

"""What went through a node's ports, in short, and events as they are sent."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from genai_stack.engine.events import Data, Preview
from genai_stack.engine.ports import Passage

PREVIEW_TEXT_CHARACTERS = 2_000  # of a text
PREVIEW_PROMPT_CHARACTERS = 20_000  # of what was sent to a model
PREVIEW_PASSAGES = 10
PREVIEW_PASSAGE_CHARACTERS = 300  # of each


def event_body(run_id: str, seq: int, node_id: str | None, at: float, data: Data) -> str:
    """An event as every reader gets it. `at` is in seconds since 1970."""
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6]
    node = b"null" if node_id is None else _encode(node_id)
    return (
        b'{"seq":%d,"run_id":"%s","type":"%s","node_id":%s,"at":"%sZ","data":%s}'
        % (seq, run_id.encode(), data.event.encode(), node, moment.encode(), _encode(data))
    ).decode()


def _shown(value: object) -> Any:
    if isinstance(value, str):
        return _cut(value, PREVIEW_TEXT_CHARACTERS)
    if isinstance(value, Passage):
        short = _cut_around(value.match or "", value.text, PREVIEW_PASSAGE_CHARACTERS)
        return {"document_id": value.document_id, "filename": value.filename, "page": value.page,
                "score": value.score, "text": short, "match": value.match}  # fmt: skip
    if isinstance(value, tuple):
        return [_shown(part) for part in cast("tuple[object, ...]", value)[:PREVIEW_PASSAGES]]
    return value


def _preview(thing: Any) -> Any:
    if not isinstance(thing, Preview):
        raise TypeError(f"an event cannot hold a {type(thing).__name__}")
    ports = thing.ports
    if not is_dataclass(ports):
        return _shown(ports)
    shown = {field.name: _shown(getattr(ports, field.name)) for field in fields(ports)}
    if thing.prompt is not None:
        shown["prompt_as_sent"] = _cut(thing.prompt, PREVIEW_PROMPT_CHARACTERS)
    return shown


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"


def _cut_around(match: str, text: str, most: int) -> str:
    """The beginning of `text`, or of what is left of it from a little before `match`."""
    at = text.find(match)
    if at + len(match) <= most:
        return _cut(text, most)
    return "…" + _cut(text[min(at, max(0, len(text) - most)) :], most)


_encode = msgspec.json.Encoder(enc_hook=_preview).encode

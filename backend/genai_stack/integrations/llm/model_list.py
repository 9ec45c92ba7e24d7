"""Lists of models, as providers send them: read in a typed form, and of a length that can be shown."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final, TypeVar

from msgspec import Struct

from genai_stack.infra.egress.answer_body import request_json
from genai_stack.infra.egress.client import Outbound
from genai_stack.infra.egress.remote import Remote
from genai_stack.integrations.llm.chat_model import ModelCard

MOST_MODELS: Final = 5_000


class ListedModel(Struct, gc=False):
    """Base of what is decoded here. Without `gc`: the collector would look through a hostile list again and again."""


L = TypeVar("L", bound=ListedModel)


async def request_list(outbound: Outbound, remote: Remote, url: str, headers: Mapping[str, str], type_: type[L]) -> L:
    return await request_json(outbound, remote, "GET", url, headers=headers, answer=type_, wanted="a list of models")


def cards(remote: Remote, models: Iterable[tuple[str, str | None, object]]) -> list[ModelCard]:
    """Cards of models, each given as id, title and the day on which it is shut down."""
    found = [ModelCard(id_, title or id_, _day(ends)) for id_, title, ends in islice(models, MOST_MODELS + 1)]
    if len(found) > MOST_MODELS:
        raise remote.broken(f"listed more than {MOST_MODELS:,} models")
    return found


def _day(text: object) -> datetime | None:
    try:
        day = datetime.fromisoformat(text) if isinstance(text, str) and text else None
    except ValueError:
        return None
    return day.replace(tzinfo=UTC) if day and day.tzinfo is None else day

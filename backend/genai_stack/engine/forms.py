"""The forms that the canvas can draw: a closed set of widgets, checked against every config."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast, get_args

from pydantic import BaseModel, Field

Widget = Literal[
    "text", "textarea", "number", "slider", "switch", "select", "text_list",
    "provider", "model", "credential", "knowledge_base",
]  # fmt: skip
WIDGETS: frozenset[str] = frozenset(get_args(Widget))

_REFERENCES = frozenset({"credential", "knowledge_base"})
_BY_TYPE = {"string": "text", "integer": "number", "number": "number", "boolean": "switch"}


def form_field(default: Any, widget: Widget, *, title: str, help: str, **schema: Any) -> Any:  # noqa: A002
    """A field of a node's config: its default, the widget that draws it, and bounds as pydantic takes them.

    `shown_if={"provider": ["openai"]}` shows it only while another field has one of these values; with `required_if`
    it is marked as required then.
    """
    conditions = {name: schema.pop(name) for name in ("shown_if", "required_if") if name in schema}
    extra: dict[str, Any] = {"widget": widget} | conditions
    return Field(default, title=title, description=help, json_schema_extra=extra, **schema)


def references(config: type[BaseModel]) -> frozenset[str]:
    """The fields that name something stored in the workspace, so that a config's validity depends on it."""
    extras = {name: field.json_schema_extra for name, field in config.model_fields.items()}
    return frozenset(
        name
        for name, extra in extras.items()
        if isinstance(extra, dict) and cast("Mapping[str, object]", extra).get("widget") in _REFERENCES
    )


def undrawable(config: type[BaseModel]) -> list[str]:
    """Why the canvas could not draw this config; empty when it can."""
    schema = config.model_json_schema()
    fields = cast("Mapping[str, dict[str, Any]]", schema.get("properties", {}))
    return [fault for name, field in fields.items() for fault in _faults(name, field)]


def _faults(name: str, field: Mapping[str, Any]) -> Iterator[str]:
    widget = field.get("widget") or _BY_TYPE.get(str(field.get("type")))
    if widget not in WIDGETS:
        yield f"field {name!r} has the widget {widget!r}, which is not one of {', '.join(sorted(WIDGETS))}"
    if "title" not in field or "description" not in field:
        yield f"field {name!r} needs a title and a description"
    if "default" not in field:
        yield f"field {name!r} needs a default, so that a node can be dropped first and configured later"

"""Writes the pages' types from the API's own description: `frontend/src/api/types.ts`, calls and events included."""

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from genai_stack.api.app import create_app
from genai_stack.api.http.access_rules import LOCAL, AccessRules
from genai_stack.api.http.dependencies import Dependencies

TYPES = Path(__file__).parent.parent / "frontend" / "src" / "api" / "types.ts"
PREFIX = "/api/v1"
Json = dict[str, Any]


def description() -> Json:
    """The OpenAPI document, asked of the application itself; nothing else is started."""
    rules = AccessRules(None, frozenset(LOCAL), frozenset(LOCAL))
    deps = SimpleNamespace(access_rules=rules, limits=SimpleNamespace(sockets=0))
    app = create_app(cast("Dependencies", deps))
    scope: Json = {
        "type": "http", "method": "GET", "path": f"{PREFIX}/openapi.json", "raw_path": b"", "query_string": b"",
        "root_path": "", "scheme": "http", "http_version": "1.1", "headers": [(b"host", b"localhost")],
        "server": ("localhost", 80), "client": None, "state": {},
    }  # fmt: skip
    told: list[bytes] = []

    async def receive() -> Json:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        told.append(message.get("body", b""))

    async def ask() -> None:
        await app(scope, receive, send)

    asyncio.run(ask())
    return json.loads(b"".join(told))


def typescript(api: Mapping[str, Any]) -> str:
    schemas: Mapping[str, Json] = api["components"]["schemas"]
    lines = ["// Written by `make types` from the API's description. Do not edit: a test compares the two.", ""]
    for name in sorted(schemas):
        lines.append(_declared(_name(name), schemas[name]))
    lines += ["/** Every call: what it is given, and what it answers. */", "export type Calls = {"]
    for path, methods in sorted(api["paths"].items()):
        lines += [_call(method, path, call) for method, call in methods.items() if path.startswith(PREFIX)]
    return "\n".join([*lines, "};", ""])


def _declared(name: str, schema: Json) -> str:
    note = str(schema.get("description", "")).split("\n")[0]
    return (f"/** {note} */\n" if note else "") + f"export type {name} = {_type(schema)};\n"


def _name(name: str) -> str:
    """`Page_RunItem_` reads `PageRunItem`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"\W|_", name))


def _type(schema: Json) -> str:  # noqa: PLR0911 (one line for each kind of schema)
    if "$ref" in schema:
        return _name(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(_type(choice) for choice in choices))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_type({**schema, "type": one}) for one in cast("list[str]", kind))
    if kind == "array":
        return f"ReadonlyArray<{_type(schema.get('items', {}))}>"
    if kind == "object":
        return _object(schema)
    simple = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
    return simple.get(str(kind), "unknown")


def _object(schema: Json) -> str:
    fields: Mapping[str, Json] = schema.get("properties", {})
    if not fields:
        others = schema.get("additionalProperties")
        return f"Record<string, {_type(cast('Json', others)) if isinstance(others, dict) else 'unknown'}>"
    required = [*schema.get("required", []), *(name for name, field in fields.items() if _is_fixed(field))]
    shown = (f"{_key(name)}{'' if name in required else '?'}: {_type(field)}" for name, field in fields.items())
    return "{ " + "; ".join(shown) + " }"


def _is_fixed(field: Json) -> bool:
    """A field with one possible value is always sent, whatever its default."""
    return "const" in field or len(field.get("enum", ())) == 1


def _key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _call(method: str, path: str, call: Json) -> str:
    given = [
        f"{place}: {{ {'; '.join(fields)} }}" for place in ("path", "query") if (fields := _parameters(call, place))
    ]
    body: Json = call.get("requestBody", {}).get("content", {})
    if body:
        sort, content = next(iter(body.items()))
        given.append(f"body: {'FormData' if 'multipart' in sort else _type(content['schema'])}")
    return (
        f"  {json.dumps(f'{method.upper()} {path.removeprefix(PREFIX)}')}: {{ {'; '.join([*given, _answer(call)])} }};"
    )


def _parameters(call: Json, place: str) -> list[str]:
    return [
        f"{_key(one['name'])}{'' if one.get('required') else '?'}: {_type(one['schema'])}"
        for one in call.get("parameters", ())
        if one["in"] == place
    ]


def _answer(call: Json) -> str:
    for status, answer in sorted(call["responses"].items()):
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if status.startswith("2") and schema:
            return f"answer: {_type(schema)}"
    return "answer: undefined" if "204" in call["responses"] else "answer: unknown"


if __name__ == "__main__":
    if "--print" in sys.argv:
        print(typescript(description()), end="")
    else:
        TYPES.write_text(typescript(description()))

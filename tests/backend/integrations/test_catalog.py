"""The list of providers: what is found, what is refused, and what one more costs."""

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

from genai_stack.integrations.catalog import FIXED_ADDRESSES, PROVIDERS, find_providers

ECHO = '''
    """A provider that answers with the question."""

    from genai_stack.integrations.llm.chat_model import Delta, ModelCard
    from genai_stack.integrations.provider import Provider


    class EchoChat:
        def __init__(self, connection):
            self.name = connection.remote.name

        async def stream(self, request):
            yield Delta(request.question)
            yield Delta(finish="stop")

        async def models(self):
            return [ModelCard("echo-1", "Echo 1")]


    PROVIDER = Provider("echo", title="Echo", key_help="Needs none.", rank=9, open_chat=EchoChat)
'''
# The file stands beside the others: that is all that it takes.
USES_ECHO = """
    import asyncio, json, sys
    from genai_stack.integrations import providers
    providers.__path__.append(sys.argv[1])

    from genai_stack import nodes
    from genai_stack.engine.catalog import Catalog
    from genai_stack.infra.egress.addresses import Upstreams
    from genai_stack.infra.egress.client import Outbound
    from genai_stack.integrations.catalog import PROVIDERS
    from genai_stack.integrations.chat_models import ChatModels
    from genai_stack.integrations.llm.chat_model import ChatRequest
    from genai_stack.integrations.llm.retries import stream_with_retries


    async def main():
        models = ChatModels(Outbound(Upstreams(private_allowed=False)))
        deltas = stream_with_retries(models.model("echo"), ChatRequest(model="echo-1", question="Well?"))
        said = "".join([delta.text async for delta in deltas])
        listed = [card.id for card in await models.models_of("echo")]
        await models.close()
        return said, listed


    said, listed = asyncio.run(main())
    schema = Catalog.of(nodes)["llm"].Config.model_json_schema()
    choices = schema["properties"]["provider"]["enum"]
    print(json.dumps([said, listed, PROVIDERS[-1].id, choices[-1]]))
"""


def package(folder: Path, **files: str) -> ModuleType:
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, source in files.items():
        (folder / f"{name}.py").write_text(dedent(source))
    made = ModuleType(folder.name)
    made.__path__ = [str(folder)]
    return made


def test_a_chat_provider_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "echo.py").write_text(dedent(ECHO))
    ran = subprocess.run(
        [sys.executable, "-c", dedent(USES_ECHO), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == ["Well?", ["echo-1"], "echo", "echo"]


def test_providers_are_listed_by_rank() -> None:
    assert [provider.id for provider in PROVIDERS] == [
        "openai", "openai_compatible", "gemini", "anthropic", "offline", "local",
    ]  # fmt: skip
    assert len({provider.rank for provider in PROVIDERS}) == len(PROVIDERS)


def test_a_keyed_provider_says_where_its_keys_go() -> None:
    for provider in PROVIDERS:
        assert not provider.needs_key or provider.id in FIXED_ADDRESSES or provider.needs_base_url


def test_two_providers_of_one_id_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = package(tmp_path / "twice", one=ECHO, other=ECHO)
    monkeypatch.setitem(sys.modules, made.__name__, made)
    with pytest.raises(ValueError, match="Two providers call themselves 'echo'"):
        find_providers(made)


def test_a_file_without_a_card_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = package(tmp_path / "cardless", notes='"""Nothing."""')
    monkeypatch.setitem(sys.modules, made.__name__, made)
    with pytest.raises(TypeError, match="declares no PROVIDER"):
        find_providers(made)

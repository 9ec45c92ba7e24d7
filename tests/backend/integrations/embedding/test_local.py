"""The local embedder: the process that computes, however it ends."""

import asyncio
import os
import signal
import struct
import sys
import time
from collections.abc import AsyncIterator, Callable

import psutil
import pytest

from genai_stack.errors import EmbedderMissing, ProviderBroken, ProviderUnreachable
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.embedding.minilm_graph import DIMENSIONS

SENTENCE = "This is an example sentence"
CHILD = "from genai_stack.integrations.embedding import local_child as child; child.main()"


def child(before: str) -> tuple[str, ...]:
    """The real child, with a line of code run before it."""
    return (sys.executable, "-c", f"{before}\n{CHILD}", "2")


def numbers(vector: bytes) -> list[float]:
    return list(struct.unpack(f"<{DIMENSIONS}f", vector))


def cosine(one: bytes, other: bytes) -> float:
    return sum(a * b for a, b in zip(numbers(one), numbers(other), strict=True))


@pytest.fixture
async def local() -> AsyncIterator[LocalEmbedder]:
    embedder = LocalEmbedder()
    yield embedder
    await embedder.close()


async def within(seconds: float, what: str, holds: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, what
        await asyncio.sleep(0.02)


async def test_paraphrases_are_near_and_other_things_far(local: LocalEmbedder) -> None:
    eating, bread, baby = await local.embed(
        ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."],
        purpose="passage",
    )
    assert cosine(eating, bread) == pytest.approx(0.7553, abs=0.02)
    assert cosine(eating, baby) == pytest.approx(-0.1050, abs=0.02)


async def test_a_text_has_the_same_vector_in_whatever_company(local: LocalEmbedder) -> None:
    (alone,) = await local.embed([SENTENCE], purpose="query")
    among = await local.embed(["x " * n for n in range(1, 12)] + [SENTENCE], purpose="passage")
    assert numbers(among[-1]) == pytest.approx(numbers(alone), abs=1e-5)


async def test_what_comes_after_256_word_pieces_is_not_read(local: LocalEmbedder) -> None:
    short, long = await local.embed(["word " * 300, "word " * 254 + "and something else"], purpose="passage")
    assert short == long


async def test_a_killed_child_is_replaced_and_the_texts_are_embedded(local: LocalEmbedder) -> None:
    await local.embed(["start"], purpose="query")
    asked = asyncio.ensure_future(local.embed(["words of a passage " * 40] * 16, purpose="passage"))
    await asyncio.sleep(0.02)
    first = local.child_pid
    assert first
    os.kill(first, signal.SIGKILL)
    assert len(await asked) == 16
    assert local.child_pid not in {None, first}


async def test_a_text_that_ends_two_children_is_an_error_and_not_a_third_try() -> None:
    suicidal = child(
        "import os; from genai_stack.integrations.embedding import minilm;"
        "minilm.MiniLM.embed = lambda self, texts: os._exit(3) if 'poison' in texts else bytes(1536)"
    )
    embedder = LocalEmbedder(child_command=suicidal)
    with pytest.raises(ProviderBroken, match="ended twice"):
        await embedder.embed(["poison"], purpose="passage")
    assert await embedder.embed(["fine"], purpose="passage")
    await embedder.close()


async def test_what_the_child_cannot_embed_is_told_and_it_lives_on() -> None:
    embedder = LocalEmbedder(
        child_command=child(
            "from genai_stack.integrations.embedding import minilm; minilm.MiniLM.embed = lambda self, texts: 1 / 0"
        )
    )
    with pytest.raises(ProviderBroken, match="ZeroDivisionError"):
        await embedder.embed(["text"], purpose="passage")
    assert embedder.child_pid
    await embedder.close()


async def test_missing_weights_are_told_with_what_to_do() -> None:
    embedder = LocalEmbedder(child_command=child("import importlib.util; importlib.util.find_spec = lambda name: None"))
    with pytest.raises(EmbedderMissing, match="make setup"):
        await embedder.embed(["text"], purpose="passage")
    await embedder.close()


async def test_a_query_does_not_wait_behind_passages(local: LocalEmbedder) -> None:
    await local.embed(["start"], purpose="query")
    passages = asyncio.ensure_future(local.embed(["words of a passage " * 60] * 200, purpose="passage"))
    await asyncio.sleep(0.1)
    await local.embed(["a question"], purpose="query")
    assert not passages.done()
    passages.cancel()


async def test_an_idle_child_goes_and_comes_back() -> None:
    embedder = LocalEmbedder(idle_seconds=0.05)
    await embedder.embed(["text"], purpose="query")
    pid = embedder.child_pid
    assert pid
    await within(5, "the child did not go", lambda: not psutil.pid_exists(pid))
    assert await embedder.embed(["text"], purpose="query")
    await embedder.close()


async def test_closing_ends_the_child_and_later_calls_are_told() -> None:
    embedder = LocalEmbedder()
    await embedder.embed(["text"], purpose="query")
    pid = embedder.child_pid
    assert pid
    await embedder.close()
    assert not psutil.pid_exists(pid)
    with pytest.raises(ProviderUnreachable, match="shutting down"):
        await embedder.embed(["text"], purpose="query")


async def test_the_child_ends_with_a_parent_that_was_killed() -> None:
    code = """
import asyncio
from genai_stack.integrations.embedding.local import LocalEmbedder
async def main():
    embedder = LocalEmbedder()
    await embedder.embed(["text"], purpose="query")
    print(embedder.child_pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await within(5, "the child outlived its parent", lambda: not psutil.pid_exists(pid))


async def test_importing_the_room_imports_no_heavy_library() -> None:
    code = """
import sys, genai_stack.integrations.embedders
print([name for name in sys.modules if name in {"numpy", "tokenizers", "httpx2"}])
"""
    asked = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert (await asked.communicate())[0].strip() == b"[]"

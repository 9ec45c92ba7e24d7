"""What a person sees and does in a chat, and a model that answers as a test wants it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.editor import Stacks
from tests.fakes.openai_server import OpenAIServer
from tests.support.files import pdf
from tests.support.graphs import edge, graph, node

Json = dict[str, Any]


@contextmanager
def model(**how: Any) -> Iterator[OpenAIServer]:
    """A model server on a thread of its own: `tokens`, `gap_ms`, `ttft_ms`, `answer`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = OpenAIServer(**how)

    def wait_for(work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(10)

    wait_for(server.__aenter__())
    try:
        yield server
    finally:
        wait_for(server.__aexit__())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def asked(base_url: str | None, examples: list[str] | None = None, documents: bool = False) -> Json:
    """Query, LLM and output, with a knowledge base beside them where there are documents."""
    chosen = {"provider": "openai_compatible", "model": "fake", "base_url": base_url} if base_url else {}
    nodes = [node("q", "query", examples=examples or []), node("llm", "llm", **chosen), node("o", "output")]
    edges = [edge("q", "text", "llm", "prompt"), edge("llm", "answer", "o", "answer")]
    if documents:
        nodes.append(node("kb", "knowledge_base"))
        edges += [edge("q", "text", "kb", "query"), edge("kb", "context", "llm", "context")]
    return graph(nodes, edges)


def words(count: int) -> str:
    """What the fake says."""
    return "".join(f"tok{number} " for number in range(count)).strip()


class Chat:
    def __init__(self, page: Page, stacks: Stacks, configuration: Json, name: str = "A stack") -> None:
        self.page, self.stacks = page, stacks
        self.id = stacks.make(configuration, name)["id"]

    def open(self, session: str = "new") -> "Chat":
        self.page.goto(f"{self.stacks.url}/chat/{self.id}?session={session}")
        expect(self.box).to_be_visible()
        return self

    def on(self, page: Page) -> "Chat":
        """The same stack's chat on another page."""
        other = Chat.__new__(Chat)
        other.page, other.stacks, other.id = page, self.stacks, self.id
        return other

    # What is seen

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Your question")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log", name="Conversation")

    @property
    def answer(self) -> Locator:
        """The last one."""
        return self.page.get_by_test_id("answer").last

    @property
    def text(self) -> Locator:
        return self.answer.locator(".answer")

    def phase(self, name: str, within: float = 20) -> None:
        expect(self.answer).to_have_attribute("data-phase", name, timeout=within * 1000)

    def button(self, name: str, exact: bool = True) -> Locator:
        return self.page.get_by_role("button", name=name, exact=exact)

    def at_end(self) -> bool:
        return self.log.evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight < 40")

    def session(self) -> str:
        self.page.wait_for_url(lambda address: "session=" in address and "session=new" not in address)
        return self.page.url.split("session=")[1]

    # What is done

    def add_pdf(self, *pages: str) -> None:
        """The stack has read it."""
        client = self.stacks.client
        sent = client.post(f"/workflows/{self.id}/documents", files={"file": ("animals.pdf", pdf(*pages))})
        document = sent.raise_for_status().json()["items"][0]
        deadline = time.monotonic() + 60
        while (status := client.get(f"/documents/{document['id']}").json()["status"]) == "processing":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert status == "ready"

    def ask(self, question: str) -> None:
        self.box.fill(question)
        self.box.press("Enter")

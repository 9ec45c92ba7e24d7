"""A browser, a server, and a person at the editor."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from genai_stack.api.http import static_files as pages
from tests.e2e.editor import Editor, Stacks
from tests.e2e.fate import FATES, Fate, free_port
from tests.support.server import Server

# What is there ends the wait; so much is for a machine that is busy with other things, too.
expect.set_options(timeout=15_000)

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def _chromium() -> str | None:
    given = os.environ.get("E2E_CHROMIUM")
    return given or next((path for name in CHROMIUM if (path := shutil.which(name))), None)


@pytest.fixture(scope="session", autouse=True)
def what_is_needed() -> None:
    if not (pages.BUILT / "index.html").exists():
        pytest.fail("The pages have not been built. Run `make setup`.")
    downloaded = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    if _chromium() is None and not any(downloaded.glob("chromium*")):
        if os.environ.get("CI"):
            pytest.fail("There is no Chromium. Run scripts/ensure-browser.")
        pytest.skip("THE TESTS IN A REAL BROWSER ARE LEFT OUT: there is no Chromium. Run scripts/ensure-browser.")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = _chromium()
    arguments = ["--disable-gpu", "--no-first-run"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    return {**browser_type_launch_args, **({"executable_path": found} if found else {}), "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "viewport": {"width": 1440, "height": 900},
        "permissions": ["clipboard-read", "clipboard-write"],
    }


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("e2e"), port=free_port())
    try:
        # With a stack in it: nobody's visit is the first one, which opens an example.
        Stacks(started.start().url).make({"nodes": [], "edges": []}, name="There before")
        yield started
    finally:
        started.stop()


@pytest.fixture(params=FATES)
def fate(request: pytest.FixtureRequest, server: Server) -> Fate:
    """A test that has it runs twice: the server it shares lives on, and the server is killed where fate strikes."""
    return Fate(server, request.param)


@pytest.fixture
def stacks(server: Server) -> Stacks:
    return Stacks(server.url)


@pytest.fixture(autouse=True)
def nothing_breaks(context: BrowserContext) -> Iterator[None]:
    """No page breaks, no request leaves for another host, and the page's policy is never broken."""
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        text = message.text
        if "Content Security Policy" in text or "Minified React error" in text or "Maximum update depth" in text:
            faults.append(text)

    def on_page(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", on_console)
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("http://127.0.0.1:", "http://localhost:", "data:", "blob:"))
                else faults.append(f"a request left for {request.url}")
            ),
        )

    context.on("page", on_page)
    yield
    assert faults == []


@pytest.fixture
def editor(page: Page, stacks: Stacks) -> Callable[..., Editor]:
    """Opens a stack, by default an empty one."""

    def opened(configuration: dict[str, Any] | None = None, **address: str) -> Editor:
        made = stacks.make(configuration or {"nodes": [], "edges": []})
        return Editor(page, stacks, made["id"]).open(**address)

    return opened

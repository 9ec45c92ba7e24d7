"""What axe, a checker of accessibility, finds on a page."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}


def until(met: Callable[[], bool], within: float = 10) -> None:
    """Asks again and again: the pages' policy lets no predicate of a string run in them."""
    deadline = time.monotonic() + within
    while not met():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.03)


def grave(page: Page) -> list[dict[str, Any]]:
    """Serious findings, each with the places where it was found."""
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    # What fades in has less contrast than it will have.
    until(
        lambda: page.evaluate(
            "document.getAnimations().every((one) => one.playState === 'finished' ||"
            " one.effect.getTiming().iterations === Infinity)"
        )
    )
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        {"rule": one["id"], "help": one["help"], "at": [place["html"][:200] for place in one["nodes"]]}
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]

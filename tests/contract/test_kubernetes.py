"""The cluster's objects: each fits its schema, everything that is named is there, and no pod may more than it needs."""

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from genai_stack.app import settings
from genai_stack.app.settings import PREFIX, Settings
from tests.support import deployment
from tests.support.deployment import (
    OVERLAYS,
    ROOT,
    SECRETS,
    container,
    named,
    of_kind,
    pod,
    pod_labels,
    recipe,
    workloads,
)

Json = dict[str, Any]
BASE = ROOT / "k8s" / "base"
OLDEST, NEWEST = "1.30", kubernetes_validate.latest_version()
SHORT = {"HorizontalPodAutoscaler": "hpa", "PodDisruptionBudget": "pdb"}


@pytest.fixture(scope="module", params=OVERLAYS)
def objects(request: pytest.FixtureRequest) -> list[Json]:
    return deployment.cluster(request.param)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_object_fits_the_schema(objects: list[Json], version: str) -> None:
    for one in [*objects, yaml.safe_load((BASE / "genai-stack-secret.example.yaml").read_text())]:
        kubernetes_validate.validate(one, version, strict=True)


def test_a_file_holds_one_object_and_is_named_for_it() -> None:
    listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    files = {file.name for file in BASE.glob("*.yaml")} - {"kustomization.yaml", "genai-stack-secret.example.yaml"}
    assert set(listed) == files
    for name in listed:
        (one,) = yaml.safe_load_all((BASE / name).read_text())
        kind = SHORT.get(one["kind"], one["kind"].lower())
        assert name in (f"{one['metadata']['name']}-{kind}.yaml", f"{kind}.yaml"), name


def test_every_part_is_there(objects: list[Json]) -> None:
    made = {(one["kind"], one["metadata"]["name"]) for one in objects}
    assert made >= {
        *(("Deployment", name) for name in ("backend", "worker", "frontend")),
        *(("StatefulSet", name) for name in ("postgres", "chroma")),
        *(("Service", name) for name in ("backend", "worker", "frontend", "postgres", "chroma")),
        *(("HorizontalPodAutoscaler", name) for name in ("backend", "worker")),
        *(("PodDisruptionBudget", name) for name in ("backend", "worker", "frontend")),
        ("Job", "migrate"),
        ("Ingress", "genai-stack"),
    }
    assert {one["metadata"].get("namespace", "genai-stack") for one in objects} == {"genai-stack"}
    runs = {one["metadata"]["name"]: container(one).get("args", [None])[0] for one in workloads(objects)}
    assert [runs[name] for name in ("backend", "worker", "migrate")] == ["serve", "worker", "migrate"]


def test_selectors_find_their_pods_and_ports_are_listened_at(objects: list[Json]) -> None:
    for workload in workloads(objects):
        if selector := workload["spec"].get("selector"):
            assert deployment.selects(selector, pod_labels(workload))
    for service in of_kind(objects, "Service"):
        behind = [
            one
            for one in workloads(objects)
            if deployment.selects({"matchLabels": service["spec"]["selector"]}, pod_labels(one))
        ]
        (workload,) = behind
        ports = {port["name"]: port["containerPort"] for port in container(workload)["ports"]}
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"], service["metadata"]["name"]
    for stateful in of_kind(objects, "StatefulSet"):
        assert named(objects, "Service", stateful["spec"]["serviceName"])["spec"]["clusterIP"] == "None"


def test_ports_are_those_that_the_programs_listen_at(objects: list[Json]) -> None:
    def ports(name: str) -> list[int]:
        return [port["containerPort"] for port in container(named(objects, "Deployment", name))["ports"]]

    told = deployment.environment(objects, named(objects, "Deployment", "worker"))
    assert ports("backend") == [Settings.model_fields["port"].default]
    assert ports("worker") == [int(told["GENAI_STACK_WORKER_PORT"])]
    assert ports("frontend") == recipe("frontend").ports


def test_every_pod_is_asked_how_it_is(objects: list[Json]) -> None:
    for workload in of_kind(objects, "Deployment", "StatefulSet"):
        only = container(workload)
        ports = {port["name"] for port in only["ports"]}
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = only[kind]
            assert "exec" in probe or probe["httpGet"]["port"] in ports
    for name in ("backend", "worker"):
        only = container(named(objects, "Deployment", name))
        assert only["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert only["livenessProbe"]["httpGet"]["path"] == "/healthz"  # a database that is away is no reason to kill


def test_every_container_is_confined(objects: list[Json]) -> None:
    assert (
        named(objects, "Namespace", "genai-stack")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        == "restricted"
    )
    for workload in workloads(objects):
        name, spec = workload["metadata"]["name"], pod(workload)
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC", "initContainers"}, name
        assert container(workload)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        resources = container(workload)["resources"]
        assert resources["requests"].keys() == {"cpu", "memory"}, name
        assert "memory" in resources["limits"], name


@pytest.mark.parametrize(
    ("workload", "image"), [("backend", "backend"), ("worker", "backend"), ("frontend", "frontend")]
)
def test_pods_run_as_the_user_that_their_image_is_made_for(objects: list[Json], workload: str, image: str) -> None:
    context = pod(named(objects, "Deployment", workload))["securityContext"]
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == recipe(image).user


def test_what_is_mounted_is_there_and_the_scratch_space_is_bounded(objects: list[Json]) -> None:
    for workload in workloads(objects):
        claimed = {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", ())}
        volumes = {volume["name"]: volume for volume in pod(workload).get("volumes", ())}
        mounted = {mount["name"] for mount in container(workload)["volumeMounts"]}
        assert mounted == claimed | volumes.keys(), workload["metadata"]["name"]
        assert all(volume["emptyDir"]["sizeLimit"] for volume in volumes.values())


def test_an_update_takes_nothing_away_before_its_successor_is_ready(objects: list[Json]) -> None:
    for deployed in of_kind(objects, "Deployment"):
        assert deployed["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        assert pod(deployed)["terminationGracePeriodSeconds"] >= 45
    for name in ("backend", "worker"):  # the autoscaler says how many
        assert "replicas" not in named(objects, "Deployment", name)["spec"]


def test_the_migration_and_its_settings_can_be_applied_before_the_rest(objects: list[Json]) -> None:
    first = [
        one for one in objects if one["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "migration"
    ]
    assert [one["kind"] for one in first] == ["ConfigMap", "Job"]
    read = {source["configMapRef"]["name"] for source in container(first[1])["envFrom"]}
    assert read == {first[0]["metadata"]["name"]}


def test_scaling_and_disruption_budgets_find_what_they_are_for(objects: list[Json]) -> None:
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        assert "cpu" in container(named(objects, target["kind"], target["name"]))["resources"]["requests"]
        assert scaler["spec"]["minReplicas"] <= scaler["spec"]["maxReplicas"]
    for budget in of_kind(objects, "PodDisruptionBudget"):
        found = [one for one in workloads(objects) if deployment.selects(budget["spec"]["selector"], pod_labels(one))]
        assert [one["metadata"]["name"] for one in found] == [budget["metadata"]["name"]]


def test_in_production_nothing_that_answers_people_is_there_once() -> None:
    objects = deployment.cluster("production")
    for name in ("backend", "worker"):
        assert named(objects, "HorizontalPodAutoscaler", name)["spec"]["minReplicas"] >= 2
    assert named(objects, "Deployment", "frontend")["spec"]["replicas"] >= 2


def test_images_have_versions(objects: list[Json]) -> None:
    for workload in workloads(objects):
        assert re.search(r":\d[\w.-]*$", container(workload)["image"]), workload["metadata"]["name"]


def test_no_secret_is_in_the_objects_and_the_example_is_empty(objects: list[Json]) -> None:
    assert not of_kind(objects, "Secret")
    example = yaml.safe_load((BASE / "genai-stack-secret.example.yaml").read_text())
    assert example["stringData"] == dict.fromkeys(SECRETS, "")
    for workload in workloads(objects):
        for entry in container(workload).get("env", ()):
            if entry["name"] in SECRETS:
                assert entry["valueFrom"] == {"secretKeyRef": {"name": "genai-stack", "key": entry["name"]}}
    for config in of_kind(objects, "ConfigMap"):
        assert not config["data"].keys() & SECRETS


def test_only_the_migration_is_told_the_owners_password(objects: list[Json]) -> None:
    told = {
        one["metadata"]["name"]
        for one in deployment.workloads(objects)
        if SECRETS["POSTGRES_PASSWORD"] in str(deployment.environment(objects, one))
    }
    assert told == {"postgres", "migrate"}


@pytest.mark.parametrize(("kind", "name"), [("Deployment", "backend"), ("Deployment", "worker"), ("Job", "migrate")])
def test_the_settings_exist_and_fit(objects: list[Json], kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in deployment.environment(objects, named(objects, kind, name)).items():
        if variable.startswith(PREFIX):
            assert variable.removeprefix(PREFIX).lower() in Settings.model_fields
            monkeypatch.setenv(variable, value)
    read = settings.read()
    assert (read.host, read.dispatch) == ("0.0.0.0", "distributed")
    assert read.database_url == "postgresql://genai_stack_app:abc-123_@postgres:5432/genai_stack"
    assert read.chroma_url == "http://chroma:8000"
    mounts = {mount["mountPath"] for mount in container(named(objects, kind, name))["volumeMounts"]}
    assert str(read.data) in mounts


def test_hosts_and_origins_are_those_of_the_ingress(objects: list[Json]) -> None:
    ingress = named(objects, "Ingress", "genai-stack")["spec"]
    app, api = (rule["host"] for rule in ingress["rules"])
    assert app.startswith("app.")
    assert api.startswith("api.")
    told = deployment.environment(objects, named(objects, "Deployment", "backend"))
    assert set(told["GENAI_STACK_ALLOWED_HOSTS"].split(",")) == {app, api}
    assert told["GENAI_STACK_ALLOWED_ORIGINS"] in (app, f"https://{app}")
    for one in ingress.get("tls", ()):
        assert set(one["hosts"]) == {app, api}
    assert told["GENAI_STACK_ALLOWED_ORIGINS"].startswith("https://") == ("tls" in ingress)


def test_the_ingress_leads_to_the_pages_and_to_the_api_and_to_nothing_else(objects: list[Json]) -> None:
    leads: dict[str, list[tuple[str, str]]] = {}
    for rule in named(objects, "Ingress", "genai-stack")["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            to = path["backend"]["service"]
            service = named(objects, "Service", to["name"])
            assert to["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
            leads.setdefault(rule["host"].split(".")[0], []).append((path["path"], to["name"]))
    assert leads == {"app": [("/", "frontend")], "api": [("/api", "backend")]}  # so never to the backend's /metrics


def test_sockets_may_be_silent_and_uploads_large_on_the_way_in(objects: list[Json]) -> None:
    said = named(objects, "Ingress", "genai-stack")["metadata"]["annotations"]
    kind = "nginx.ingress.kubernetes.io/"
    assert int(said[f"{kind}proxy-read-timeout"]) >= 3600
    assert int(said[f"{kind}proxy-send-timeout"]) >= 3600
    assert said[f"{kind}proxy-buffering"] == said[f"{kind}proxy-request-buffering"] == "off"
    assert (
        int(said[f"{kind}proxy-body-size"].removesuffix("m")) * 2**20
        > Settings.model_fields["max_upload_bytes"].default
    )


def test_the_frontend_calls_the_backend_by_its_whole_name(objects: list[Json]) -> None:
    told = deployment.environment(objects, named(objects, "Deployment", "frontend"))
    assert told["BACKEND"] == "backend.genai-stack.svc.cluster.local:8000"

"""Who may call whom in the cluster, worked out from the policies themselves: what is needed, and nothing more."""

from typing import Any

import pytest

from tests.support import deployment
from tests.support.deployment import OVERLAYS, container, named, of_kind, pod_labels, workloads

Json = dict[str, Any]
NEEDED = {  # who may call whom, at which port; everything else is refused
    ("frontend", "backend", 8000),
    *(
        (caller, database, port)
        for caller in ("backend", "worker")
        for database, port in (("postgres", 5432), ("chroma", 8000))
    ),
    ("migrate", "postgres", 5432),
}


@pytest.fixture(scope="module", params=OVERLAYS)
def objects(request: pytest.FixtureRequest) -> list[Json]:
    return deployment.cluster(request.param)


def test_pods_reach_what_they_need_and_nobody_else(objects: list[Json]) -> None:
    policies = of_kind(objects, "NetworkPolicy")
    closed = named(objects, "NetworkPolicy", "default-deny")["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    pods = {one["metadata"]["name"]: pod_labels(one) for one in workloads(objects)}
    for name, labels in pods.items():  # each has a policy of its own, besides the ones for all
        covering = [
            one["metadata"]["name"] for one in policies if deployment.selects(one["spec"]["podSelector"], labels)
        ]
        assert sorted(covering) == sorted(["default-deny", "dns", name])
    ports = {(name, port["containerPort"]) for name in pods for port in _ports(objects, name)}
    let = {(a, b, port) for a in pods for b, port in ports if a != b and _lets(policies, pods[a], pods[b], port)}
    assert let == NEEDED


def test_monitoring_reaches_the_metrics_and_the_ingress_the_two_ways_in(objects: list[Json]) -> None:
    def from_namespace(name: str) -> set[tuple[str, int]]:
        return {
            (policy["metadata"]["name"], port["port"])
            for policy in of_kind(objects, "NetworkPolicy")
            for rule in policy["spec"].get("ingress", ())
            for peer in rule["from"]
            if peer.get("namespaceSelector") == {"matchLabels": {"kubernetes.io/metadata.name": name}}
            for port in rule["ports"]
        }

    assert from_namespace("monitoring") == {("backend", 8000), ("worker", 8001)}
    assert from_namespace("ingress-nginx") == {("backend", 8000), ("frontend", 8080)}


def test_only_who_speaks_to_models_reaches_the_outside_and_never_a_private_address(objects: list[Json]) -> None:
    for policy in of_kind(objects, "NetworkPolicy"):
        blocks = [
            peer["ipBlock"] for rule in policy["spec"].get("egress", ()) for peer in rule["to"] if "ipBlock" in peer
        ]
        assert bool(blocks) == (policy["metadata"]["name"] in ("backend", "worker"))
        for block in blocks:
            assert block["cidr"] in ("0.0.0.0/0", "::/0")
            assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(block["except"]) or "fc00::/7" in block[
                "except"
            ]


def _ports(objects: list[Json], name: str) -> list[Json]:
    return next(container(one).get("ports", []) for one in workloads(objects) if one["metadata"]["name"] == name)


def _lets(policies: list[Json], caller: dict[str, str], called: dict[str, str], port: int) -> bool:
    """Both sides must agree."""
    return _way(policies, caller, "egress", "to", called, port) and _way(
        policies, called, "ingress", "from", caller, port
    )


def _way(policies: list[Json], own: dict[str, str], way: str, key: str, other: dict[str, str], port: int) -> bool:
    return any(
        deployment.selects(peer["podSelector"], other)
        for policy in policies
        if deployment.selects(policy["spec"]["podSelector"], own)
        for rule in policy["spec"].get(way, ())
        if port in [one["port"] for one in rule["ports"]]
        for peer in rule[key]
        if "podSelector" in peer
    )

"""Builds configurations."""

import random
from itertools import pairwise
from typing import Any

Json = dict[str, Any]


def node(node_id: str, kind: str, label: str | None = None, **config: Any) -> Json:
    return {
        "id": node_id,
        "type": kind,
        "position": {"x": 0, "y": 0},
        "data": {"label": label or node_id, "config": config},
    }


def edge(source: str, output: str, target: str, port: str, edge_id: str | None = None) -> Json:
    return {
        "id": edge_id or f"{source}.{output}-{target}.{port}",
        "source": source,
        "sourceHandle": output,
        "target": target,
        "targetHandle": port,
    }


def graph(nodes: list[Json], edges: list[Json]) -> Json:
    return {"nodes": nodes, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 1}}


def echo() -> Json:
    """The shortest graph that runs: what is asked is answered."""
    return graph([node("q", "query"), node("o", "output")], [edge("q", "text", "o", "answer")])


def asked(base_url: str | None, **config: Any) -> Json:
    """Query, LLM, output: by a fake model at `base_url`, or offline."""
    chosen = {"provider": "openai_compatible", "model": "fake", "base_url": base_url} if base_url else {}
    return graph(
        [node("q", "query"), node("llm", "llm", **(chosen | config)), node("o", "output")],
        [edge("q", "text", "llm", "prompt"), edge("llm", "answer", "o", "answer")],
    )


def in_a_row(base_url: str, models: int, **config: Any) -> Json:
    """Query, several LLMs one after another, output: the last one answers, the others think."""
    chosen = {"provider": "openai_compatible", "model": "fake", "base_url": base_url} | config
    names = [f"llm-{number}" for number in range(1, models + 1)]
    sources = [("q", "text"), *((name, "answer") for name in names)]
    targets = [*((name, "prompt") for name in names), ("o", "answer")]
    return graph(
        [node("q", "query"), *(node(name, "llm", **chosen) for name in names), node("o", "output")],
        [edge(*source, *target) for source, target in zip(sources, targets, strict=True)],
    )


def at_random(base_url: str, chance: random.Random) -> Json:
    """Query, two to five LLMs each of which asks one or two before it, and an output that the last one answers."""
    count = chance.randint(2, 5)
    config = {"provider": "openai_compatible", "model": "fake", "base_url": base_url}
    nodes = [node("q", "query"), *(node(f"n{at}", "llm", **config) for at in range(count)), node("o", "output")]
    edges = [edge("q", "text", "n0", "prompt")]
    for at in range(1, count):
        before = chance.randrange(-1, at)
        edges.append(
            edge("q", "text", f"n{at}", "prompt") if before < 0 else edge(f"n{before}", "answer", f"n{at}", "prompt")
        )
    edges += [edge(f"n{at}", "answer", "o" if at == count - 1 else f"o{at}", "answer") for at in range(count)]
    nodes += [node(f"o{at}", "output") for at in range(count - 1)]
    return graph(nodes, edges)


def chain(length: int) -> Json:
    """Query, offline LLMs, output: `length` nodes one after another."""
    names = ["q", *(f"n{number}" for number in range(length - 2)), "o"]
    nodes = [node("q", "query"), *(node(name, "llm") for name in names[1:-1]), node("o", "output")]
    edges = [
        edge(a, "text" if a == "q" else "answer", b, "answer" if b == "o" else "prompt") for a, b in pairwise(names)
    ]
    return graph(nodes, edges)

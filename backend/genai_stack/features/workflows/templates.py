"""Ready-made workflows, each with a promise and a picture."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    name: str
    description: str
    promise: str
    configuration: Json


def _node(node_id: str, kind: str, label: str, x: float, y: float, **config: Any) -> Json:
    return {"id": node_id, "type": kind, "position": {"x": x, "y": y}, "data": {"label": label, "config": config}}


def _edge(number: int, source: str, output: str, target: str, port: str) -> Json:
    return {
        "id": f"e{number}", "source": source, "sourceHandle": output, "target": target, "targetHandle": port,
    }  # fmt: skip


def documents_stack(*examples: str) -> Json:
    """Query, knowledge base, LLM, output: answers out of one's own documents, offline until a model is chosen."""
    return {
        "nodes": [
            _node("query-1", "query", "User Query", 0, 120, examples=list(examples)),
            _node("kb-1", "knowledge_base", "Knowledge Base", 320, 0, top_k=4),
            _node("llm-1", "llm", "LLM Engine", 640, 120, provider="offline"),
            _node("output-1", "output", "Output", 960, 120),
        ],
        "edges": [
            _edge(1, "query-1", "text", "kb-1", "query"),
            _edge(2, "query-1", "text", "llm-1", "prompt"),
            _edge(3, "kb-1", "context", "llm-1", "context"),
            _edge(4, "llm-1", "answer", "output-1", "answer"),
        ],
        "viewport": {"x": 0, "y": 0, "zoom": 1},
    }


TEMPLATES = (
    Template(
        "documents",
        "Chat with documents",
        "Upload PDFs, text or Markdown and ask about them. Every answer names its sources.",
        "Answers from your own documents, with the page of each source. Works without an API key.",
        documents_stack("What is this document about?", "What are its main points?"),
    ),
    Template(
        "search",
        "Search passages",
        "Finds the passages that match a question best, without a language model.",
        "Shows what your documents say, word for word. Works without an API key.",
        {
            "nodes": [
                _node("query-1", "query", "User Query", 0, 0, examples=["What do the documents say about …?"]),
                _node("kb-1", "knowledge_base", "Knowledge Base", 320, 0, top_k=8),
                _node("output-1", "output", "Output", 640, 0),
            ],
            "edges": [
                _edge(1, "query-1", "text", "kb-1", "query"),
                _edge(2, "kb-1", "context", "output-1", "answer"),
            ],
            "viewport": {"x": 0, "y": 0, "zoom": 1},
        },
    ),
    Template(
        "draft-and-review",
        "Draft and review",
        "One model drafts an answer, a second one reviews and improves it.",
        "Every answer is reviewed before it is shown; the draft appears as thinking. Choose your models.",
        {
            "nodes": [
                _node("query-1", "query", "User Query", 0, 120, examples=["Explain our refund rules to a customer."]),
                _node("kb-1", "knowledge_base", "Knowledge Base", 320, 0, top_k=4),
                _node("draft-1", "llm", "Draft", 640, 120, provider="offline"),
                _node(
                    "review-1", "llm", "Review", 960, 120, provider="offline",
                    system_prompt="You are given a draft. Correct its mistakes and improve its wording.",
                ),
                _node("output-1", "output", "Output", 1280, 120),
            ],
            "edges": [
                _edge(1, "query-1", "text", "kb-1", "query"),
                _edge(2, "query-1", "text", "draft-1", "prompt"),
                _edge(3, "kb-1", "context", "draft-1", "context"),
                _edge(4, "draft-1", "answer", "review-1", "prompt"),
                _edge(5, "kb-1", "context", "review-1", "context"),
                _edge(6, "review-1", "answer", "output-1", "answer"),
            ],
            "viewport": {"x": 0, "y": 0, "zoom": 1},
        },
    ),
)  # fmt: skip


EXAMPLE = Template(
    "example",
    "Ask about GenAI Stack",
    "An example with a small document about GenAI Stack itself. Ask it a question, then make it your own.",
    "Works right away, without an API key and without a network.",
    documents_stack("What is offline mode?", "Which files can I upload?", "What happens when the server crashes?"),
)
"""What a new workspace begins with."""

WIDE, HIGH = 200, 72  # a node on a picture, in the canvas's own units


def picture(configuration: Json) -> str:
    """A small drawing of a graph: an SVG image as a data address."""
    places = {node["id"]: (node["position"]["x"], node["position"]["y"]) for node in configuration["nodes"]}
    left, top = min(x for x, _ in places.values()) - 40, min(y for _, y in places.values()) - 40
    right, bottom = max(x for x, _ in places.values()) + WIDE + 40, max(y for _, y in places.values()) + HIGH + 40
    lines = [_line(places[edge["source"]], places[edge["target"]]) for edge in configuration["edges"]]
    boxes = [_box(*places[node["id"]], node["data"]["label"]) for node in configuration["nodes"]]
    view = f"{left:g} {top:g} {right - left:g} {bottom - top:g}"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">{"".join(lines)}{"".join(boxes)}</svg>'
    return f"data:image/svg+xml,{quote(svg)}"


def _line(source: tuple[float, float], target: tuple[float, float]) -> str:
    x1, y1, x2, y2 = source[0] + WIDE, source[1] + HIGH / 2, target[0], target[1] + HIGH / 2
    middle = (x1 + x2) / 2
    path = f"M{x1:g},{y1:g} C{middle:g},{y1:g} {middle:g},{y2:g} {x2:g},{y2:g}"
    return f'<path d="{path}" fill="none" stroke="#94a3b8" stroke-width="4"/>'


def _box(x: float, y: float, label: str) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="16" fill="#6366f1"/>'
        f'<text x="{x + WIDE / 2:g}" y="{y + HIGH / 2 + 8:g}" font-family="system-ui,sans-serif" font-size="24" '
        f'fill="#fff" text-anchor="middle">{escape(label)}</text>'
    )

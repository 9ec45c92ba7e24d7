"""The example workflow's document, whose passages and vectors ship ready-made: planting it starts no process."""

import base64
from hashlib import sha256
from importlib import resources

import msgspec

from genai_stack.features.knowledge import bases, originals
from genai_stack.features.knowledge.documents import READY
from genai_stack.features.knowledge.retrieval import stored
from genai_stack.features.knowledge.retrieval.stored import Hashed, Target
from genai_stack.features.knowledge.tables import Document
from genai_stack.infra.database.columns import new_id
from genai_stack.infra.database.database import WriteSession
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.parsing.passages import TextChunk

FILENAME = "about-genai-stack.md"
TITLE = "About GenAI Stack"
VECTORS = "about-genai-stack.json"
"""Made by scripts/make_example.py."""


class ReadyPassage(msgspec.Struct):
    """`vector` is little-endian float32 in Base64."""

    text: str
    vector: str


class ReadyMade(msgspec.Struct):
    fingerprint: str
    dimensions: int
    title: str
    passages: list[ReadyPassage]


def original() -> bytes:
    return (resources.files("genai_stack.features.knowledge") / "shipped" / FILENAME).read_bytes()


def ready_made() -> ReadyMade:
    shipped = resources.files("genai_stack.features.knowledge") / "shipped" / VECTORS
    return msgspec.json.decode(shipped.read_bytes(), type=ReadyMade)


async def install(session: WriteSession, scope: Scope, workflow_id: str, name: str) -> Document:
    """Into the knowledge base that the workflow owns from then on."""
    made, content = ready_made(), original()
    base = await bases.make_own(session, scope, workflow_id, name)
    await bases.fix_embedder(session, scope, base.id, made.fingerprint, made.dimensions)
    document = Document(
        id=new_id(),
        workspace_id=scope.workspace_id,
        workflow_id=workflow_id,
        knowledge_base_id=base.id,
        filename=FILENAME,
        content=content.decode(),
        page_starts=[],
        meta={"title": TITLE},
        kind="markdown",
        size=len(content),
        status=READY,
        progress=1.0,
        chunks=len(made.passages),
    )
    session.add(document)
    await session.flush()
    await originals.append(session, scope, document.id, 0, [content])
    passages = [
        Hashed(TextChunk(position, None, passage.text), sha256(passage.text.encode()).digest())
        for position, passage in enumerate(made.passages)
    ]
    vectors = {
        hashed.text_hash: base64.b64decode(passage.vector)
        for hashed, passage in zip(passages, made.passages, strict=True)
    }
    target = Target(scope, base.id, document.id, made.fingerprint)
    await stored.put(session, target, passages, vectors, again=False)
    await bases.bump_revision(session, scope, base.id)
    return document

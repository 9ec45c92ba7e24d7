"""A page of a document, to be looked at: its text, a picture of it, and where a passage stands on the picture."""

from collections.abc import Sequence

from genai_stack.errors import Conflict, NotFound
from genai_stack.features.knowledge import documents, originals
from genai_stack.features.knowledge.documents import READY
from genai_stack.features.knowledge.tables import Document
from genai_stack.infra.database.database import Database, ReadSession
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.places import Places
from genai_stack.integrations.parsing import reading
from genai_stack.integrations.parsing.pages import ReadingLimits
from genai_stack.integrations.parsing.pdf.boxes import Box

PICTURES_AT_ONCE = 2
MOST_PICTURES_WAITING = 32


async def text_of(session: ReadSession, scope: Scope, document_id: str, number: int) -> str:
    """From 1. A file without pages is one page."""
    document = await documents.find(session, scope, document_id, with_text=True)
    _check(document, number)
    starts: list[int] = document.page_starts or [0]
    ends = [*starts[1:], len(document.content)]
    return document.content[starts[number - 1] : ends[number - 1]]


class DocumentPages:
    """Each picture takes a child process and the whole file, so a few are made at once and the others wait.

    A cancelled call ends its child.
    """

    def __init__(
        self, database: Database, *, running: int = PICTURES_AT_ONCE, waiting: int = MOST_PICTURES_WAITING
    ) -> None:
        self._database = database
        self._places = Places("pages are being drawn", running=running, waiting=waiting)

    async def picture_of(
        self, scope: Scope, document_id: str, number: int, limits: ReadingLimits | None = None
    ) -> bytes:
        """As PNG. Raises UnsupportedType where the file has no pages, NotFound where its original is kept no longer.

        Raises Busy where too many wait.
        """
        async with self._places.take():
            content = await _original(self._database, scope, document_id, number)
            return await reading.render_page(content, number, limits or ReadingLimits())

    async def boxes_on(self, scope: Scope, document_id: str, number: int, texts: Sequence[str]) -> list[list[Box]]:
        """For each text the boxes of its lines on the page's picture. Raises as `picture_of`."""
        async with self._places.take():
            content = await _original(self._database, scope, document_id, number)
            return await reading.boxes(content, number, texts, ReadingLimits())


async def _original(database: Database, scope: Scope, document_id: str, number: int) -> bytes:
    async with database.read() as session:
        document = await documents.find(session, scope, document_id)
        _check(document, number)
    content = await originals.read(database, scope, document_id)
    if document.kind == "pdf" and len(content) < document.size:
        raise NotFound(
            "The original file is no longer stored, so its pages cannot be shown as pictures. Read the page as text, "
            "or upload the file again.",
            code="ORIGINAL_GONE",
        )
    return content


def _check(document: Document, number: int) -> None:
    if document.status != READY:
        raise Conflict("The document is not ready, so there are no pages to show.")
    if not 1 <= number <= (document.pages or 1):
        raise NotFound(f"The document has no page {number}.")

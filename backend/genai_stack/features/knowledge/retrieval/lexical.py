"""Lexical search: passages by the words that stand in them, letter by letter, in FTS5 or PostgreSQL's text search.

The table `passage_words` is written in the transaction of its passages. A passage's words leave with it, by a trigger
on SQLite and a foreign key on PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, text

from genai_stack.features.knowledge.retrieval.words import is_identifier, phrases, words
from genai_stack.infra.database.database import ReadSession, WriteSession
from genai_stack.infra.database.scope import Scope

MOST_PHRASES = 32  # of a question; what comes after is left to the vectors

INSERT_SQLITE = text(
    "INSERT INTO passage_words (passage_id, base_id, words)"
    " VALUES (replace(:passage_id, '-', ''), replace(:base_id, '-', ''), :words)"
)
INSERT_POSTGRESQL = text(
    "INSERT INTO passage_words (passage_id, base_id, words)"
    " VALUES (CAST(:passage_id AS uuid), CAST(:base_id AS uuid), to_tsvector('simple', :words))"
    " ON CONFLICT DO NOTHING"
)
KNOWN_SQLITE = text("SELECT 1 FROM passage_words WHERE passage_words MATCH 'passage_id:' || replace(:id, '-', '')")
_READY = (
    " JOIN documents ON documents.id = passages.document_id AND documents.status = 'ready'"
    " WHERE passages.workspace_id = {workspace} AND passages.knowledge_base_id = {base} AND "
)
_CHOSEN = " AND passages.document_id IN :documents"
_SQLITE = (
    "SELECT passages.id FROM passage_words JOIN passages ON passages.id ="  # noqa: S608 (every value is a parameter)
    " substr(passage_id, 1, 8) || '-' || substr(passage_id, 9, 4) || '-' || substr(passage_id, 13, 4) || '-' ||"
    " substr(passage_id, 17, 4) || '-' || substr(passage_id, 21)"
    + _READY.format(workspace=":workspace", base=":base")
    + "passage_words MATCH :query{chosen} ORDER BY bm25(passage_words, 0.0, 0.0, 1.0), passages.id LIMIT :most"
)
_POSTGRESQL = (
    "SELECT CAST(passages.id AS text) FROM passage_words JOIN passages ON passages.id = passage_id"  # noqa: S608
    + _READY.format(workspace="CAST(:workspace AS uuid)", base="CAST(:base AS uuid)")
    + "base_id = CAST(:base AS uuid) AND words @@ to_tsquery('simple', :query){chosen}"
    " ORDER BY ts_rank(words, to_tsquery('simple', :query), 1) DESC, passages.id LIMIT :most"
)


class LexicalHits(NamedTuple):
    """Ids of passages, best first: by all words of the question, and those that hold every identifier of it."""

    ranked: Sequence[str]
    literal: Sequence[str]


async def put(session: WriteSession, base_id: str, texts: Mapping[str, str]) -> None:
    """`texts` by their passages' ids; what is there already stays."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    rows = [
        {"passage_id": passage_id, "base_id": base_id, "words": " ".join(words(content))}
        for passage_id, content in texts.items()
        if not on_sqlite or await session.scalar(KNOWN_SQLITE, {"id": passage_id}) is None
    ]
    if rows:
        await session.execute(INSERT_SQLITE if on_sqlite else INSERT_POSTGRESQL, rows)


async def search(
    session: ReadSession, scope: Scope, base_id: str, question: str, most: int, documents: Sequence[str] | None
) -> LexicalHits:
    """Of ready documents; `documents` narrows them down. The session is one of `Database.read_much`."""
    wanted = phrases(question)[:MOST_PHRASES]
    if not wanted:
        return LexicalHits((), ())
    identifiers = [phrase for phrase in wanted if is_identifier(phrase)]

    async def found(looked_for: Sequence[tuple[str, ...]], *, every: bool) -> Sequence[str]:
        on_sqlite = session.get_bind().dialect.name == "sqlite"
        query = _fts5(base_id, looked_for, every=every) if on_sqlite else _tsquery(looked_for, every=every)
        statement = text((_SQLITE if on_sqlite else _POSTGRESQL).format(chosen="" if documents is None else _CHOSEN))
        given: dict[str, object] = {"workspace": scope.workspace_id, "base": base_id, "query": query, "most": most}
        if documents is not None:
            statement = statement.bindparams(bindparam("documents", expanding=True))
            given["documents"] = list(documents)
        return [str(row[0]) for row in await session.execute(statement, given)]

    literal = await found(identifiers, every=True) if identifiers else ()
    return LexicalHits(await found(wanted, every=False), literal)


def _fts5(base_id: str, wanted: Sequence[tuple[str, ...]], *, every: bool) -> str:
    joined = (" AND " if every else " OR ").join(f'"{" ".join(phrase)}"' for phrase in wanted)
    return f'base_id : "{base_id.replace("-", "")}" AND words : ({joined})'


def _tsquery(wanted: Sequence[tuple[str, ...]], *, every: bool) -> str:
    return (" & " if every else " | ").join(f"({' <-> '.join(phrase)})" for phrase in wanted)

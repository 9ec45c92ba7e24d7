"""What vectors in PostgreSQL stand on: the extension pgvector, and a schema of their own."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Uuid, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateSchema, CreateTable

from genai_stack.errors import Busy
from genai_stack.infra.database.database import Database, Transaction

SCHEMA = "vectors"
COLLECTIONS = Table(
    "collections",
    MetaData(schema=SCHEMA),
    Column("id", Uuid, primary_key=True),
    Column("dimensions", Integer),  # null before the first vector
    Column("revision", BigInteger),  # null while it is changed
    Column("turn", Uuid, nullable=False),  # whose change it is, or was last
)
NEEDED_VERSION = (0, 8)
"""The first pgvector that looks further when a filter left too little."""
REFUSED_CODE = "42501"  # the privilege is missing

FOUND_SQL = text(
    "SELECT quote_ident(nspname), extversion FROM pg_extension"
    " JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'"
)
AVAILABLE_SQL = text("SELECT true FROM pg_available_extensions WHERE name = 'vector'")
SCHEMA_EXISTS_SQL = text(f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL")
TABLE_EXISTS_SQL = text(f"SELECT to_regclass('{COLLECTIONS}') IS NOT NULL")
# Several processes start at once, and IF NOT EXISTS alone does not keep them apart.
LOCK_SQL = text("SELECT pg_advisory_xact_lock(hashtextextended('genai-stack vectors', 0))")

MISSING_MESSAGE = (
    "This PostgreSQL does not have pgvector. Install it on the database's server, or keep the index in Chroma "
    "(GENAI_STACK_VECTORS=chroma)."
)
TOO_OLD_MESSAGE = (
    "The database has pgvector {0}, and 0.8 or newer is needed. Update it on the database's server, then run "
    "ALTER EXTENSION vector UPDATE."
)
NOT_ALLOWED_MESSAGE = (
    "The database's user may not prepare it for vectors. Let an administrator of it run CREATE EXTENSION vector, and "
    f"CREATE SCHEMA {SCHEMA} AUTHORIZATION followed by the user's name."
)


async def laid(database: Database) -> str:
    """The schema that has pgvector's types and operators, as SQL writes it. Raises Busy with what is to be done."""
    try:
        return await database.run_read(_found) or await _made_once(database)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == REFUSED_CODE:
            raise Busy(NOT_ALLOWED_MESSAGE, code="INDEX_AWAY") from error
        raise


async def _made_once(database: Database) -> str:
    try:
        return await database.run_write(_made)
    except IntegrityError:  # an administrator made it by hand at this moment
        return await database.run_write(_made)


def _found(transaction: Transaction) -> str | None:
    extension = transaction.execute(FOUND_SQL).first()
    if extension is None:
        return None
    schema, version = extension
    if tuple(int(part) for part in version.split(".")[:2]) < NEEDED_VERSION:
        raise Busy(TOO_OLD_MESSAGE.format(version), code="INDEX_AWAY")
    return str(schema) if transaction.scalar(TABLE_EXISTS_SQL) else None


def _made(transaction: Transaction) -> str:
    transaction.execute(LOCK_SQL)
    if transaction.execute(FOUND_SQL).first() is None:
        if not transaction.scalar(AVAILABLE_SQL):
            raise Busy(MISSING_MESSAGE, code="INDEX_AWAY")
        transaction.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    if not transaction.scalar(SCHEMA_EXISTS_SQL):  # IF NOT EXISTS asks for the right to make one in any case
        transaction.execute(CreateSchema(SCHEMA))
    transaction.execute(CreateTable(COLLECTIONS, if_not_exists=True))
    schema = _found(transaction)
    assert schema is not None
    return schema

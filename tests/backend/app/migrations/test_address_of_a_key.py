"""Keys of earlier versions get the address that the workspace uses them with, where there is one."""

from typing import Any
from uuid import uuid4

from alembic import command
from sqlalchemy import Connection, insert, select, text

from genai_stack.app import schema
from genai_stack.features.credentials.tables import Credential
from genai_stack.features.knowledge.tables import KnowledgeBase
from genai_stack.features.workflows.tables import Workflow
from genai_stack.features.workspaces.tables import Workspace
from genai_stack.infra.database.database import Database
from tests.support import graphs

ONE, OTHER = "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"
IN_ONE_STACK, IN_TWO, BY_A_BASE, UNUSED, FIXED = (str(uuid4()) for _ in range(5))
SERVER = "openai_compatible"


def _steps(to: str, connection: Connection) -> None:
    config = schema.configuration()
    config.attributes["connection"] = connection
    (command.upgrade if to == schema.HEAD else command.downgrade)(config, to)


def _graph(address: str, credential_id: str) -> dict[str, Any]:
    return graphs.asked(address, credential_id=credential_id)


def _fill(connection: Connection) -> None:
    workspace = str(uuid4())
    connection.execute(insert(Workspace).values(id=workspace, name="W"))
    for id_ in (IN_ONE_STACK, IN_TWO, BY_A_BASE, UNUSED, FIXED):
        provider = "openai" if id_ == FIXED else SERVER
        row = {"id": id_, "workspace_id": workspace, "provider": provider, "name": "K", "secret": b"", "last4": "…"}
        connection.execute(insert(Credential).values(row))
    for address, key in ((ONE, IN_ONE_STACK), (ONE, IN_ONE_STACK), (ONE, IN_TWO), (OTHER, IN_TWO)):
        stack = {"workspace_id": workspace, "name": "S", "description": "", "configuration": _graph(address, key)}
        connection.execute(insert(Workflow).values(stack))
    embedder = {"provider": SERVER, "model": "m", "credential_id": BY_A_BASE, "base_url": OTHER}
    base = {"workspace_id": workspace, "name": "B", "embedder": embedder, "chunk_size": 200, "chunk_overlap": 20}
    connection.execute(insert(KnowledgeBase).values(base))


def _addresses(connection: Connection) -> dict[str, str | None]:
    return {str(row.id): row.base_url for row in connection.execute(select(Credential.id, Credential.base_url))}


def _from_the_version_before(connection: Connection) -> dict[str, str | None]:
    _fill(connection)
    connection.execute(text("UPDATE credentials SET base_url = NULL"))
    _steps("0006", connection)
    _steps(schema.HEAD, connection)
    return _addresses(connection)


async def test_key_gets_the_one_address_it_is_used_with(database_url: str) -> None:
    database = Database(database_url)
    try:
        await schema.migrate(database)
        async with database.engine.begin() as connection:
            found = await connection.run_sync(_from_the_version_before)
    finally:
        await database.close()
    assert found == {IN_ONE_STACK: ONE, IN_TWO: None, BY_A_BASE: OTHER, UNUSED: None, FIXED: None}

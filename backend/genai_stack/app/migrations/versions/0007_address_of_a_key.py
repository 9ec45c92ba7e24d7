"""A stored key names the server that it is for"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credentials", sa.Column("base_url", sa.Text(), nullable=True))
    connection = op.get_bind()
    keys = sa.text("SELECT id FROM credentials WHERE provider = 'openai_compatible'")
    unbound = {str(row.id): row.id for row in connection.execute(keys)}
    if not unbound:
        return
    addresses: dict[str, set[str]] = {}
    for config in _configs(connection):
        if config.get("credential_id") in unbound and isinstance(config.get("base_url"), str):
            addresses.setdefault(config["credential_id"], set()).add(config["base_url"].strip())
    for credential_id, used in addresses.items():
        if len(used) == 1:  # where there are several, a person decides
            change = sa.text("UPDATE credentials SET base_url = :base_url WHERE id = :id")
            connection.execute(change, {"base_url": used.pop(), "id": unbound[credential_id]})


def downgrade() -> None:
    op.drop_column("credentials", "base_url")


def _configs(connection: sa.Connection) -> list[dict[str, Any]]:
    """Of all language models and embedders that use the OpenAI-compatible provider."""
    found: list[dict[str, Any]] = []
    for (saved,) in connection.execute(sa.text("SELECT configuration FROM workflows")):
        for node in _read(saved).get("nodes", []):
            config = (node.get("data") or {}).get("config") or {}
            if isinstance(config, dict):
                found.append(config)
    found += [_read(saved) for (saved,) in connection.execute(sa.text("SELECT embedder FROM knowledge_bases"))]
    return [config for config in found if config.get("provider") == "openai_compatible"]


def _read(saved: Any) -> dict[str, Any]:
    value = json.loads(saved) if isinstance(saved, str | bytes) else saved
    return value if isinstance(value, dict) else {}

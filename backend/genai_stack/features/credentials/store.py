"""Keys of providers: stored encrypted, shown by their last four characters, used by id."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select

from genai_stack.errors import NotFound
from genai_stack.features.credentials.tables import Credential
from genai_stack.infra.database.database import ReadSession, WriteSession
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.secrets import Secrets

SHORT = 12  # characters: of a key that is shorter, nothing is shown


async def add(
    session: WriteSession, scope: Scope, secrets: Secrets, provider: str, name: str, secret: str
) -> Credential:
    credential = Credential(
        workspace_id=scope.workspace_id,
        provider=provider,
        name=name,
        secret=secrets.encrypt(secret),
        last4=_last4(secret),
    )
    session.add(credential)
    await session.flush()
    return credential


async def get(session: ReadSession, scope: Scope, credential_id: str) -> Credential:
    credential = await session.scalar(
        select(Credential).where(Credential.id == credential_id, Credential.workspace_id == scope.workspace_id)
    )
    if credential is None:
        raise NotFound("There is no credential with this id.")
    return credential


async def all_of(session: ReadSession, scope: Scope, skip: int, limit: int) -> tuple[Sequence[Credential], int]:
    """Oldest first, and how many there are."""
    mine = Credential.workspace_id == scope.workspace_id
    total = await session.scalar(select(func.count()).select_from(Credential).where(mine))
    rows = await session.scalars(
        select(Credential).where(mine).order_by(Credential.created_at).offset(skip).limit(limit)
    )
    return rows.all(), total or 0


async def change(
    session: WriteSession, scope: Scope, secrets: Secrets, credential_id: str, provider: str, name: str, secret: str
) -> Credential:
    credential = await get(session, scope, credential_id)
    credential.provider, credential.name = provider, name
    credential.secret, credential.last4 = secrets.encrypt(secret), _last4(secret)
    await session.flush()
    return credential


async def remove(session: WriteSession, scope: Scope, credential_id: str) -> None:
    await get(session, scope, credential_id)
    await session.execute(
        delete(Credential).where(Credential.id == credential_id, Credential.workspace_id == scope.workspace_id)
    )


async def re_encrypt_all(session: WriteSession, secrets: Secrets) -> int:
    """Encrypt every credential with the newest key; how many there were."""
    rows = (await session.scalars(select(Credential).with_for_update())).all()
    for credential in rows:
        credential.secret = secrets.re_encrypt(credential.secret)
    return len(rows)


def _last4(secret: str) -> str:
    return secret[-4:] if len(secret) >= SHORT else "…"

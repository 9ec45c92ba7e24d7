"""Store of provider keys: encrypted, shown by their last four characters, sent to their own origin only."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select

from genai_stack.errors import Invalid, NotFound
from genai_stack.features.credentials.tables import Credential
from genai_stack.infra.database.columns import new_id
from genai_stack.infra.database.database import ReadSession, WriteSession
from genai_stack.infra.database.listing import page_of
from genai_stack.infra.database.row_counts import row_count
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.egress.api_key import ApiKey, origin_of
from genai_stack.infra.secrets import Secrets
from genai_stack.integrations.catalog import BY_ID, FIXED_ADDRESSES

SHORTEST_SHOWN_CHARACTERS = 12
"""Of a key that is shorter, nothing is shown."""


@dataclass(frozen=True, slots=True)
class CredentialDraft:
    """`base_url` is given for providers without a fixed address, and for no others."""

    provider: str
    name: str
    secret: str = field(repr=False)
    base_url: str | None = None

    def check(self) -> None:
        """Raises Invalid with what is missing, or too much."""
        provider = BY_ID.get(self.provider)
        if provider is None or not (provider.needs_key or provider.needs_base_url):
            known = ", ".join(one.id for one in BY_ID.values() if one.needs_key or one.needs_base_url)
            raise Invalid(f"There are no API keys for the provider “{self.provider}”. Choose one of: {known}.")
        if provider.needs_base_url:
            if not self.base_url:
                raise Invalid(
                    "Give the address of the server that this key is for (base_url), like https://example.com/v1. "
                    "The key is sent there and nowhere else."
                )
            origin_of(self.base_url)
        elif self.base_url:
            raise Invalid(f"{provider.title} has a fixed address. Leave base_url out.")


async def add(session: WriteSession, scope: Scope, secrets: Secrets, draft: CredentialDraft) -> Credential:
    draft.check()
    credential = Credential(id=new_id(), workspace_id=scope.workspace_id)
    _fill(credential, secrets, draft)
    session.add(credential)
    await session.flush()
    return credential


async def get(session: ReadSession, scope: Scope, credential_id: str) -> Credential:
    credential = await session.scalar(select(Credential).where(Credential.id == credential_id, Credential.of(scope)))
    if credential is None:
        raise NotFound("There is no API key with this id.")
    return credential


async def all_of(session: ReadSession, scope: Scope, skip: int, limit: int) -> tuple[Sequence[Credential], int]:
    """Oldest first, and how many there are."""
    total = await row_count(session, scope, scope.workspace_id, "credentials")
    query, keys = select(Credential).where(Credential.of(scope)), (Credential.created_at, Credential.id)
    return await page_of(session, query, keys, total, skip, limit), total


async def change(
    session: WriteSession, scope: Scope, secrets: Secrets, credential_id: str, draft: CredentialDraft
) -> Credential:
    draft.check()
    credential = await get(session, scope, credential_id)
    _fill(credential, secrets, draft)
    await session.flush()
    return credential


async def remove(session: WriteSession, scope: Scope, credential_id: str) -> None:
    await get(session, scope, credential_id)
    await session.execute(delete(Credential).where(Credential.id == credential_id, Credential.of(scope)))


async def re_encrypt_all(session: WriteSession, secrets: Secrets) -> int:
    """Encrypt every credential with the newest key; how many there were."""
    rows = (await session.scalars(select(Credential).with_for_update())).all()
    for credential in rows:
        credential.secret = secrets.re_encrypt(credential.secret, _owner(credential))
    return len(rows)


async def bind_all(session: WriteSession, secrets: Secrets) -> None:
    """Bind ciphertexts of earlier versions to their rows."""
    for credential in (await session.scalars(select(Credential).with_for_update())).all():
        bound = secrets.bind(credential.secret, _owner(credential))
        if bound != credential.secret:
            credential.secret = bound


def open_key(secrets: Secrets, credential: Credential) -> ApiKey:
    """The key, to be sent to its origin. Raises Invalid where a key of an earlier version has no address."""
    base_url = FIXED_ADDRESSES.get(credential.provider) or credential.base_url
    if base_url is None:
        raise Invalid(
            f"The API key “{credential.name}” was stored without the address of its server. Replace it in Settings, "
            "and enter the address."
        )
    return ApiKey(secrets.decrypt(credential.secret, _owner(credential)).strip(), origin_of(base_url))


def _fill(credential: Credential, secrets: Secrets, draft: CredentialDraft) -> None:
    credential.provider, credential.name, credential.base_url = draft.provider, draft.name, draft.base_url
    credential.secret, credential.last4 = secrets.encrypt(draft.secret, _owner(credential)), _last4(draft.secret)


def _owner(credential: Credential) -> tuple[str, str]:
    return credential.workspace_id, credential.id


def _last4(secret: str) -> str:
    return secret[-4:] if len(secret) >= SHORTEST_SHOWN_CHARACTERS else "…"

"""Keys of providers. A secret comes in and never goes out."""

from datetime import datetime

from pydantic import BaseModel, Field

from genai_stack.api.http.dependencies import Dependencies, Deps
from genai_stack.api.http.models import Asked, Id, Page, Pages100, Pages500
from genai_stack.api.http.problems import PROVIDER_RESPONSES
from genai_stack.api.http.routing import CurrentScope, Policy, Router
from genai_stack.errors import ProviderFailed
from genai_stack.features.credentials import store as credentials
from genai_stack.features.credentials.store import CredentialDraft
from genai_stack.features.credentials.tables import Credential
from genai_stack.infra.database.scope import Scope
from genai_stack.infra.egress.api_key import ApiKey

router = Router(Policy.WORKSPACE, tag="credentials", prefix="/credentials")


class ModelOut(BaseModel):
    id: str
    title: str
    ends_at: datetime | None


class CredentialIn(Asked):
    provider: str = Field(examples=["openai"])
    name: str = Field(min_length=1, max_length=200, examples=["My key"])
    secret: str = Field(min_length=1, max_length=10_000, repr=False, examples=["sk-…"])
    base_url: str | None = Field(
        default=None, max_length=2000, description="The server that the key is for, where the provider does not fix it."
    )

    def draft(self) -> CredentialDraft:
        return CredentialDraft(self.provider, self.name, self.secret, (self.base_url or "").strip() or None)


class CredentialOut(BaseModel):
    id: str
    provider: str
    name: str
    base_url: str | None
    last4: str
    created_at: datetime


class CredentialTest(BaseModel):
    ok: bool
    message: str


@router.post("", status_code=201)
async def add(body: CredentialIn, deps: Deps, scope: CurrentScope) -> CredentialOut:
    """Store a key, encrypted."""
    async with deps.database.write() as session:
        stored = await credentials.add(session, scope, deps.secrets, body.draft())
        return CredentialOut.model_validate(stored, from_attributes=True)


@router.get("")
async def all_of(deps: Deps, scope: CurrentScope, page: Pages100) -> Page[CredentialOut]:
    async with deps.database.read() as session:
        found, total = await credentials.all_of(session, scope, page.skip, page.limit)
    return page.of(CredentialOut, found, total)


@router.put("/{credential_id}")
async def change(credential_id: Id, body: CredentialIn, deps: Deps, scope: CurrentScope) -> CredentialOut:
    """Replace a key under the same id: the workflows that use it go on with the new one."""
    async with deps.database.write() as session:
        stored = await credentials.change(session, scope, deps.secrets, credential_id, body.draft())
        return CredentialOut.model_validate(stored, from_attributes=True)


@router.delete("/{credential_id}", status_code=204)
async def remove(credential_id: Id, deps: Deps, scope: CurrentScope) -> None:
    async with deps.database.write() as session:
        await credentials.remove(session, scope, credential_id)


@router.post("/{credential_id}/test", responses=PROVIDER_RESPONSES)
async def test(credential_id: Id, deps: Deps, scope: CurrentScope) -> CredentialTest:
    """Ask the provider whether it takes the key. Costs no tokens."""
    stored, key = await _opened(deps, scope, credential_id)
    try:
        await deps.models.test(stored.provider, key, stored.base_url)
    except ProviderFailed as error:
        return CredentialTest(ok=False, message=error.message)
    return CredentialTest(ok=True, message="The provider accepts this API key.")


@router.get("/{credential_id}/models", responses=PROVIDER_RESPONSES)
async def models(credential_id: Id, deps: Deps, scope: CurrentScope, page: Pages500) -> Page[ModelOut]:
    """The models that a key can use, asked of the provider."""
    stored, key = await _opened(deps, scope, credential_id)
    cards = await deps.models.models_of(stored.provider, key, stored.base_url)
    return page.cut(ModelOut, cards)


async def _opened(deps: Dependencies, scope: Scope, credential_id: str) -> tuple[Credential, ApiKey]:
    async with deps.database.read() as session:
        stored = await credentials.get(session, scope, credential_id)
    return stored, credentials.open_key(deps.secrets, stored)

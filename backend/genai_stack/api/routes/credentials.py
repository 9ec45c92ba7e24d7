"""Keys of providers. A secret comes in and never goes out."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import Query
from pydantic import BaseModel, Field

from genai_stack.api.http.dependencies import Dependencies, Deps
from genai_stack.api.http.models import Asked, Id, Limit, Page, Skip
from genai_stack.api.http.problems import PROVIDER_RESPONSES
from genai_stack.api.http.routing import CurrentScope, Policy, Router
from genai_stack.errors import Invalid, ProviderFailed
from genai_stack.features.credentials import store as credentials
from genai_stack.infra.database.scope import Scope
from genai_stack.integrations.llm.providers import BY_ID

router = Router(Policy.WORKSPACE, tag="credentials", prefix="/credentials")


class ModelOut(BaseModel):
    id: str
    title: str
    ends_at: datetime | None


class CredentialIn(Asked):
    provider: str = Field(examples=["openai"])
    name: str = Field(min_length=1, max_length=200, examples=["My key"])
    secret: str = Field(min_length=1, max_length=10_000, repr=False, examples=["sk-…"])


class CredentialOut(BaseModel):
    id: str
    provider: str
    name: str
    last4: str
    created_at: datetime


class CredentialTest(BaseModel):
    ok: bool
    message: str


Server = Annotated[str | None, Query(max_length=2000, description="The server's address, where it is not fixed.")]


@router.post("", status_code=201)
async def add(body: CredentialIn, deps: Deps, scope: CurrentScope) -> CredentialOut:
    """Store a key, encrypted."""
    _check(body)
    async with deps.database.write() as session:
        stored = await credentials.add(session, scope, deps.secrets, body.provider, body.name, body.secret)
        return CredentialOut.model_validate(stored, from_attributes=True)


@router.get("")
async def all_of(deps: Deps, scope: CurrentScope, skip: Skip = 0, limit: Limit = 100) -> Page[CredentialOut]:
    async with deps.database.read() as session:
        found, total = await credentials.all_of(session, scope, skip, limit)
    items = [CredentialOut.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, total=total, skip=skip, limit=limit)


@router.put("/{credential_id}")
async def change(credential_id: Id, body: CredentialIn, deps: Deps, scope: CurrentScope) -> CredentialOut:
    """Replace a key under the same id: the workflows that use it go on with the new one."""
    _check(body)
    async with deps.database.write() as session:
        stored = await credentials.change(
            session, scope, deps.secrets, credential_id, body.provider, body.name, body.secret
        )
        return CredentialOut.model_validate(stored, from_attributes=True)


@router.delete("/{credential_id}", status_code=204)
async def remove(credential_id: Id, deps: Deps, scope: CurrentScope) -> None:
    async with deps.database.write() as session:
        await credentials.remove(session, scope, credential_id)


@router.post("/{credential_id}/test", responses=PROVIDER_RESPONSES)
async def test(credential_id: Id, deps: Deps, scope: CurrentScope, base_url: Server = None) -> CredentialTest:
    """Ask the provider whether it takes the key. Costs no tokens."""
    provider, secret = await _unlocked(deps, scope, credential_id)
    try:
        await deps.models.test(provider, secret, base_url)
    except ProviderFailed as error:
        return CredentialTest(ok=False, message=error.message)
    return CredentialTest(ok=True, message="The provider takes this key.")


@router.get("/{credential_id}/models", responses=PROVIDER_RESPONSES)
async def models(
    credential_id: Id, deps: Deps, scope: CurrentScope, base_url: Server = None, skip: Skip = 0, limit: Limit = 500
) -> Page[ModelOut]:
    """The models that a key can use, asked of the provider."""
    provider, secret = await _unlocked(deps, scope, credential_id)
    items = [ModelOut(**msgspec.to_builtins(card)) for card in await deps.models.models_of(provider, secret, base_url)]
    return Page(items=items[skip : skip + limit], total=len(items), skip=skip, limit=limit)


async def _unlocked(deps: Dependencies, scope: Scope, credential_id: str) -> tuple[str, str]:
    async with deps.database.read() as session:
        stored = await credentials.get(session, scope, credential_id)
    return stored.provider, deps.secrets.decrypt(stored.secret)


def _check(body: CredentialIn) -> None:
    provider = BY_ID.get(body.provider)
    if provider is None or not (provider.needs_key or provider.needs_base_url):
        known = ", ".join(one.id for one in BY_ID.values() if one.needs_key or one.needs_base_url)
        raise Invalid(f"No key is kept for the provider “{body.provider}”. Keys are for: {known}.")

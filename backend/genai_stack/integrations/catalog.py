"""The one list of providers, found in the modules of `providers`."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Final

from genai_stack.integrations import providers
from genai_stack.integrations.provider import Provider


def find_providers(package: ModuleType) -> tuple[Provider, ...]:
    """By rank. Raises ValueError where two have one id."""
    found = sorted(_cards(package), key=lambda provider: (provider.rank, provider.id))
    ids = [provider.id for provider in found]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise ValueError(f"Two providers call themselves {id_!r}.")
    return tuple(found)


def _cards(package: ModuleType) -> Iterator[Provider]:
    for entry in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        card = getattr(importlib.import_module(entry.name), "PROVIDER", None)
        if not isinstance(card, Provider):
            raise TypeError(f"{entry.name} declares no PROVIDER.")
        yield card


PROVIDERS: Final = find_providers(providers)
BY_ID: Final = {provider.id: provider for provider in PROVIDERS}
FIXED_ADDRESSES: Final = {
    provider.id: provider.default_base_url
    for provider in PROVIDERS
    if provider.default_base_url and not provider.needs_base_url
}
"""By provider: where its keys go, and nowhere else."""
CHAT_PROVIDERS: Final = tuple(provider for provider in PROVIDERS if provider.chat)
EMBEDDING_PROVIDERS: Final = tuple(provider for provider in PROVIDERS if provider.embeds)

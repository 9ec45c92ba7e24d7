"""Brings a provider's SDK in without holding up the event loop: some take more than a second."""

import asyncio
import importlib
import sys


async def imported(*modules: str) -> None:
    """After this, `import` of these modules costs nothing."""
    if not all(module in _complete for module in modules):
        await asyncio.to_thread(_import, modules)


_complete: set[str] = set()


def _import(modules: tuple[str, ...]) -> None:
    for module in modules:
        importlib.import_module(module)
        assert module in sys.modules
        _complete.add(module)

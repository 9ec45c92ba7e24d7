"""Imports that are done when a module is first used, so that a start does not wait for them.

`importlib.util.LazyLoader` is of no use here: a second `import` of the module already loads it.
"""

import importlib.util
import sys
from types import ModuleType
from typing import Any

from typing_extensions import override


def defer_import(name: str) -> None:
    """From here on, `import NAME` loads the module at its first attribute. ModuleNotFoundError where there is none.

    `from NAME import …`, a base class and an evaluated annotation are attributes, too. The first use is one thread's.
    """
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    module.__class__ = _DeferredModule


class _DeferredModule(ModuleType):
    @override
    def __getattr__(self, name: str) -> Any:
        object.__setattr__(
            self, "__class__", ModuleType
        )  # what is not there while it loads is an error, as in any module
        assert self.__spec__ is not None
        assert self.__spec__.loader is not None
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)

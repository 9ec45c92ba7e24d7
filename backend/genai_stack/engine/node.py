"""What a node type is: its ports, its form, and its work."""

import builtins
import inspect
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar, get_args

from pydantic import BaseModel, ConfigDict

from genai_stack.engine.events import FinishReason
from genai_stack.engine.ports import Passage, Port, ports_of


class NodeConfig(BaseModel):
    """The settings of a node; its JSON Schema is the form on the canvas."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class NoPorts:
    """Declares that a node has no inputs, or no outputs."""


@dataclass(frozen=True, slots=True)
class OutputAnswer:
    """What an exit node answers."""

    text: str
    show_sources: bool = True


class NodeOutput(Protocol):
    """What a node streams and reports while it works."""

    def status(self, text: str) -> None:
        """What is being done now, in words for the person who waits."""
        ...

    def reasoning(self, text: str) -> None:
        """The next piece of a model's own thinking."""
        ...

    def answer(self, text: str) -> None:
        """The next piece of the text at the streamed output."""
        ...

    def retract(self) -> None:
        """All text so far is no answer: readers discard it, and it comes again as what it is."""
        ...

    def finish(self, reason: FinishReason) -> None:
        """Why the text ends where it ends."""
        ...

    def prompt(self, text: str) -> None:
        """What is sent to a model, word by word: for whoever looks into the run."""
        ...

    def sources(self, passages: Sequence[Passage]) -> None: ...

    def usage(self, counts: Mapping[str, int]) -> None: ...


@dataclass(frozen=True, slots=True)
class ValidationContext:
    """What validation may know of the workspace.

    By credential: its provider, and its server's address where the provider does not fix it. And the knowledge bases.
    """

    credentials: Mapping[str, str] = field(default_factory=dict[str, str])
    knowledge_bases: Collection[str] = frozenset()
    addresses: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    code: Literal["invalid_config", "missing_credential"]
    message: str
    field: str


C = TypeVar("C", bound=NodeConfig)
I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741
T = TypeVar("T")


class NodeType(ABC, Generic[C, I, O, T]):
    """A kind of node: declared by a class with these attributes, whose docstring is its description."""

    type: ClassVar[str]
    title: ClassVar[str]
    category: ClassVar[str]
    icon: ClassVar[str]
    role: ClassVar[Literal["entry", "step", "exit"]] = "step"
    """An entry brings the question in, an exit hands the answer out."""
    time_limit: ClassVar[float] = 60.0
    """Seconds after which a node of this type is stopped."""
    attempts: ClassVar[int] = 1
    """How often it is tried when its error says that the same call may succeed later."""
    checkpoint_before: ClassVar[bool] = False
    """Its work costs money or touches others: what ran before is committed before it starts."""

    Config: ClassVar[builtins.type[NodeConfig]]
    Inputs: ClassVar[Any]
    Outputs: ClassVar[Any]
    inputs: ClassVar[tuple[Port, ...]]
    outputs: ClassVar[tuple[Port, ...]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls) and "type" in cls.__dict__:
            declared = get_args(cls.__dict__["__orig_bases__"][0])
            cls.Config, cls.Inputs, cls.Outputs = declared[:3]
            cls.inputs, cls.outputs = ports_of(cls.Inputs), ports_of(cls.Outputs)

    @abstractmethod
    async def run(self, config: C, inputs: I, ctx: T) -> O: ...

    def problems(self, config: C, context: ValidationContext) -> Iterable[ConfigProblem]:
        """What is wrong with a config beyond its schema."""
        del config, context
        return ()

    def describe(self) -> dict[str, object]:
        return {
            "type": self.type,
            "title": self.title,
            "description": inspect.cleandoc(self.__doc__ or ""),
            "category": self.category,
            "icon": self.icon,
            "role": self.role,
            "inputs": [port.describe() for port in self.inputs],
            "outputs": [port.describe() for port in self.outputs],
            "config_schema": self.Config.model_json_schema(),
        }


AnyNodeType = NodeType[Any, Any, Any, Any]

"""A call of a chat model as it is told: counted, timed, and a span where spans are wanted."""

from time import perf_counter
from urllib.parse import urlsplit

from genai_stack.errors import StackError
from genai_stack.infra.telemetry import gen_ai, metrics
from genai_stack.infra.telemetry.spans import Span, Value


class ModelCall:
    """A context around one call, with all its attempts."""

    __slots__ = ("_began", "_completion", "_model", "_prompt", "_provider", "_span", "waits")

    def __init__(
        self,
        provider: str,
        model: str,
        within: Span | None,
        *,
        trace_name: str | None = None,
        base_url: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
    ) -> None:
        """`trace_name` is the provider's name in spans, where that is not its id."""
        self.waits = True
        """Whether nothing has come yet."""
        self._provider, self._model = provider, model or provider
        self._prompt = self._completion = 0
        self._span: Span | None = None
        if within is not None:
            asked = _asked(trace_name or provider, self._model, base_url, temperature, max_tokens)
            self._span = within.child(f"{gen_ai.CHAT} {self._model}", asked, calls_out=True)

    def __enter__(self) -> "ModelCall":
        self._began = perf_counter()
        return self

    def hear(self) -> None:
        """The first piece of the answer has come."""
        self.waits = False
        seconds = perf_counter() - self._began
        metrics.model_began_to_answer(self._provider, self._model, seconds)
        if self._span is not None:
            self._span.note({gen_ai.FIRST_CHUNK: seconds})

    def retry(self) -> None:
        metrics.model_retried(self._provider)
        if self._span is not None:
            self._span.event("retry")

    def count(self, prompt: int, completion: int, reasoning: int) -> None:
        """Tokens. `completion` includes `reasoning`."""
        self._prompt += prompt
        self._completion += completion
        if self._span is not None:
            used: dict[str, Value] = {gen_ai.INPUT_TOKENS: self._prompt, gen_ai.OUTPUT_TOKENS: self._completion}
            if reasoning:
                used[gen_ai.REASONING_TOKENS] = reasoning
            self._span.note(used)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        seconds, outcome = perf_counter() - self._began, metrics.outcome_of(error)
        metrics.model_call_ended(self._provider, self._model, outcome, seconds, self._prompt, self._completion)
        if self._span is None:
            return
        if isinstance(error, StackError):
            self._span.fail(error.code, error.message)
        elif isinstance(error, Exception):
            self._span.fail(type(error).__name__, "An unexpected error.")
        elif error is not None:
            self._span.event("stopped")
        self._span.end()


def _asked(
    provider: str, model: str, base_url: str | None, temperature: float | None, max_tokens: int | None
) -> dict[str, Value]:
    asked: dict[str, Value] = {
        gen_ai.OPERATION: gen_ai.CHAT,
        gen_ai.PROVIDER: provider,
        gen_ai.MODEL: model,
        gen_ai.STREAM: True,
    }
    if temperature is not None:
        asked[gen_ai.TEMPERATURE] = temperature
    if max_tokens is not None:
        asked[gen_ai.MAX_TOKENS] = max_tokens
    if base_url:
        parts = urlsplit(base_url)
        asked[gen_ai.SERVER] = parts.hostname or ""
        if parts.port:
            asked[gen_ai.PORT] = parts.port
    return asked

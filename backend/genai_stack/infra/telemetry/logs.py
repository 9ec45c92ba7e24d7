"""How the process logs: lines for people or JSON for programs, both without secrets."""

import logging
import sys
from collections.abc import Collection
from contextvars import ContextVar
from typing import Any, Literal

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from genai_stack.infra.telemetry.redaction import Redactor

Format = Literal["text", "json"]

QUIET = ("alembic", "uvicorn", "procrastinate")
"""What they tell at every start and every job is nobody's news."""

# One variable, where structlog's own has one for each name: a request and its run enter and leave it five times.
_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039 (never changed, only replaced)


def configure(level: str, form: Format = "text", *, secrets: Collection[str] = ()) -> None:
    """`secrets` are this process's own: they are taken out wherever they stand, besides what looks like one."""
    redactor = Redactor(secrets)
    if form == "json":
        _json(level, redactor)
    else:
        _text(level, redactor)
    if level != "debug":
        for told_by in QUIET:
            logging.getLogger(told_by).setLevel(logging.WARNING)


def _text(level: str, redactor: Redactor) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacted(redactor))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)

    def redact_line(logger: Any, method: str, line: Any) -> str:
        del logger, method
        return redactor.text(line)

    _configure(
        level,
        [
            _redacting(redactor),
            # A richer traceback shows the values of variables: keys and people's texts among them.
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            redact_line,  # the traceback is made by the renderer
        ],
    )


def _json(level: str, redactor: Redactor) -> None:
    """One JSON object a line on standard output, whoever logs it."""
    ending: list[Processor] = [
        structlog.processors.format_exc_info,
        _redacting(redactor),
        structlog.processors.JSONRenderer(),
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*_begun(), structlog.stdlib.add_logger_name],
            processors=[ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(True)
    _configure(level, ending)


def _configure(level: str, ending: list[Processor]) -> None:
    structlog.configure(
        processors=[*_begun(), *ending],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )


def _begun() -> list[Processor]:
    return [
        _with_ids,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]


def _with_ids(logger: Any, method: str, event: EventDict) -> EventDict:
    del logger, method
    return {**_about.get(), **event}


def _redacting(redactor: Redactor) -> Processor:
    def redact(logger: Any, method: str, event: EventDict) -> EventDict:
        del logger, method
        raised = event.pop("exc_info", None)  # shown by the renderer, and looked at then
        clean = redactor.fields(event)
        return clean if raised is None else clean | {"exc_info": raised}

    return redact


class _Redacted(logging.Formatter):
    """Lines of other libraries."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(super().format(record))


class about:  # noqa: N801 (read as a phrase: with logs.about(run_id=…))
    """What is logged within is about these alone: a task inherits the context of whoever started it."""

    __slots__ = ("_before", "_ids")

    def __init__(self, **ids: str) -> None:
        self._ids = ids

    def __enter__(self) -> None:
        self._before = _about.set(self._ids)

    def __exit__(self, *_: object) -> None:
        _about.reset(self._before)


def also_about(**ids: str) -> None:
    """For the rest of the block of `about` that one is in."""
    _about.set(_about.get() | ids)

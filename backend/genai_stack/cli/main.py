"""The command line: `genai-stack serve`, `worker`, `run`, `validate`, `keys rotate`, `migrate`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from genai_stack import __version__
from genai_stack.cli import terminal
from genai_stack.errors import StackError
from genai_stack.infra.deferred_import import defer_import

FAILED = 1
REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Ends the process: 0 done, 1 it ran and failed, 2 it was refused."""
    os.umask(0o077)  # nobody else reads what it writes
    defer_import("aiohttp")  # a tenth of the start, and needed at the first request to a model
    flags = _parser().parse_args(arguments)
    try:
        sys.exit(flags.do(flags))
    except StackError as error:
        terminal.note(f"genai-stack: {error.message}")
        for problem in getattr(error, "problems", ()):
            terminal.note(f"  - {problem['message']}")
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="genai-stack", description="A visual builder for LLM workflows.")
    parser.add_argument("--version", action="version", version=f"genai-stack {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve the API and the pages")
    serve.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (default: 8000)")
    _takes_data(serve, _serve)

    worker = commands.add_parser("worker", help="execute the runs of servers with distributed dispatch")
    worker.add_argument("--port", type=int, help="port of /healthz, /readyz and /metrics (default: a free one)")
    _takes_data(worker, _work)

    run = commands.add_parser("run", help="run a graph from a file once, in a temporary directory")
    run.add_argument("file", type=Path, metavar="FILE", help="a graph, or a workflow with its configuration, as JSON")
    run.add_argument("--query", required=True, help="the question")
    run.add_argument("--document", type=Path, action="append", default=[], metavar="FILE", help="may be repeated")
    run.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="PROVIDER",
        help="ask for this provider's key; openai_compatible=ADDRESS where the key is for a server at that address",
    )
    run.set_defaults(do=_run)

    validate = commands.add_parser("validate", help="check whether a graph can run, and say how to fix it")
    validate.add_argument("file", type=Path, metavar="FILE")
    validate.set_defaults(do=_validate)

    keys = commands.add_parser("keys", help="the key that encrypts stored credentials")
    rotate = keys.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "rotate", help="replace it with a new one"
    )
    _takes_data(rotate, _rotate)

    _takes_data(commands.add_parser("migrate", help="migrate the database to this version's schema"), _migrate)
    return parser


def _takes_data(parser: argparse.ArgumentParser, do: Any) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="data directory (default: ./data)")
    parser.set_defaults(do=do)


def _go(work: Coroutine[Any, Any, int | None]) -> int:
    try:
        import uvloop  # noqa: PLC0415 (absent on Windows)
    except ImportError:
        return asyncio.run(work) or 0
    return uvloop.run(work) or 0


def _serve(flags: argparse.Namespace) -> int:
    from genai_stack.app.server import serve  # noqa: PLC0415 (each command loads what it needs)
    from genai_stack.app.settings import read  # noqa: PLC0415

    return _go(serve(read(data=flags.data, host=flags.host, port=flags.port)))


def _work(flags: argparse.Namespace) -> int:
    from genai_stack.app.settings import read  # noqa: PLC0415
    from genai_stack.app.worker import work  # noqa: PLC0415

    return _go(work(read(data=flags.data, worker_port=flags.port)))


def _run(flags: argparse.Namespace) -> int:
    from genai_stack.cli import run as once  # noqa: PLC0415

    return _go(once.run(flags.file, flags.query, flags.document, flags.key))


def _validate(flags: argparse.Namespace) -> int:
    from genai_stack.cli import run as once  # noqa: PLC0415

    return once.validate(flags.file)


def _rotate(flags: argparse.Namespace) -> int:
    from genai_stack.app import settings  # noqa: PLC0415
    from genai_stack.cli import migrate as upkeep  # noqa: PLC0415

    return _go(upkeep.rotate_keys(settings.read(data=flags.data)))


def _migrate(flags: argparse.Namespace) -> int:
    from genai_stack.app import settings  # noqa: PLC0415
    from genai_stack.cli import migrate as upkeep  # noqa: PLC0415

    return _go(upkeep.migrate(settings.read(data=flags.data)))

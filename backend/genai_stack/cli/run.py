"""A graph from a file: whether it can run, and one run of it in a throw-away directory."""

import asyncio
import getpass
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec

from genai_stack import nodes
from genai_stack.api.http.dependencies import Dependencies
from genai_stack.app import lifespan, settings
from genai_stack.cli import terminal
from genai_stack.engine import graph
from genai_stack.engine.catalog import Catalog
from genai_stack.engine.validate import errors_in
from genai_stack.engine.validate import validate as problems_of
from genai_stack.errors import DocumentFailed, Invalid
from genai_stack.features.credentials import store as credentials
from genai_stack.features.credentials.store import CredentialDraft
from genai_stack.features.knowledge import documents
from genai_stack.features.knowledge.uploads import UploadedFile
from genai_stack.features.runs import store as records
from genai_stack.features.workflows import store
from genai_stack.infra.database.scope import THE_WORKSPACE
from genai_stack.infra.telemetry import logs

PIECE = 256 * 1024  # bytes of a document that are read at once
LOOK = 0.1  # seconds between two looks at an ingestion's progress

Json = dict[str, Any]


def validate(file: Path) -> int:
    """Prints every problem; 0 when the graph can run. Which credentials there are is not known here."""
    limits = graph.Limits()
    read = graph.read(_configuration(file), limits)
    problems = [found for found in problems_of(read, Catalog.of(nodes)) if found.code != "missing_credential"]
    for problem in problems:
        terminal.write(f"{problem.severity}: {problem.message}")
    if not errors_in(problems):
        terminal.write(f"{file} can run: {len(read.nodes)} nodes, {len(read.edges)} edges.")
        return 0
    return 1


async def run(file: Path, query: str, paths: Sequence[Path], keyed: Sequence[str]) -> int:
    """Streams the answer to standard output, and all else to standard error; 0 when the run succeeded."""
    configuration = _configuration(file)
    for path in paths:
        if not path.is_file():
            raise Invalid(f"There is no document {path}.")
    drafts = [_draft(asked) for asked in keyed]
    with tempfile.TemporaryDirectory(prefix="genai-stack-") as folder:
        chosen = settings.read(data=Path(folder), database_url="", example=False, log_level="error")
        logs.configure(chosen.log_level)
        async with lifespan.server(chosen) as deps:
            workflow_id = await _save(deps, configuration, drafts)
            if paths:
                await _ingest(deps, workflow_id, paths)
            run_id = await deps.runs.starter.start(THE_WORKSPACE, workflow_id, query, None, None)
            return await _follow(deps, run_id)


def _configuration(file: Path) -> Json:
    """A graph, or the configuration of a workflow that was exported."""
    try:
        saved = json.loads(file.read_text())
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Invalid(f"{file} is not JSON: {error}.") from error
    if not isinstance(saved, dict):
        raise Invalid(f"{file} does not contain a graph: a JSON object with `nodes` and `edges`.")
    whole = cast("Json", saved)
    return cast("Json", whole["configuration"]) if isinstance(whole.get("configuration"), dict) else whole


def _draft(asked: str) -> CredentialDraft:
    """`asked` is a provider, with `=` and its address where the provider does not fix it."""
    provider, _, base_url = asked.partition("=")
    draft = CredentialDraft(provider, provider, "to be asked for", base_url or None)
    draft.check()
    return replace(draft, secret=_secret(provider))


def _secret(provider: str) -> str:
    secret = getpass.getpass(f"Key for {provider}: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not secret.strip():
        raise Invalid(f"No key was given for {provider}.")
    return secret.strip()


async def _save(deps: Dependencies, configuration: Json, drafts: Sequence[CredentialDraft]) -> str:
    graph.read(configuration, deps.limits.graph)
    async with deps.database.write() as session:
        for draft in drafts:
            stored = await credentials.add(session, THE_WORKSPACE, deps.secrets, draft)
            for node in configuration["nodes"]:
                config = node.get("data", {}).get("config", {})
                if config.get("provider") == draft.provider:
                    config["credential_id"] = stored.id
        return (await store.add(session, THE_WORKSPACE, "Once", "", configuration)).id


async def _ingest(deps: Dependencies, workflow_id: str, paths: Sequence[Path]) -> None:
    async def files() -> AsyncIterator[UploadedFile]:
        for path in paths:
            yield UploadedFile(path.name, _pieces(path))

    taken = await deps.knowledge.uploads.to_workflow(THE_WORKSPACE, workflow_id, "Documents", files())
    with terminal.progress_bars() as bars:
        tasks = {document.id: bars.add_task(terminal.shown(document.filename), total=1.0) for document in taken}
        while tasks:
            await asyncio.sleep(LOOK)
            for document_id in list(tasks):
                async with deps.database.read() as session:
                    document = await documents.find(session, THE_WORKSPACE, document_id)
                bars.update(tasks[document_id], completed=document.progress)
                if document.status == "failed":
                    raise DocumentFailed(f"{document.filename}: {document.error}")
                if document.status == "ready":
                    bars.update(tasks.pop(document_id), completed=1.0)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


async def _follow(deps: Dependencies, run_id: str) -> int:
    said = ""
    async for frames in deps.runs.event_stream.follow(THE_WORKSPACE, run_id, 0):
        for frame in frames:
            data = msgspec.json.decode(frame.body)["data"]
            if frame.type == "thinking" and data["kind"] == "status":
                terminal.note(data["text"], "dim")
            elif frame.type == "answer.delta":
                said += data["text"]
                terminal.write(data["text"], end="")
            elif frame.type == "answer":
                terminal.write(data["text"] if not said else "")
                for number, passage in enumerate(data["sources"], 1):
                    page = f", page {passage['page']}" if passage["page"] else ""
                    terminal.note(f"[{number}] {passage['filename']}{page}", "dim")
    async with deps.database.read() as session:
        ended = await records.get(session, THE_WORKSPACE, run_id)
    if ended.error:
        terminal.note(ended.error["message"], "red")
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    return 0 if ended.status == "succeeded" else 1

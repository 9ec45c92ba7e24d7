"""The one reader of the environment: every setting, each with a sentence."""

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from genai_stack.errors import CannotStart

PREFIX = "GENAI_STACK_"
MIB = 1024 * 1024


def _words(value: object) -> object:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class Settings(BaseSettings):
    """Each is set by `GENAI_STACK_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    data: Path = Field(Path("data"), description="The directory that holds the database, the secret key and the index.")
    host: str = Field("127.0.0.1", description="Where to serve. Beyond loopback, GENAI_STACK_TOKEN is needed.")
    port: int = Field(8000, ge=0, le=65535, description="The port to serve at; 0 takes a free one.")
    database_url: str | None = Field(
        None, description="A PostgreSQL database, as postgresql://…; without it, SQLite in the data directory."
    )
    chroma_url: str | None = Field(
        None, description="A Chroma server to keep the index; without it, one is started at first use."
    )
    vectors: Literal["chroma", "pgvector"] | None = Field(
        None,
        description="Where the index is kept: in Chroma, or in PostgreSQL by its extension pgvector. By default "
        "Chroma; pgvector where dispatch is distributed and no Chroma server is given.",
    )
    secret_key: str | None = Field(
        None,
        repr=False,
        description="Fernet keys for stored credentials, newest first, separated by commas; "
        "without it, secret.key in the data directory.",
    )
    token: str | None = Field(
        None,
        repr=False,
        description="What every caller must show as a bearer token: 24 characters at least, 12 of them different. "
        "Needed beyond loopback, and where a host or an origin beyond loopback is allowed.",
    )
    allowed_hosts: Words = Field(
        (), description="Host names that the server answers to, separated by commas; loopback names by default."
    )
    allowed_origins: Words = Field(
        (), description="Origins whose pages may use the API, separated by commas; loopback origins by default."
    )
    allowed_upstreams: Words = Field(
        (),
        description="Private hosts that a model's address may name where other machines get in, and in workers.",
    )
    worker_private_upstreams: bool = Field(
        False, description="Whether a worker calls models at any loopback or private address, not only at allowed ones."
    )
    dispatch: Literal["in_process", "distributed"] = Field(
        "in_process",
        description="Who does the runs: the server itself, or workers (`genai-stack worker`) over one PostgreSQL.",
    )
    example: bool = Field(True, description="Whether a new workspace gets an example workflow with a document.")
    worker_port: int = Field(
        0, ge=0, le=65535, description="Where a worker answers /healthz, /readyz and /metrics; 0 takes a free port."
    )
    max_running: int = Field(512, ge=1, description="Runs that a process runs at once; more wait as queued.")
    max_running_per_workspace: int = Field(
        1_000, ge=1, description="Runs of one workspace that run at once, in all processes together."
    )
    max_queued: int = Field(1_000, ge=1, description="Runs of one workspace that may wait; further ones get 429.")
    max_ingesting: int = Field(2, ge=1, description="Documents that a process reads and embeds at once.")
    slow_reader_seconds: float = Field(
        20, gt=0, description="How long a socket's reader may take for one frame before the socket is closed."
    )
    max_sockets: int = Field(10_000, ge=1, description="Sockets that a process keeps open; further ones get 429.")
    max_nodes: int = Field(500, ge=1, description="Nodes that a graph may have.")
    max_edges: int = Field(2_000, ge=1, description="Edges that a graph may have.")
    max_graph_bytes: int = Field(1_000_000, ge=1, description="Bytes of JSON that a graph may have.")
    max_graph_depth: int = Field(64, ge=4, le=200, description="Levels of nesting that a graph may have.")
    max_frame_bytes: int = Field(64 * 1024, ge=256, description="Bytes that a frame on a chat's socket may have.")
    max_upload_bytes: int = Field(50 * MIB, ge=1, description="Bytes that an uploaded file may have.")
    keep_deltas_days: float = Field(
        30,
        ge=0,
        description="Days for which an ended run keeps its text piece by piece, as it came; 0 for ever.",
    )
    keep_runs_days: float = Field(
        0, ge=0, description="Days for which an ended run is kept, with its events; 0 for ever."
    )
    keep_originals_days: float = Field(
        0, ge=0, description="Days for which an uploaded file is kept as it came; its text stays; 0 for ever."
    )
    connect_seconds: float = Field(10, gt=0, description="How long connecting to a model's server may take.")
    first_token_seconds: float = Field(60, gt=0, description="How long a model may take to its first token.")
    between_tokens_seconds: float = Field(30, gt=0, description="How long a model may pause between tokens.")
    total_seconds: float = Field(600, gt=0, description="How long a model's whole answer may take.")
    unready_seconds: float = Field(
        0, ge=0, description="How long /readyz says 503 before a server that is asked to stop takes no more requests."
    )
    drain_seconds: float = Field(10, ge=0, description="How long runs may go on when the server is asked to stop.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    log_format: Literal["text", "json"] = Field("text", description="Lines for people, or a JSON object each.")
    otlp_endpoint: str | None = Field(
        None,
        description="An OpenTelemetry collector that takes spans, as http://collector:4318; without it, none are made.",
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, as the log needs to know it."""
        keys = (self.secret_key or "").replace(",", " ").split()
        written = [urlsplit(url).password for url in (self.database_url, self.chroma_url, self.otlp_endpoint) if url]
        passwords = [password for password in written if password]
        return tuple(filter(None, (self.token, *keys, *passwords, *map(unquote, passwords))))

    @property
    def let_in(self) -> tuple[str, ...]:
        """Hosts and origins that are let in besides the default, which is loopback's."""
        return (*self.allowed_hosts, *self.allowed_origins)

    @property
    def is_distributed(self) -> bool:
        return self.dispatch == "distributed"


def read(**flags: object) -> Settings:
    """Flags win over the environment; a flag that is None was not given. A sentence where a setting does not fit."""
    unknown = {name for name in os.environ if name.startswith(PREFIX)} - {
        PREFIX + name.upper() for name in Settings.model_fields
    }
    if unknown:
        raise CannotStart(f"There is no setting {', '.join(sorted(unknown))}. See the README's table of settings.")
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # pyright: ignore
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        name = PREFIX + "_".join(str(part) for part in fault["loc"][:1]).upper()
        raise CannotStart(f"The setting {name} does not fit: {fault['msg']}.") from None

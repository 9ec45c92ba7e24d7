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

    data: Path = Field(Path("data"), description="Directory for the database, the secret key and the vector index.")
    host: str = Field(
        "127.0.0.1", description="Address to listen on. Any address other than loopback requires GENAI_STACK_TOKEN."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free port.")
    database_url: str | None = Field(
        None, description="PostgreSQL database (postgresql://…). Default: SQLite in the data directory."
    )
    owner_database_url: str | None = Field(
        None,
        description="The same PostgreSQL database as its owner, for `genai-stack migrate` only: it makes the user of "
        "GENAI_STACK_DATABASE_URL, who may read and write rows and nothing else.",
    )
    chroma_url: str | None = Field(
        None, description="Chroma server for the vector index. Default: one is started when it is needed."
    )
    vectors: Literal["chroma", "pgvector"] | None = Field(
        None,
        description="Where the vector index is stored: Chroma, or PostgreSQL with the pgvector extension. Default: "
        "in Chroma from 20,000 passages in a knowledge base on, while smaller ones are searched exactly over the "
        "database; pgvector with distributed dispatch and no Chroma server.",
    )
    secret_key: str | None = Field(
        None,
        repr=False,
        description="Fernet keys that encrypt stored API keys, newest first, separated by commas. "
        "Default: secret.key in the data directory.",
    )
    token: str | None = Field(
        None,
        repr=False,
        description="Bearer token that every request must send: at least 24 characters, 12 of them different. Required "
        "when the server is open to others: bound beyond loopback, or with a host or origin beyond loopback allowed.",
    )
    allowed_hosts: Words = Field(
        (), description="Host names that the server answers to, separated by commas. Default: loopback names."
    )
    allowed_origins: Words = Field(
        (), description="Origins whose pages may call the API, separated by commas. Default: loopback origins."
    )
    allowed_upstreams: Words = Field(
        (),
        description="Private hosts that model servers may run on when the server is open to others, and in workers.",
    )
    worker_private_upstreams: bool = Field(
        False, description="Let a worker call model servers at any loopback or private address, not only allowed ones."
    )
    dispatch: Literal["in_process", "distributed"] = Field(
        "in_process",
        description="Who executes runs: the server itself, or workers (`genai-stack worker`) that share a PostgreSQL.",
    )
    example: bool = Field(True, description="Create an example stack with a document in a new workspace.")
    worker_port: int = Field(
        0, ge=0, le=65535, description="Port where a worker serves /healthz, /readyz and /metrics; 0 picks a free port."
    )
    max_running: int = Field(512, ge=1, description="Maximum runs in progress per process; further runs are queued.")
    max_running_per_workspace: int = Field(
        1_000, ge=1, description="Maximum runs in progress per workspace, across all processes."
    )
    max_queued: int = Field(1_000, ge=1, description="Maximum queued runs per workspace; further requests get 429.")
    max_ingesting: int = Field(
        2, ge=1, description="Maximum documents that a process reads and embeds at the same time."
    )
    slow_reader_seconds: float = Field(
        20, gt=0, description="Time in which a client must read one WebSocket frame before the connection is closed."
    )
    max_sockets: int = Field(10_000, ge=1, description="Maximum open WebSockets per process; further ones get 429.")
    max_connections: int | None = Field(
        None,
        ge=1,
        description="Maximum open connections per process. Default: three quarters of the open files allowed.",
    )
    max_connections_per_address: int | None = Field(
        None,
        ge=1,
        description="Maximum open connections from one address, such as that of a reverse proxy. Default: three "
        "quarters of all.",
    )
    max_nodes: int = Field(500, ge=1, description="Maximum nodes in a graph.")
    max_edges: int = Field(2_000, ge=1, description="Maximum edges in a graph.")
    max_graph_bytes: int = Field(1_000_000, ge=1, description="Maximum size of a graph as JSON, in bytes.")
    max_graph_depth: int = Field(64, ge=4, le=200, description="Maximum nesting depth of a graph's JSON.")
    max_frame_bytes: int = Field(
        64 * 1024, ge=256, description="Maximum size of a message on a chat WebSocket, in bytes."
    )
    max_upload_bytes: int = Field(50 * MIB, ge=1, description="Maximum size of an uploaded file, in bytes.")
    keep_deltas_days: float = Field(
        30,
        ge=0,
        description="Days that the text pieces of a finished run are kept (its whole answer stays); 0 = forever.",
    )
    keep_runs_days: float = Field(0, ge=0, description="Days that a finished run and its events are kept; 0 = forever.")
    keep_originals_days: float = Field(
        0,
        ge=0,
        description="Days that the original of an uploaded file is kept (its text stays searchable); 0 = forever.",
    )
    connect_seconds: float = Field(10, gt=0, description="Timeout for connecting to a model server.")
    first_token_seconds: float = Field(60, gt=0, description="Timeout for a model's first token.")
    between_tokens_seconds: float = Field(30, gt=0, description="Timeout between two tokens of a model.")
    total_seconds: float = Field(600, gt=0, description="Timeout for a model's whole answer.")
    unready_seconds: float = Field(
        0, ge=0, description="On shutdown: how long /readyz answers 503 while requests are still accepted."
    )
    drain_seconds: float = Field(10, ge=0, description="On shutdown: how long runs in progress may continue.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level that is logged.")
    log_format: Literal["text", "json"] = Field(
        "text", description="Log format: readable lines, or one JSON object per line."
    )
    otlp_endpoint: str | None = Field(
        None,
        description="OpenTelemetry collector for traces, such as http://collector:4318. Default: no traces.",
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, as the log needs to know it."""
        keys = (self.secret_key or "").replace(",", " ").split()
        urls = (self.database_url, self.owner_database_url, self.chroma_url, self.otlp_endpoint)
        written = [urlsplit(url).password for url in urls if url]
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
        raise CannotStart(f"Unknown setting: {', '.join(sorted(unknown))}. The README lists all settings.")
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # pyright: ignore
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        name = PREFIX + "_".join(str(part) for part in fault["loc"][:1]).upper()
        raise CannotStart(f"The value of {name} is not valid: {fault['msg']}.") from None

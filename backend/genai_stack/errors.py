"""Everything that can go wrong on purpose.

StackError                    a sentence for the person who reads it, and a stable code
├── Refused                   what was asked for cannot be taken
│   ├── Invalid               it is malformed
│   │   └── GraphRefused      a graph with problems of severity `error` was to be run
│   ├── TooLarge              it is beyond a stated limit
│   ├── UnsupportedType       a content type or a file's kind that is not read
│   ├── NotFound              no such thing in this workspace
│   ├── Conflict              it contradicts what is there
│   │   ├── Stale             the version that was edited is no longer the newest
│   │   ├── EmbedderFixed     a knowledge base with documents keeps its embedder
│   │   └── KeyReused         an idempotency key or a message id came again with other content
│   └── NotAllowed            who asks may not
│       ├── NoToken           no token, or a wrong one
│       ├── ForeignOrigin     a page of another site asks
│       ├── ForeignHost       it was asked under another host name
│       └── UpstreamRefused   an address that this server may not call
├── Busy                      later it may work
│   ├── Overloaded            too much is waiting already
│   ├── DatabaseUnavailable   the database does not answer
│   └── StorageFull           no space is left
├── ProviderFailed            a model's server did not do its part
│   ├── ProviderRefused       it refused the request or the key
│   ├── ProviderUnreachable   no connection, or it was cut
│   ├── ProviderTooSlow       a deadline passed
│   ├── ProviderBusy          429 or overloaded
│   ├── ProviderBroken        it answered in an unknown format
│   └── ProviderAnsweredNothing  its answer ended without a word of text
├── DocumentFailed            a document cannot be read or indexed
├── EmbedderMissing           the weights of the local embedder are not there
├── NodeError                 a node ended its run
│   └── NodeTooSlow           it was still at work at its time limit
└── CannotStart               the process refuses to start as it is configured
"""

from collections.abc import Mapping, Sequence


class StackError(Exception):
    """An error whose message is a sentence that says what happened and what to do."""

    code = "INTERNAL"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class Refused(StackError):
    code = "REFUSED"


class Invalid(Refused):
    """`problems` are JSON objects, each with at least `code` and `message`."""

    code = "INVALID_REQUEST"

    def __init__(self, message: str, *, code: str | None = None, problems: Sequence[Mapping[str, object]] = ()) -> None:
        super().__init__(message, code=code)
        self.problems = list(problems)


class GraphRefused(Invalid):
    code = "INVALID_GRAPH"


class TooLarge(Refused):
    code = "TOO_LARGE"


class UnsupportedType(Refused):
    code = "UNSUPPORTED_TYPE"


class NotFound(Refused):
    code = "NOT_FOUND"


class Conflict(Refused):
    code = "CONFLICT"


class Stale(Conflict):
    code = "STALE_VERSION"


class EmbedderFixed(Conflict):
    code = "EMBEDDER_FIXED"


class KeyReused(Conflict):
    code = "IDEMPOTENCY_KEY_REUSED"


class NotAllowed(Refused):
    code = "NOT_ALLOWED"


class NoToken(NotAllowed):
    code = "UNAUTHORIZED"


class ForeignOrigin(NotAllowed):
    code = "FOREIGN_ORIGIN"


class ForeignHost(NotAllowed):
    code = "FOREIGN_HOST"


class UpstreamRefused(NotAllowed):
    code = "UPSTREAM_NOT_ALLOWED"


class Busy(StackError):
    """`retry_after` is in seconds."""

    code = "BUSY"

    def __init__(self, message: str, *, code: str | None = None, retry_after: float = 1.0) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Overloaded(Busy):
    code = "OVERLOADED"


class DatabaseUnavailable(Busy):
    """`commit_unknown`: it went away while it was to commit, so that what was written may be there."""

    code = "STORAGE_AWAY"
    retryable = True

    def __init__(self, message: str, *, commit_unknown: bool = False) -> None:
        super().__init__(message)
        self.commit_unknown = commit_unknown


class StorageFull(Busy):
    code = "STORAGE_FULL"


class ProviderFailed(StackError):
    """`retryable`: the same call may succeed later; `retry_after` is in seconds, as the provider asked."""

    code = "PROVIDER_FAILED"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        if retryable is not None:
            self.retryable = retryable

    def followed_by(self, sentence: str) -> "ProviderFailed":
        """The same error with one more sentence."""
        return type(self)(
            f"{self.message} {sentence}", code=self.code, retry_after=self.retry_after, retryable=self.retryable
        )


class ProviderRefused(ProviderFailed):
    """`status` is that of the answer, 0 where there was none; `said` is its body, for programs: it is never shown."""

    code = "PROVIDER_REFUSED"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
        status: int = 0,
        said: str = "",
    ) -> None:
        super().__init__(message, code=code, retry_after=retry_after, retryable=retryable)
        self.status, self.said = status, said


class ProviderAnsweredNothing(ProviderFailed):
    code = "PROVIDER_ANSWERED_NOTHING"


class ProviderUnreachable(ProviderFailed):
    code = "PROVIDER_UNREACHABLE"
    retryable = True


class ProviderTooSlow(ProviderFailed):
    code = "PROVIDER_TOO_SLOW"
    retryable = True


class ProviderBusy(ProviderFailed):
    code = "PROVIDER_BUSY"
    retryable = True


class ProviderBroken(ProviderFailed):
    code = "PROVIDER_BROKEN"


class DocumentFailed(StackError):
    code = "DOCUMENT_FAILED"


class EmbedderMissing(StackError):
    code = "EMBEDDER_MISSING"


class NodeError(StackError):
    code = "NODE_FAILED"


class NodeTooSlow(NodeError):
    code = "NODE_TOO_SLOW"


class CannotStart(StackError):
    code = "CANNOT_START"

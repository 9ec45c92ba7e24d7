"""Cross-origin answers for the origins that are allowed in."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from genai_stack.api.http.access_rules import AccessRules
from genai_stack.errors import ForeignOrigin


class Cors(CORSMiddleware):
    """Asks the same list that lets requests in."""

    def __init__(self, app: ASGIApp, access_rules: AccessRules) -> None:
        super().__init__(
            app,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=("authorization", "content-type", "if-match", "idempotency-key", "last-event-id", "prefer"),
            expose_headers=("etag", "location", "retry-after", "x-request-id"),
        )
        self._access_rules = access_rules

    def is_allowed_origin(self, origin: str) -> bool:
        try:
            self._access_rules.check_origin(origin)
        except ForeignOrigin:
            return False
        return True

"""Uploaded files out of a multipart body, as they come: nothing is kept in memory or in a temporary file."""

import re
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError, MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from genai_stack.errors import Invalid, TooLarge, UnsupportedType
from genai_stack.features.knowledge.uploads import UploadedFile

FIELD = "file"
MOST_FILES = 100  # in one request
ESCAPED = {"%22": '"', "%0D": "\r", "%0A": "\n"}  # what browsers write in names


_EXTENDED_NAME = re.compile(rb"""filename\*\s*=\s*("[^"]*"|[^;\s]+)""", re.IGNORECASE)


class _Begun(NamedTuple):
    field: str
    filename: str | None


_END = object()


async def files(request: Request) -> AsyncIterator[UploadedFile]:
    """Every file of the field `file`; its chunks are read before the next one is asked for."""
    parts = _Parts(request)
    count = 0
    while (begun := await parts.next()) is not None:
        if not isinstance(begun, _Begun):
            continue  # the rest of a part that nobody reads
        if begun.field != FIELD or begun.filename is None:
            raise Invalid(f"Only files are accepted, in the field `{FIELD}`; the field `{begun.field}` is unknown.")
        count += 1
        if count > MOST_FILES:
            raise TooLarge(f"One request accepts at most {MOST_FILES} files.")
        yield UploadedFile(begun.filename, parts.content())


class _Parts:
    """The parser calls back in the middle of a chunk; what it said waits here until it is asked for."""

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise UnsupportedType(f"Send the files as multipart/form-data, in the field `{FIELD}`.")
        self._stream = request.stream()
        self._said: deque[object] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._whole = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise UnsupportedType(f"The multipart boundary is not valid: {error}.") from error

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_begin": self._header_begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._begin,
            "on_part_data": self._data,
            "on_part_end": lambda: self._said.append(_END),
            "on_end": self._end,
        }

    async def next(self) -> object:
        """None at the end of the body."""
        while not self._said:
            try:
                chunk = await anext(self._stream, b"")
                if not chunk:
                    if not self._whole:
                        raise Invalid("The upload was incomplete. Send it again.")
                    return None
                self._parser.write(chunk)
            except MultipartParseError as error:
                raise Invalid(f"The upload is malformed: {error}.") from error
            except ClientDisconnect as error:
                raise Invalid("The upload was interrupted. Send it again.") from error
        return self._said.popleft()

    async def content(self) -> AsyncIterator[bytes]:
        while isinstance(piece := await self.next(), bytes):
            yield piece

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._said.append(data[start:end])

    def _header_begin(self) -> None:
        self._name = self._value = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value

    def _begin(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        filename = options.get(b"filename")
        name = None if filename is None else filename.decode("utf-8", "replace")
        if (extended := _EXTENDED_NAME.search(self._headers.get(b"content-disposition", b""))) is not None:
            name = _decoded_name(extended[1].decode("latin-1"))  # RFC 8187; it counts where both are there
        for written, meant in ESCAPED.items():
            name = name and name.replace(written, meant)
        self._said.append(_Begun(options.get(b"name", b"").decode("utf-8", "replace"), name))

    def _end(self) -> None:
        self._whole = True


def _decoded_name(value: str) -> str:
    """`UTF-8''na%C3%AFve.txt`: the character set, a language that nobody uses, and the name."""
    charset, _, rest = value.strip('"').partition("'")
    encoded = rest.partition("'")[2]
    try:
        return unquote(encoded, charset or "utf-8", "replace")
    except LookupError:
        return unquote(encoded, "utf-8", "replace")

"""Events out of bytes, however the network cuts them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genai_stack.integrations.llm.sse import EventSplitter, LineTooLongError

STREAM = (
    b'\xef\xbb\xbf: comment\r\n\r\ndata: {"a": "\xf0\x9f\x98\x80"}\r\n\r\nevent: x\ndata:one\ndata: two\nid: 7\n\n'
    b"\n\ndata\ndata:\n\nretry: 3\n\ndata: [DONE]"
)
EVENTS = [(b"", b'{"a": "\xf0\x9f\x98\x80"}'), (b"x", b"one\n two"), (b"", b"[DONE]")]


def split(pieces: list[bytes]) -> list[tuple[bytes, bytes]]:
    splitter = EventSplitter(1000)
    return [event for piece in pieces for event in splitter.feed(piece)] + splitter.end()


def test_events_are_found_by_the_specification() -> None:
    assert split([STREAM]) == EVENTS


def test_event_is_given_as_soon_as_it_is_whole() -> None:
    splitter = EventSplitter(1000)
    assert splitter.feed(b"data: 1\n\ndata: 2\n") == [(b"", b"1")]
    assert splitter.feed(b"\n") == [(b"", b"2")]


@settings(deadline=None)
@given(st.sets(st.integers(0, len(STREAM)), max_size=40))
def test_any_cut_gives_the_same_events(cuts: set[int]) -> None:
    places = sorted(cuts)
    assert split([STREAM[a:b] for a, b in zip([0, *places], [*places, len(STREAM)], strict=True)]) == EVENTS


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_may_end_in_any_way_of_the_standard(end: bytes) -> None:
    stream = STREAM.replace(b"\r\n", b"\n").replace(b"\n", end)
    assert split([stream]) == split([bytes([byte]) for byte in stream]) == EVENTS


def test_single_bytes_give_the_same_events() -> None:
    assert split([bytes([byte]) for byte in STREAM]) == EVENTS


@pytest.mark.parametrize("piece", [b"x" * 100, b"data: " + b"x" * 94 + b"\n"])
def test_what_never_ends_is_refused(piece: bytes) -> None:
    splitter = EventSplitter(1000)
    with pytest.raises(LineTooLongError):
        for _ in range(100):
            splitter.feed(piece)

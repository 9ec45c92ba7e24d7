"""Events out of bytes, however the network cuts them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genai_stack.infra.egress.sse import (
    EVENT_LINES,
    LARGE_EVENT_BYTES,
    LARGE_EVENT_VALUES,
    MOST_EVENTS,
    EventSplitter,
    OversizedStreamError,
    ServerSentEvent,
)

STREAM = (
    b'\xef\xbb\xbf: comment\r\n\r\ndata: {"a": "\xf0\x9f\x98\x80"}\r\n\r\nevent: x\ndata:one\ndata: two\nid: 7\n\n'
    b"\n\ndata\ndata:\n\nretry: 3\n\ndata: [DONE]"
)
EVENTS = [(b"", b'{"a": "\xf0\x9f\x98\x80"}'), (b"x", b"one\n two"), (b"", b"[DONE]")]


def split(pieces: list[bytes]) -> list[tuple[bytes, bytes]]:
    splitter = EventSplitter(1000)
    return [event for piece in pieces for event in splitter.feed(piece)] + list(splitter.end())


def test_events_are_found_by_the_specification() -> None:
    assert split([STREAM]) == EVENTS


def test_event_is_given_as_soon_as_it_is_whole() -> None:
    splitter = EventSplitter(1000)
    assert list(splitter.feed(b"data: 1\n\ndata: 2\n")) == [(b"", b"1")]
    assert list(splitter.feed(b"\n")) == [(b"", b"2")]


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


@pytest.mark.parametrize("piece", [b"x" * 100, b"data: " + b"x" * 94 + b"\n", b"id: " + b"x" * 94 + b"\r"])
def test_what_never_ends_is_refused(piece: bytes) -> None:
    splitter = EventSplitter(1000)
    with pytest.raises(OversizedStreamError, match="more than 1,000 bytes"):
        for _ in range(100):
            list(splitter.feed(piece))


def test_lines_of_an_event_are_bounded() -> None:
    splitter = EventSplitter()
    list(splitter.feed(b"data: x\n" * EVENT_LINES))
    with pytest.raises(OversizedStreamError, match="more than 64 lines"):
        list(splitter.feed(b"data: x\n"))


@pytest.mark.parametrize("alive", [b": still there\n\n", b": still there\n", b"\n", b"\r\n"])
def test_signs_of_life_between_events_do_not_count_as_lines(alive: bytes) -> None:
    splitter = EventSplitter()
    assert list(splitter.feed(alive * 1000)) == []
    assert list(splitter.feed(b"data: x\n\n")) == [(b"", b"x")]


@pytest.mark.parametrize("event", [b"\n", b"\r", b"data: x\n\n", b'{"x": 1}\n\n'])
def test_events_of_an_answer_are_bounded(event: bytes) -> None:
    splitter = EventSplitter()
    with pytest.raises(OversizedStreamError, match="more than 200,000 events"):
        for _ in range(MOST_EVENTS // 1000 + 1):
            list(splitter.feed(event * 1000))


def test_large_event_may_hold_a_long_text_and_few_values() -> None:
    long = b'{"content": "' + rb"[\"a\", {}, []], " * 60_000 + b'"}'
    assert list(EventSplitter().feed(b"data: %s\n\n" % long)) == [(b"", long)]
    crowded = b"[%s]" % b",".join([b"{}"] * LARGE_EVENT_VALUES)
    assert len(crowded) < LARGE_EVENT_BYTES  # a small one is never counted
    crowded += b" " * LARGE_EVENT_BYTES + b"]"
    with pytest.raises(OversizedStreamError, match="more than 20,000 values"):
        list(EventSplitter().feed(b"data: %s\n\n" % crowded))


@pytest.mark.parametrize("event", [ServerSentEvent(b"", b"one"), ServerSentEvent(b"error", b"one")])
def test_encoded_event_is_read_as_it_was(event: ServerSentEvent) -> None:
    assert list(EventSplitter().feed(event.encoded())) == [event]


def test_lines_of_an_encoded_event_are_lines_of_data() -> None:
    assert ServerSentEvent(b"", b'{\n"x": 1}').encoded() == b'data: {\ndata: "x": 1}\n\n'

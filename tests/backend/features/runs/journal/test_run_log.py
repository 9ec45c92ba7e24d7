"""The log of an attempt: numbers without gaps, texts that come quickly in one event, and nothing after it is lost."""

import asyncio
import json

import pytest

from genai_stack.engine.events import NodeStarted, RunFinished
from genai_stack.features.runs.journal.run_log import SILENCE_SECONDS, TAIL_EVENTS, LoggedEvent, RunEnd, RunLog
from genai_stack.infra.database.scope import THE_WORKSPACE

STARTED = NodeStarted("N", "llm")


class Writer:
    """A journal whose clock and commits are the test's."""

    def __init__(self) -> None:
        self.time = 100.0
        self.to_commit = 0
        self.to_flush = 0

    def now(self) -> float:
        return self.time

    def future(self) -> "asyncio.Future[None]":
        return asyncio.get_running_loop().create_future()

    def commit_soon(self, run_log: RunLog) -> None:
        self.to_commit += 1

    def flush_text_soon(self, run_log: RunLog) -> None:
        self.to_flush += 1

    def is_committing(self, run_log: RunLog) -> bool:
        return False


def opened(last_seq: int = 0) -> tuple[RunLog, Writer]:
    writer = Writer()
    return RunLog(writer, THE_WORKSPACE, "r", 1, last_seq), writer


def texts(log: RunLog) -> list[tuple[int, str, str]]:
    bodies = [json.loads(event.body) for event in log.unwritten.events]
    return [(body["seq"], body["type"], body["data"].get("text", "")) for body in bodies]


def test_numbers_go_on_after_the_last_one() -> None:
    log, _ = opened(last_seq=4)
    assert [log.write("n", STARTED), log.write("n", STARTED)] == [5, 6]


def test_the_first_piece_goes_out_at_once_and_later_ones_share_an_event() -> None:
    log, writer = opened()
    for piece in ("a", "b", "c"):
        log.append_text("n", "answer", piece)
    assert (texts(log), writer.to_commit, writer.to_flush) == ([(1, "answer.delta", "a")], 1, 2)
    log.flush_text()
    assert texts(log)[1:] == [(2, "answer.delta", "bc")]
    writer.time += SILENCE_SECONDS
    log.append_text("n", "answer", "d")
    assert texts(log)[2:] == [(3, "answer.delta", "d")]


def test_another_kind_of_text_and_another_event_end_a_piece() -> None:
    log, _ = opened()
    log.append_text("n", "reasoning", "hm")
    log.append_text("n", "reasoning", "m")
    log.append_text("n", "answer", "a")
    log.write("n", STARTED)
    assert texts(log) == [
        (1, "thinking", "hm"), (2, "thinking", "m"), (3, "answer.delta", "a"), (4, "node.started", ""),
    ]  # fmt: skip


def test_the_end_is_the_last_event_and_carries_what_is_committed_with_it() -> None:
    log, _ = opened()
    log.append_text("n", "answer", "a")
    log.append_text("n", "answer", "b")
    end = RunEnd({"status": "succeeded"})
    log.end(RunFinished("succeeded", None, 1.0, {}), end)
    assert [kind for _, kind, _ in texts(log)] == ["answer.delta", "answer.delta", "run.finished"]
    assert log.unwritten.end is end


async def test_it_is_settled_once_all_is_committed() -> None:
    log, _ = opened()
    await log.settled()
    log.write("n", STARTED)
    waiting = asyncio.ensure_future(log.settled())
    await asyncio.sleep(0)
    assert not waiting.done()
    events, log.unwritten.events = log.unwritten.events, []
    log.committed(events)
    await waiting
    assert log.tail == events


async def test_a_lost_log_takes_nothing_more_and_tells_who_waits() -> None:
    log, _ = opened()
    log.write("n", STARTED)
    waiting = asyncio.ensure_future(log.settled())
    await asyncio.sleep(0)
    log.lose(RuntimeError("gone"))
    for refused in (waiting, log.settled()):
        with pytest.raises(RuntimeError, match="gone"):
            await refused
    with pytest.raises(RuntimeError, match="gone"):
        log.write("n", STARTED)


def test_only_the_last_events_are_kept_at_hand() -> None:
    log, _ = opened()
    log.committed([LoggedEvent(seq, "answer.delta", "{}") for seq in range(3 * TAIL_EVENTS)])
    assert [log.tail[0].seq, log.tail[-1].seq] == [2 * TAIL_EVENTS, 3 * TAIL_EVENTS - 1]

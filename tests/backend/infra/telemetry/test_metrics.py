"""Metrics whose values people choose stay few, and the page is there whatever happens to the database."""

import asyncio
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from genai_stack.errors import DatabaseUnavailable, Invalid, ProviderTooSlow
from genai_stack.infra.telemetry import metrics
from genai_stack.infra.telemetry.lag import EVERY, LagWatch
from genai_stack.infra.telemetry.model_call import ModelCall
from genai_stack.infra.telemetry.page import MetricsPage, Standing, Waiting


class Counts:
    """How much metrics grew since this was made."""

    def __init__(self) -> None:
        self._before = self._now()

    def _now(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in metrics.REGISTRY.collect()
            for sample in family.samples
        }

    def grown(self, name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return self._now().get(key, 0.0) - self._before.get(key, 0.0)


def test_models_beyond_the_first_hundred_are_counted_as_others() -> None:
    models = metrics.Models(most=3)
    assert [models.label(name) for name in ("a", "b", "c", "d", "a", "e", "c")] == [
        "a", "b", "c", metrics.OTHER, "a", metrics.OTHER, "c",
    ]  # fmt: skip


def test_methods_that_nobody_knows_are_counted_as_others() -> None:
    counts = Counts()
    for method in ("GET", "BREW", "WHEN"):
        metrics.request_began()
        metrics.request_ended(method, "/here", 200, 0.1)
    assert counts.grown("http_requests_total", method="GET", route="/here", status="200") == 1
    assert counts.grown("http_requests_total", method=metrics.OTHER, route="/here", status="200") == 2
    assert counts.grown("http_requests_in_progress") == 0


def test_a_search_is_counted_where_it_looked_or_by_how_it_failed() -> None:
    counts = Counts()
    with metrics.Retrieval() as told:
        told.source = "index"
    with pytest.raises(Invalid), metrics.Retrieval():
        raise Invalid("no")
    with pytest.raises(ValueError, match="no"), metrics.Retrieval() as told:
        told.source = "sql"
        raise ValueError("no")
    with metrics.Retrieval():
        pass
    for source, times in {"index": 1, "refused": 1, "failed": 1, "nothing": 1, "sql": 0}.items():
        assert counts.grown("genai_stack_retrieval_duration_seconds_count", source=source) == times, source


def test_a_call_that_was_stopped_is_told_apart_from_one_that_failed() -> None:
    counts = Counts()
    for error in (asyncio.CancelledError(), GeneratorExit(), ProviderTooSlow("late"), ValueError("?"), None):
        try:
            with ModelCall("offline", "", None) as call:
                if error is not None:
                    raise error  # noqa: TRY301
                call.hear()
                call.count(3, 2, 1)
        except BaseException as raised:  # noqa: BLE001
            assert raised is error
    for outcome, times in {"cancelled": 2, "provider_too_slow": 1, "crashed": 1, "succeeded": 1}.items():
        assert counts.grown("genai_stack_model_calls_total", provider="offline", outcome=outcome) == times, outcome
    assert counts.grown("genai_stack_tokens_total", provider="offline", model="offline", kind="prompt") == 3
    assert counts.grown("genai_stack_tokens_total", provider="offline", model="offline", kind="completion") == 2
    assert counts.grown("genai_stack_model_first_token_seconds_count", provider="offline", model="offline") == 1


class Source:
    """Stands for the database: answers, is away, or never answers."""

    def __init__(self) -> None:
        self.asked = 0
        self.does = ""

    async def standing(self) -> Standing:
        self.asked += 1
        if self.does == "away":
            raise DatabaseUnavailable("It is away.")
        if self.does == "crash":
            raise ValueError("no such column")
        if self.does == "hang":
            await asyncio.Event().wait()
        return Standing({"queued": 2, "running": 1}, {"runs": Waiting(2, 7.5)})


async def shown(page: MetricsPage) -> dict[str, float]:
    content, kind = await page()
    assert kind.startswith("text/plain; version=0.0.4")
    return {
        sample.name + "".join(sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(content.decode())
        for sample in family.samples
    }


async def test_the_page_tells_how_things_stand() -> None:
    found = await shown(MetricsPage(Source().standing, lambda: {"all": (3, 10)}))
    assert found["genai_stack_database_up"] == 1
    assert (found["genai_stack_runsqueued"], found["genai_stack_runsrunning"]) == (2, 1)
    assert (found["genai_stack_queue_depthruns"], found["genai_stack_queue_oldest_secondsruns"]) == (2, 7.5)
    assert (found["genai_stack_database_connectionsall"], found["genai_stack_database_connections_maxall"]) == (3, 10)


@pytest.mark.parametrize("does", ["away", "crash", "hang"])
async def test_while_the_database_is_away_the_page_says_so_and_shows_nothing_stale(does: str) -> None:
    source = Source()
    page = MetricsPage(source.standing, lambda: {"all": (0, 10)}, fresh=0.0, patience=0.05)
    assert "genai_stack_queue_depthruns" in await shown(page)
    source.does = does
    found = await shown(page)
    assert found["genai_stack_database_up"] == 0
    assert not [name for name in found if name.startswith(("genai_stack_queue", "genai_stack_runsqueued"))]
    assert "genai_stack_runs_fenced_total" in found
    source.does = ""
    assert (await shown(page))["genai_stack_database_up"] == 1


async def test_many_readers_at_once_ask_the_database_once() -> None:
    source = Source()
    page = MetricsPage(source.standing, dict)
    await asyncio.gather(*(page() for _ in range(5)))
    assert source.asked == 1


async def test_a_loop_that_stands_still_is_seen() -> None:
    counts, watch = Counts(), LagWatch().start()
    try:
        time.sleep(2 * EVERY)  # noqa: ASYNC251 (as something that blocks would)
        await asyncio.sleep(0.05)
    finally:
        watch.close()
    assert counts.grown("genai_stack_event_loop_lag_seconds_count") == 1
    assert counts.grown("genai_stack_event_loop_lag_seconds_sum") >= EVERY

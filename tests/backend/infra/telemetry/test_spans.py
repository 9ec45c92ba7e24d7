"""Spans of the real server, as a collector gets them."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv.attributes import server_attributes

from genai_stack.infra.telemetry import gen_ai
from tests.fakes.collector import ERROR, Collector
from tests.fakes.model_server import BAD_KEY
from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1, until

QUESTION = "What is the question that no span may hold?"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as started:
        yield started


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("traced"), otlp_endpoint=collector.url)
    try:
        yield server.start()
    finally:
        server.stop()


async def test_a_run_is_a_tree_of_its_nodes_and_their_model_calls(
    collector: Collector, traced: Server, model: OpenAIServer
) -> None:
    async with traced.client() as client:
        workflow = await talk.saved(client, graphs.asked(model.base_url, temperature=0.5, max_tokens=100))
        session = await talk.session_of(client, workflow)
        run = await talk.asked(client, workflow, QUESTION, session_id=session)
    await until(lambda: collector.has(run["id"]))
    assert collector.tree(run["id"]) == {
        "invoke_workflow": {"node query": {}, "node llm": {"chat fake": {}}, "node output": {}}
    }
    whole, call = _named(collector, run["id"], "invoke_workflow"), _named(collector, run["id"], "chat fake")
    assert whole.attributes == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.conversation.id": session,
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "genai_stack.run.id": run["id"],
        "genai_stack.run.attempt": 1,
        "genai_stack.run.status": "succeeded",
        "genai_stack.workflow.id": workflow,
        "genai_stack.workflow.version": 1,
        "genai_stack.workspace.id": whole.attributes["genai_stack.workspace.id"],
    }
    seconds = call.attributes.pop("gen_ai.response.time_to_first_chunk")
    assert 0 < seconds * 1e9 <= call.ended - call.began
    assert call.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai_compatible",
        "gen_ai.request.model": "fake",
        "gen_ai.request.stream": True,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 100,
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "server.address": "127.0.0.1",
        "server.port": model.port,
    }
    node = _named(collector, run["id"], "node llm")
    assert node.attributes == {
        "genai_stack.node.id": "llm",
        "genai_stack.node.type": "llm",
        "genai_stack.node.label": "llm",
        "genai_stack.node.outcome": "finished",
    }
    assert whole.began <= node.began <= call.began <= call.ended <= node.ended <= whole.ended
    assert not any(span.status == ERROR for span in collector.of(run["id"]))
    assert collector.paths == {"/v1/traces"}
    assert collector.resource["service.name"] == "genai-stack"


async def test_neither_questions_nor_answers_are_in_spans(
    collector: Collector, traced: Server, model: OpenAIServer
) -> None:
    model.answer = "An answer that no span may hold."
    async with traced.client() as client:
        workflow = await talk.saved(client, graphs.asked(model.base_url, system_prompt="Instructions to be kept."))
        run = await talk.asked(client, workflow, QUESTION)
    assert run["answer"] == model.answer
    await until(lambda: collector.has(run["id"]))
    for kept in (QUESTION, model.answer, "Instructions"):
        assert kept.encode() not in collector.raw


async def test_each_model_call_is_within_its_own_node_also_side_by_side(
    collector: Collector, traced: Server, model: OpenAIServer
) -> None:
    chosen = {"provider": "openai_compatible", "base_url": model.base_url}
    names = ("one", "two", "three")
    both = graphs.graph(
        [
            graphs.node("q", "query"),
            *(graphs.node(name, "llm", model=name, **chosen) for name in names),
            graphs.node("o", "output"),
            graphs.node("p", "output"),
        ],
        [
            graphs.edge("q", "text", "one", "prompt"),
            graphs.edge("q", "text", "two", "prompt"),
            graphs.edge("two", "answer", "three", "prompt"),
            graphs.edge("one", "answer", "o", "answer"),
            graphs.edge("three", "answer", "p", "answer"),
        ],
    )
    async with traced.client() as client:
        workflow = await talk.saved(client, both)
        runs = await asyncio.gather(*(talk.asked(client, workflow) for _ in range(5)))
    for run in runs:
        await until(lambda run=run: collector.has(run["id"]))  # type: ignore[misc]
        spans = collector.of(run["id"])
        by_id = {span.id: span for span in spans}
        calls = [span for span in spans if span.name.startswith("chat ")]
        assert sorted(span.name for span in calls) == ["chat one", "chat three", "chat two"]
        for call in calls:
            node = by_id[call.parent]
            assert node.attributes["genai_stack.node.id"] == call.attributes["gen_ai.request.model"]
            assert by_id[node.parent].name == "invoke_workflow"


async def test_a_failing_model_call_gives_its_node_and_its_run_the_status_of_an_error(
    collector: Collector, traced: Server, model: OpenAIServer
) -> None:
    async with traced.client() as client:
        key = {"provider": "openai_compatible", "name": "Mine", "secret": BAD_KEY, "base_url": model.base_url}
        credential = (await client.post(f"{V1}/credentials", json=key)).json()["id"]
        workflow = await talk.saved(client, graphs.asked(model.base_url, credential_id=credential))
        run = await talk.asked(client, workflow)
    assert run["status"] == "failed"
    await until(lambda: collector.has(run["id"]))
    for name in ("chat fake", "node llm", "invoke_workflow"):
        span = _named(collector, run["id"], name)
        assert (span.status, span.attributes["error.type"]) == (ERROR, "PROVIDER_REFUSED"), name
        assert "refused the API key" in span.message
    assert _named(collector, run["id"], "node query").status != ERROR
    assert BAD_KEY.encode() not in collector.raw


async def test_a_repeated_call_is_one_span_with_its_retries(
    collector: Collector, traced: Server, model: OpenAIServer
) -> None:
    async with traced.client() as client:
        run = await talk.asked(client, await talk.saved(client, graphs.asked(model.base_url)), "FAIL503x2")
    assert run["status"] == "succeeded"
    await until(lambda: collector.has(run["id"]))
    call = _named(collector, run["id"], "chat fake")
    assert (call.events, call.status == ERROR) == (["retry", "retry"], False)


async def test_a_stopped_run_is_no_error(collector: Collector, traced: Server, model: OpenAIServer) -> None:
    async with traced.client() as client:
        run = await talk.begun(client, await talk.saved(client, graphs.asked(model.base_url)), "HANG")
        await until(lambda: model.open == 1)
        await client.post(f"{V1}/runs/{run}/cancel")
        await talk.ended(client, run)
    await until(lambda: collector.has(run))
    spans = {span.name: span for span in collector.of(run)}
    assert not any(span.status == ERROR for span in spans.values())
    assert spans["invoke_workflow"].attributes["genai_stack.run.status"] == "cancelled"
    assert spans["node llm"].attributes["genai_stack.node.outcome"] == "stopped"
    assert spans["chat fake"].events == ["stopped"]


async def test_a_run_that_a_new_process_goes_on_with_stays_one_trace(
    collector: Collector, new_server: Callable[..., Server], model: OpenAIServer
) -> None:
    server = new_server(otlp_endpoint=collector.url).start()
    async with server.client() as client:
        run = await talk.begun(client, await talk.saved(client, graphs.asked(model.base_url)), "HANGx1")
        await until(lambda: model.open == 1)
    server.kill()
    server.start()
    async with server.client() as client:
        assert (await talk.ended(client, run))["status"] == "succeeded"
    await until(lambda: collector.has(run))
    last = _named(collector, run, "invoke_workflow")
    assert last.attributes["genai_stack.run.attempt"] == 2
    assert collector.tree(run)["invoke_workflow"] == {"node llm": {"chat fake": {}}, "node output": {}}


async def test_what_is_not_sent_yet_is_sent_when_the_server_is_stopped(
    collector: Collector, new_server: Callable[..., Server]
) -> None:
    server = new_server(otlp_endpoint=f"{collector.url}/v1/traces").start()
    async with server.client() as client:
        run = await talk.asked(client, await talk.saved(client, graphs.echo()))
    assert server.terminate() == 0
    assert collector.tree(run["id"]) == {"invoke_workflow": {"node query": {}, "node output": {}}}


@pytest.mark.parametrize("refuses", [True, False], ids=["refuses", "is away"])
async def test_a_collector_that_takes_nothing_costs_nobody_anything(
    refuses: bool, new_server: Callable[..., Server]
) -> None:
    with Collector(status=503) as full:
        server = new_server(otlp_endpoint=full.url if refuses else "http://127.0.0.1:9").start()
        async with server.client() as client:
            workflow = await talk.saved(client, graphs.echo())
            runs = await asyncio.gather(*(talk.asked(client, workflow) for _ in range(30)))
            assert {run["status"] for run in runs} == {"succeeded"}
            await until(lambda: "spans.lost" in server.log(), within=30)
            assert (await client.get("/readyz")).status_code == 200
            lost = [
                line for line in (await client.get("/metrics")).text.splitlines() if 'spans_total{outcome="l' in line
            ]
            assert float(lost[0].split()[1]) > 0
            await talk.asked(client, workflow)
        assert server.terminate(within=20) == 0
        assert server.log().count("spans.lost") == 1
        assert "Traceback" not in server.log()


def test_an_endpoint_that_is_no_address_is_refused_at_start(new_server: Callable[..., Server]) -> None:
    code, said = new_server(otlp_endpoint="collector:4318").refused()
    assert (code, "GENAI_STACK_OTLP_ENDPOINT" in said) == (2, True)


def test_without_an_endpoint_nothing_of_the_sdk_is_imported() -> None:
    code = "import sys, genai_stack.app.server; print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


def test_attributes_are_named_as_the_conventions_name_them() -> None:
    agreed = {value for value in vars(gen_ai_attributes).values() if isinstance(value, str)}
    agreed |= {value for value in vars(server_attributes).values() if isinstance(value, str)}
    ours = {value for name, value in vars(gen_ai).items() if name.isupper() and isinstance(value, str)}
    names = {name for name in ours if "." in name and not name.startswith("genai_stack.")}
    assert len(names) > 10
    assert names <= agreed
    operations = {one.value for one in gen_ai_attributes.GenAiOperationNameValues}
    assert {gen_ai.CHAT, gen_ai.INVOKE_WORKFLOW} <= operations
    providers = {one.value for one in gen_ai_attributes.GenAiProviderNameValues}
    assert {"openai", "anthropic", "gcp.gemini"} <= providers


def _named(collector: Collector, run_id: str, name: str):
    (found,) = [span for span in collector.of(run_id) if span.name == name]
    return found

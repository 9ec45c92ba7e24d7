"""A run as spans: the run, and in it each node, as the run's log tells them."""

from typing import Literal

from genai_stack.engine.events import Data, NodeFailed, NodeFinished, NodeRestarted, NodeSkipped, NodeStarted
from genai_stack.features.runs.journal.run_log import RunLog
from genai_stack.features.runs.store import RunAttempt
from genai_stack.infra.telemetry import gen_ai
from genai_stack.infra.telemetry.spans import Span, Spans, Value


class TracedRun:
    """A context around one attempt at a run. It is the engine's `Log`, and passes on what it is told."""

    def __init__(self, spans: Spans, run: RunAttempt, log: RunLog) -> None:
        self.append_text, self.settled, self.crashed = log.append_text, log.settled, log.crashed
        self._log = log
        self._nodes: dict[str, Span] = {}
        told: dict[str, Value] = {
            gen_ai.OPERATION: gen_ai.INVOKE_WORKFLOW,
            gen_ai.RUN: run.id,
            gen_ai.ATTEMPT: run.attempt,
            gen_ai.WORKFLOW: run.workflow_id,
            gen_ai.VERSION: run.version,
            gen_ai.WORKSPACE: run.workspace_id,
        }
        if run.session_id is not None:
            told[gen_ai.CONVERSATION] = run.session_id
        self._span = spans.begin(gen_ai.INVOKE_WORKFLOW, run.id, told)

    def span_of(self, node_id: str) -> Span | None:
        return self._nodes.get(node_id)

    def write(self, node_id: str, data: Data, outputs: object | None = None) -> int:
        if isinstance(data, NodeStarted | NodeRestarted):
            self._begin(node_id, data)
        elif isinstance(data, NodeFinished):
            self._end(node_id, "finished")
        elif isinstance(data, NodeFailed):
            if span := self._nodes.get(node_id):
                span.fail(data.error.code, data.error.message)
            self._end(node_id, "failed")
        elif isinstance(data, NodeSkipped):
            self._end(node_id, "stopped")
        return self._log.write(node_id, data, outputs)

    def _begin(self, node_id: str, data: NodeStarted | NodeRestarted) -> None:
        if span := self._nodes.get(node_id):
            span.event("retry")
            return
        told = {gen_ai.NODE: node_id, gen_ai.NODE_TYPE: data.type, gen_ai.NODE_LABEL: data.label}
        self._nodes[node_id] = self._span.child(f"node {data.type}", told)

    def _end(self, node_id: str, outcome: Literal["finished", "failed", "stopped"]) -> None:
        if span := self._nodes.pop(node_id, None):
            span.note({gen_ai.ENDED: outcome})
            span.end()

    def __enter__(self) -> "TracedRun":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        for node_id in list(self._nodes):
            self._end(node_id, "stopped")
        ended = self._log.ended
        if ended is None:
            self._span.note({gen_ai.STATUS: "left"})  # it is handed back, or another attempt owns it
            if isinstance(error, Exception):
                self._span.fail(type(error).__name__, "This attempt was abandoned. The server's log has the details.")
        else:
            self._span.note({gen_ai.STATUS: ended.status})
            used = {gen_ai.INPUT_TOKENS: "prompt_tokens", gen_ai.OUTPUT_TOKENS: "completion_tokens"}
            self._span.note({name: ended.usage[count] for name, count in used.items() if count in ended.usage})
            if ended.error is not None:
                self._span.fail(ended.error.code, ended.error.message)
        self._span.end()

"""Names of attributes of spans: OpenTelemetry's conventions for generative AI, and our own, `genai_stack.…`."""

from typing import Final

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
CONVERSATION: Final = "gen_ai.conversation.id"
MODEL: Final = "gen_ai.request.model"
TEMPERATURE: Final = "gen_ai.request.temperature"
MAX_TOKENS: Final = "gen_ai.request.max_tokens"
STREAM: Final = "gen_ai.request.stream"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
FINISH: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
SERVER: Final = "server.address"
PORT: Final = "server.port"

CHAT: Final = "chat"
INVOKE_WORKFLOW: Final = "invoke_workflow"

RUN: Final = "genai_stack.run.id"
ATTEMPT: Final = "genai_stack.run.attempt"
STATUS: Final = "genai_stack.run.status"
WORKFLOW: Final = "genai_stack.workflow.id"
VERSION: Final = "genai_stack.workflow.version"
WORKSPACE: Final = "genai_stack.workspace.id"
NODE: Final = "genai_stack.node.id"
NODE_TYPE: Final = "genai_stack.node.type"
NODE_LABEL: Final = "genai_stack.node.label"
ENDED: Final = "genai_stack.node.outcome"
"""`finished`, `failed`, or `stopped` where a person or the process ended it."""

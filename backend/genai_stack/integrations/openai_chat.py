"""Opens a chat model of OpenAI or of a server that speaks its dialect."""

from genai_stack.integrations.llm.openai_wire import OpenAIChat
from genai_stack.integrations.provider import Connection


def open_openai_chat(connection: Connection, *, max_tokens_field: str) -> OpenAIChat:
    return OpenAIChat(
        connection.outbound,
        connection.remote,
        base_url=connection.base_url,
        key=connection.key,
        max_tokens_field=max_tokens_field,
        dialects=connection.shared.dialects,
    )

"""OpenAI."""

from genai_stack.integrations.embedding.openai_dialect import TEXTS_PER_REQUEST, OpenAIEmbeddings
from genai_stack.integrations.llm.openai_wire import OpenAIChat
from genai_stack.integrations.provider import Connection, Embeddings, Provider


def open_chat(connection: Connection) -> OpenAIChat:
    return OpenAIChat(
        connection.outbound,
        connection.remote,
        base_url=connection.base_url,
        key=connection.key,
        max_tokens_field="max_completion_tokens",
        dialects=connection.shared.dialects,
    )


PROVIDER = Provider(
    "openai",
    title="OpenAI",
    key_help="Create a key at platform.openai.com, under API keys. It begins with sk-.",
    rank=1,
    needs_key=True,
    default_base_url="https://api.openai.com/v1",
    open_chat=open_chat,
    embeddings=Embeddings(OpenAIEmbeddings, TEXTS_PER_REQUEST),
)

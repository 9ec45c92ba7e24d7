"""Any server that speaks OpenAI's dialect: Ollama, vLLM, Groq and others."""

from genai_stack.integrations.embedding.openai_dialect import TEXTS_PER_REQUEST, OpenAIEmbeddings
from genai_stack.integrations.llm.openai_wire import OpenAIChat
from genai_stack.integrations.provider import Connection, Embeddings, Provider


def open_chat(connection: Connection) -> OpenAIChat:
    return OpenAIChat(
        connection.outbound,
        connection.remote,
        base_url=connection.base_url,
        key=connection.key,
        max_tokens_field="max_tokens",
        dialects=connection.shared.dialects,
    )


PROVIDER = Provider(
    "openai_compatible",
    title="OpenAI-compatible server",
    key_help="The address usually ends in /v1. Ollama and vLLM need no key; hosted services such as Groq give you one.",
    rank=2,
    needs_base_url=True,
    open_chat=open_chat,
    embeddings=Embeddings(OpenAIEmbeddings, TEXTS_PER_REQUEST),
)

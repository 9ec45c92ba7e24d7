"""OpenAI."""

from functools import partial

from genai_stack.integrations.embedding.openai_dialect import TEXTS_PER_REQUEST, OpenAIEmbeddings
from genai_stack.integrations.openai_chat import open_openai_chat
from genai_stack.integrations.provider import Embeddings, Provider

PROVIDER = Provider(
    "openai",
    title="OpenAI",
    key_help="Create a key at platform.openai.com, under API keys. It begins with sk-.",
    rank=1,
    needs_key=True,
    default_base_url="https://api.openai.com/v1",
    open_chat=partial(open_openai_chat, max_tokens_field="max_completion_tokens"),
    embeddings=Embeddings(OpenAIEmbeddings, TEXTS_PER_REQUEST),
)

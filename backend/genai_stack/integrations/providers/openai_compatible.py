"""Any server that speaks OpenAI's dialect: Ollama, vLLM, Groq and others."""

from functools import partial

from genai_stack.integrations.embedding.openai_dialect import TEXTS_PER_REQUEST, OpenAIEmbeddings
from genai_stack.integrations.openai_chat import open_openai_chat
from genai_stack.integrations.provider import Embeddings, Provider

PROVIDER = Provider(
    "openai_compatible",
    title="OpenAI-compatible server",
    key_help="The address usually ends in /v1. Ollama and vLLM need no key; hosted services such as Groq give you one.",
    rank=2,
    needs_base_url=True,
    open_chat=partial(open_openai_chat, max_tokens_field="max_tokens"),
    embeddings=Embeddings(OpenAIEmbeddings, TEXTS_PER_REQUEST),
)

"""The embedder that runs on this machine."""

from genai_stack.integrations.provider import Provider

PROVIDER = Provider(
    "local",
    title="Local embedder",
    key_help="Needs no API key and no network: all-MiniLM-L6-v2 runs on this machine.",
    rank=6,
    embeds_here=True,
)

"""Builds the local embedder's model into the environment, from the weights that are installed there."""

from genai_stack.integrations.embedding import minilm

minilm.install()

"""GenAI Stack: a visual builder for LLM workflows."""

__version__ = "0.1.0"

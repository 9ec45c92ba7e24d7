from genai_stack.engine.forms import form_field, references, undrawable
from genai_stack.engine.node import NodeConfig


class Config(NodeConfig):
    key: str | None = form_field(None, "credential", title="Key", help="Which key is used.")
    base: str | None = form_field(None, "knowledge_base", title="Base", help="Where it searches.")
    external_id: str = form_field("", "text", title="Number", help="What another system calls it.")


class Undrawable(NodeConfig):
    key: dict[str, str]


def test_references_are_told_by_the_widget_and_not_by_the_name() -> None:
    assert references(Config) == {"key", "base"}


def test_a_config_says_why_it_cannot_be_drawn() -> None:
    assert undrawable(Config) == []
    assert len(undrawable(Undrawable)) == 3  # its widget, its words, its default

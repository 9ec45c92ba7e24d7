"""The model that quotes."""

from genai_stack.integrations.llm.chat_model import ChatRequest, ContextPassage, Message
from genai_stack.integrations.llm.offline import OfflineModel, answer

PAPER = (
    ContextPassage(
        "The library opens at nine. Members may borrow up to\nfive books. Late returns cost ten cents a day.",
        "rules.pdf",
        1,
    ),
    ContextPassage(
        "Late returns cost ten cents a day. The reading room is quiet. Dr. Ng wrote these rules.", "rules.pdf", 2
    ),
)


def test_best_sentences_are_quoted_with_their_passage() -> None:
    text = answer("How many books can a member borrow?", PAPER)
    assert "- Members may borrow up to five books. [1]" in text
    assert "library opens" not in text


def test_sentence_of_two_passages_is_quoted_once() -> None:
    assert answer("What do late returns cost?", PAPER).count("ten cents") == 1


def test_other_forms_of_a_word_match() -> None:
    assert "Members may borrow" in answer("borrowing book", PAPER)


def test_sentences_come_in_reading_order() -> None:
    text = answer("quiet room, library opening", PAPER)
    assert text.index("library opens") < text.index("reading room")


def test_it_says_that_it_is_no_language_model() -> None:
    for question, passages in (("books", PAPER), ("zebra", PAPER), ("books", ())):
        assert "no language model" in answer(question, passages)


def test_nothing_that_matches_is_said_plainly() -> None:
    assert "Nothing in your documents matches" in answer("zebra", PAPER)
    assert "Nothing in your documents matches" in answer("What is it about?", PAPER)


def test_without_documents_it_says_what_to_do() -> None:
    assert "Upload one" in answer("books", ())


def test_scripts_without_spaces_match() -> None:
    passages = (ContextPassage("図書館は九時に開きます。本は五冊まで借りられます。", "a.txt"),)
    text = answer("図書館は何時に開きますか", passages)
    assert "- 図書館は九時に開きます。 [1]" in text


def test_long_sentence_is_shortened() -> None:
    assert len(answer("word", (ContextPassage("word " * 5000, "a.txt"),))) < 1000


def test_stems_are_those_of_the_word_as_it_is_asked_for() -> None:
    passages = (
        ContextPassage("The keeper carried oil up the stairs. The lamp stopped at dawn. Gulls shout.", "a.txt"),
    )
    assert "keeper carried oil" in answer("Who carries the oil?", passages)
    assert "lamp stopped" in answer("When does the lamp stop?", passages)


def test_a_heading_is_never_quoted_alone() -> None:
    passages = (ContextPassage("Opening hours\n\nThe doors open at nine on weekdays.\n\nStaff", "a.pdf", 1),)
    text = answer("What are the opening hours?", passages)
    assert "- The doors open at nine on weekdays. [1]" in text
    assert "- Opening hours" not in text


async def test_it_says_what_it_is_once_in_a_conversation() -> None:
    first = answer("books", PAPER)
    history = (Message("user", "books"), Message("assistant", first))
    request = ChatRequest(model="offline", question="books", passages=PAPER, history=history)
    second = "".join([delta.text async for delta in OfflineModel().stream(request)])
    assert "no language model" in first
    assert "no language model" not in second
    assert "Members may borrow" in second


async def test_answer_comes_in_pieces_with_the_reasoning_first() -> None:
    request = ChatRequest(model="offline", question="books", passages=PAPER)
    deltas = [delta async for delta in OfflineModel().stream(request)]
    assert deltas[0].reasoning == "Comparing the question with the sentences of 2 passages."
    assert len(deltas) > 5
    assert "".join(d.text for d in deltas) == answer("books", PAPER)
    assert deltas[-1].finish == "stop"

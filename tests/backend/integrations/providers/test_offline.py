"""The model that quotes."""

from collections.abc import Sequence

from genai_stack.integrations.embedding.closeness import Closeness
from genai_stack.integrations.embedding.local import LocalEmbedder
from genai_stack.integrations.llm.chat_model import ChatRequest, ContextPassage, Message
from genai_stack.integrations.providers.offline import NO_MATCH, WHO, OfflineModel, answer

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


async def test_best_sentences_are_quoted_with_their_passage() -> None:
    text = await answer("How many books can a member borrow?", PAPER)
    assert "- Members may borrow up to five books. [1]" in text
    assert "library opens" not in text


async def test_sentence_of_two_passages_is_quoted_once() -> None:
    assert (await answer("What do late returns cost?", PAPER)).count("ten cents") == 1


async def test_other_forms_of_a_word_match() -> None:
    assert "Members may borrow" in await answer("borrowing book", PAPER)


async def test_sentences_come_in_reading_order() -> None:
    text = await answer("quiet room, library opening", PAPER)
    assert text.index("library opens") < text.index("reading room")


async def test_nothing_that_matches_is_said_plainly() -> None:
    assert await answer("zebra", PAPER) == NO_MATCH


async def test_a_question_about_the_whole_document_is_answered_with_how_its_passages_begin() -> None:
    for question in ("What is it about?", "What are the main points of this document?"):
        assert await answer(question, PAPER) == "- The library opens at nine. [1]\n- The reading room is quiet. [2]"


async def test_without_documents_it_says_what_to_do() -> None:
    assert "Upload one" in await answer("books", ())


async def test_scripts_without_spaces_match() -> None:
    passages = (ContextPassage("図書館は九時に開きます。本は五冊まで借りられます。", "a.txt"),)
    text = await answer("図書館は何時に開きますか", passages)
    assert "- 図書館は九時に開きます。 [1]" in text


async def test_long_sentence_is_shortened() -> None:
    assert len(await answer("word", (ContextPassage("word " * 5000, "a.txt"),))) < 1000


async def test_stems_are_those_of_the_word_as_it_is_asked_for() -> None:
    passages = (
        ContextPassage("The keeper carried oil up the stairs. The lamp stopped at dawn. Gulls shout.", "a.txt"),
    )
    assert "keeper carried oil" in await answer("Who carries the oil?", passages)
    assert "lamp stopped" in await answer("When does the lamp stop?", passages)


async def test_a_heading_is_never_quoted_alone() -> None:
    passages = (ContextPassage("Opening hours\n\nThe doors open at nine on weekdays.\n\nStaff", "a.pdf", 1),)
    text = await answer("What are the opening hours?", passages)
    assert "- The doors open at nine on weekdays. [1]" in text
    assert "- Opening hours" not in text


async def test_row_17_a_sentence_with_the_same_meaning_in_other_words_is_found() -> None:
    async def closeness(question: str, texts: Sequence[str]) -> Sequence[float]:
        assert question == "What is the fine?"
        return [0.7 if "ten cents" in text else 0.1 for text in texts]

    assert await answer("What is the fine?", PAPER) == NO_MATCH
    assert await answer("What is the fine?", PAPER, closeness) == "- Late returns cost ten cents a day. [1]"


async def test_row_17_the_local_embedder_ranks_the_sentences() -> None:
    passages = (
        ContextPassage(
            "The keeper carries oil up the stairs.\n\nPay\n\nEach man gets twelve pounds and a cow in the year. Gulls shout.",
            "a.txt",
        ),
    )
    embedder = LocalEmbedder()
    try:
        assert "twelve pounds" in await answer("What is the salary?", passages, Closeness(embedder))
        assert await answer("zebra stripes", passages, Closeness(embedder)) == NO_MATCH
    finally:
        await embedder.close()


async def test_words_decide_alone_while_the_embedder_cannot_answer() -> None:
    async def closeness(question: str, texts: Sequence[str]) -> None:
        return None

    assert "up to five books" in await answer("How many books?", PAPER, closeness)


async def said_by(model: OfflineModel, question: str, *history: Message) -> str:
    request = ChatRequest(model="offline", question=question, passages=PAPER, history=history)
    return "".join([delta.text async for delta in model.stream(request)])


async def test_row_17_it_says_what_it_is_once_in_a_conversation() -> None:
    first = await said_by(OfflineModel(), "books")
    second = await said_by(OfflineModel(), "books", Message("user", "books"), Message("assistant", first))
    assert first.count(WHO) == 1
    assert second == await answer("books", PAPER)


async def test_an_answer_of_an_offline_model_is_asked_without_what_it_says_of_itself() -> None:
    asked: list[str] = []

    async def closeness(question: str, texts: Sequence[str]) -> Sequence[float]:
        asked.append(question)
        return [0.0] * len(texts)

    await said_by(OfflineModel(closeness), await said_by(OfflineModel(), "books"))
    assert "offline" not in asked[0]


async def test_answer_comes_in_pieces_with_the_reasoning_first() -> None:
    request = ChatRequest(model="offline", question="books", passages=PAPER)
    deltas = [delta async for delta in OfflineModel().stream(request)]
    assert deltas[0].reasoning == "Comparing the question with the sentences of 2 passages."
    assert len(deltas) > 5
    assert "".join(d.text for d in deltas).startswith(await answer("books", PAPER))
    assert deltas[-1].finish == "stop"

"""Web pages: what a reader sees of them."""

import pytest

from genai_stack.integrations.parsing.html import declared_encoding, is_html, text_of


@pytest.mark.parametrize(
    ("raw", "page"),
    [
        (b"<!DOCTYPE html><p>Hi</p>", True),
        (b"\xef\xbb\xbf\n <!-- a comment --> <HTML><body>Hi</body></HTML>", True),
        (b"<head><title>x</title></head>", True),
        (b'<?xml version="1.0"?><html xmlns="x"><body/></html>', True),
        (b"<div class='a'>Hi</div>", True),
        (b"# Markdown\n\n<p>with a tag</p>", False),
        (b"<p is no tag of mine", False),
        (b"<think> is what models write", False),
        (b"a < b", False),
    ],
)
def test_a_page_is_told_by_how_it_begins_and_goes_on(raw: bytes, page: bool) -> None:
    assert is_html(raw) == page


def test_the_text_has_no_tags_scripts_or_styles() -> None:
    text, title = text_of(
        "<html><head><title>The  harbour</title><style>p{}</style></head><body><script>var a = '<p>';</script>"
        "<h1>Opening</h1><p>At&nbsp;seven &amp; <b>not</b> later.<br>Every day.</p><ul><li>One<li>Two</ul>"
        "<table><tr><th>Day<th>Hour<tr><td>Monday<td>7</table><noscript>Enable</noscript></body></html>"
    )
    assert title == "The harbour"
    assert text == "Opening\n\nAt seven & not later.\nEvery day.\n\n- One\n- Two\n\nDay | Hour\nMonday | 7"


def test_a_page_names_its_encoding() -> None:
    assert declared_encoding(b'<meta charset="koi8-r">') == "koi8-r"
    assert declared_encoding(b"<p>") is None

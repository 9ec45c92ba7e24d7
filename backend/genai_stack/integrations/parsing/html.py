"""Web pages into text: what a reader sees, without tags, scripts and styles."""

import re
from html.parser import HTMLParser

_UNSEEN = {"script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object", "select"}
_BLOCKS = {
    "p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "ul", "ol", "dl", "table", "form",
    "blockquote", "pre", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "address", "details", "summary", "body",
}  # fmt: skip
_LINES = {"br", "li", "tr", "dt", "dd", "option", "caption", "figcaption"}
_START = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title|link|style|script|"
    rb"p|div|h[1-6]|table|ul|ol|article|section|main|span|center)\b[^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_CLOSING = re.compile(
    rb"</(?:html|head|body|title|p|div|h[1-6]|table|ul|ol|article|section|main|style|script)\s*>", re.I
)
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)


def is_html(raw: bytes) -> bool:
    """Whether a file begins as a web page does, and goes on as one: Markdown may hold a tag here and there."""
    start = raw[:65536].removeprefix(b"\xef\xbb\xbf")
    return bool(_START.match(start) and _CLOSING.search(start))


def declared_encoding(raw: bytes) -> str | None:
    found = _CHARSET.search(raw[:4096])
    return found[1].decode("ascii") if found else None


def text_of(page: str) -> tuple[str, str | None]:
    """The text and the title."""
    parser = _Text()
    parser.feed(page)
    parser.close()
    lines = [re.sub(r"[ \t\f\v\xa0]+", " ", line).strip() for line in "".join(parser.parts).split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    title = " ".join("".join(parser.title).split())
    return text, title or None


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.title: list[str] = []
        self._unseen: list[str] = []
        self._in_title = False
        self._preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._unseen.clear()  # a head whose end is left out
        if tag in _UNSEEN:
            self._unseen.append(tag)
        if tag == "title":
            self._in_title = True
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag in _LINES:
            self.parts.append("\n- " if tag == "li" else "\n")
        elif tag in {"td", "th"}:
            self.parts.append(" | " if self.parts and not self.parts[-1].endswith("\n") else "")
        elif tag == "img" and not self._unseen:
            self.parts.append(dict(attrs).get("alt") or "")
        self._preformatted += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]
        if tag == "title":
            self._in_title = False
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        self._preformatted -= tag == "pre" and self._preformatted > 0

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._unseen:
            self.parts.append(data if self._preformatted else re.sub(r"\s+", " ", data))

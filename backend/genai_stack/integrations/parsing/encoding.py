"""Bytes into text: told by a mark, else UTF-8, else what a detector is sure of; never guessed into garbage."""

import codecs
import contextlib
import re
import unicodedata

from genai_stack.errors import DocumentFailed, UnsupportedType

# UTF-32's mark begins like that of UTF-16, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DETECTED_BYTES = 64 * 1024  # so much of a file is looked at to tell its encoding
_MOST_BAD = 0.02  # of the bytes beyond ASCII may be wrong in a file that counts as UTF-8
_MOST_CONTROLS = 0.002
_CONTROLS = [chr(code) for code in (*range(32), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r\f\x85"]
_NAMES = {
    "cp932": "Shift-JIS", "shift_jis": "Shift-JIS", "shift_jis_2004": "Shift-JIS", "euc_jp": "EUC-JP",
    "euc_jis_2004": "EUC-JP", "gb18030": "GB 18030", "gbk": "GBK", "gb2312": "GB 2312", "big5": "Big5",
    "big5hkscs": "Big5", "cp949": "EUC-KR", "euc_kr": "EUC-KR", "johab": "Johab", "koi8_r": "KOI8-R",
    "cp1252": "Windows-1252", "iso2022_jp_2": "ISO-2022-JP", "mac_roman": "Mac Roman",
}  # fmt: skip
_ESCAPE_JP = re.compile(rb"\x1b\$[@B]")
_WESTERN = frozenset("äöüßÄÖÜéèêëàâçîïôûùÉÈÀÂÇÊÔáíóúñÁÍÓÚÑåæøÅÆØãõÃÕìòœŒÿ€£§°©®·«»„“”‚‘’–—…•¿¡½¼²³×\xa0")
SAVE_AS_UTF8 = "Save it as UTF-8 and upload it again."


def decoded(raw: bytes, declared: str | None = None) -> tuple[str, list[str]]:
    """The text and what to warn of. `declared` is the encoding that the file itself names, as a web page does.

    Raises UnsupportedType for what is no text, and DocumentFailed where its encoding cannot be told.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _marked(raw[len(mark) :], encoding)
    if (found := _without_mark(raw)) is not None:
        return found
    with contextlib.suppress(UnicodeDecodeError):
        return _text(raw.decode()), []
    if (text := _nearly_utf8(raw)) is not None:
        bad = text.count("\ufffd")
        letters = "1 letter was" if bad == 1 else f"{bad:,} letters were"
        return _text(text), [f"The file is UTF-8 with invalid bytes: {letters} replaced by “\ufffd”."]
    if declared is not None:
        with contextlib.suppress(LookupError, UnicodeDecodeError):
            return _text(raw.decode(declared)), []
    return _detected(raw)


def _without_mark(raw: bytes) -> tuple[str, list[str]] | None:
    """Encodings whose bytes are all valid UTF-8 as well, told by their escapes or zeros."""
    if _ESCAPE_JP.search(raw) and raw.isascii():
        with contextlib.suppress(UnicodeDecodeError):
            return _text(raw.decode("iso2022_jp_2")), [_warning("iso2022_jp_2")]
    text = _wide_without_mark(raw)
    return None if text is None else (text, [])


def _marked(raw: bytes, encoding: str) -> tuple[str, list[str]]:
    try:
        return _text(raw.decode(encoding)), []
    except UnicodeDecodeError as error:
        text = raw.decode(encoding, "replace")
        if text.count("\ufffd") <= max(1, _MOST_BAD * len(text)):
            return _text(text), [f"The file is {encoding.upper()} with invalid bytes: they were replaced by “\ufffd”."]
        raise DocumentFailed(
            f"The file says that it is {encoding.upper()}, but is not: it is damaged. {SAVE_AS_UTF8}"
        ) from error


def _wide_without_mark(raw: bytes) -> str | None:
    """UTF-16 or UTF-32 of mostly Latin letters has a NUL beside each of them, always on the same side."""
    start = raw[: 4096 & ~3]
    if len(start) < 4 or b"\0" not in start:
        return None
    for encoding, width, zeros in (("utf-32-le", 4, (1, 2, 3)), ("utf-32-be", 4, (0, 1, 2)), ("utf-16-le", 2, (1,)),
                                   ("utf-16-be", 2, (0,))):  # fmt: skip
        units = len(start) // width
        if all(start[at::width][:units].count(0) > 0.7 * units for at in zeros):
            with contextlib.suppress(UnicodeDecodeError):
                text = raw[: len(raw) // width * width].decode(encoding)
                if _controls(text) <= _MOST_CONTROLS:
                    return text
    return None


def _nearly_utf8(raw: bytes) -> str | None:
    """UTF-8 of which a few bytes are wrong: far more of its letters beyond ASCII are right than wrong."""
    text = raw.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    right = sum(letter > "\x7f" for letter in text) - bad
    beyond = sum(byte > 0x7F for byte in raw)
    return text if bad <= max(1, _MOST_BAD * beyond) and right > 10 * bad else None


def _detected(raw: bytes) -> tuple[str, list[str]]:
    """What a detector makes of it, where the whole file decodes so and reads like the letters of a script."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 (30 ms that most files do not need)

    if raw.count(b"\0") > 0.01 * len(raw):
        raise _no_text()
    # A detector prefers what it meets often; Japanese in Shift-JIS is also valid in other East Asian encodings.
    for encoding in ("cp932", "euc_jp"):
        with contextlib.suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            if _share(text, r"[\u3041-\u30ff]") > 0.2 and _controls(text) <= _MOST_CONTROLS:
                return _text(text), [_warning(encoding)]
    for encoding in ("cp1252", "mac_roman"):
        with contextlib.suppress(UnicodeDecodeError):
            if _reads_western(text := raw.decode(encoding)):
                return _text(text), [_warning(encoding)]
    for match in from_bytes(raw[:_DETECTED_BYTES], cp_isolation=list(_CANDIDATES)):
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            text = raw.decode(match.encoding)
            if match.chaos < 0.1 and _reads_like_one_script(text):
                same = text == raw.decode("cp1252", "replace")
                return _text(text), [_warning("cp1252" if same else match.encoding)]
    if _controls(raw.decode("latin-1")) > 0.01:
        raise _no_text()
    raise UnsupportedType(
        f"The file is text in an encoding that cannot be told for certain, and is not UTF-8. {SAVE_AS_UTF8}"
    )


_CANDIDATES = (
    "gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp1252", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp1257", "iso8859_2",
)  # fmt: skip


def _warning(encoding: str) -> str:
    name = _NAMES.get(encoding, encoding.replace("cp125", "Windows-125").upper().replace("WINDOWS", "Windows"))
    return f"The file is not UTF-8; it was read as {name}. Check that its text is right."


def _reads_like_one_script(text: str) -> bool:
    """Letters of one script besides Latin at most, hardly any symbols between them, and common ones of East Asia."""
    beyond = [letter for letter in text if letter > "\x7f"]
    if not beyond or _controls(text) > _MOST_CONTROLS:
        return False
    letters = [letter for letter in beyond if unicodedata.category(letter)[0] in "LM"]
    scripts = {unicodedata.name(letter, "?").split(" ")[0] for letter in letters}
    if scripts & {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"}:
        common = _share(text, r"[的一是不了人我在有他这中大来上国、。가-힣\u3041-\u30ff]")
        return common > 0.03 and not scripts & {"CYRILLIC", "ARABIC", "GREEK", "HEBREW"}
    return len(letters) > 0.7 * len(beyond) and len(scripts - {"LATIN"}) <= 1


def _reads_western(text: str) -> bool:
    """Only common letters and marks of Western Europe, and neither a capital nor a mark within a word."""
    beyond = {letter for letter in text if letter > "\x7f"}
    return beyond <= _WESTERN and not any(
        letter > "\x7f" and letter not in "’‘" and not letter.islower() and before.islower() and after.islower()
        for before, letter, after in zip(text, text[1:], text[2:], strict=False)
    )


def _share(text: str, letters: str) -> float:
    visible = sum(not letter.isspace() for letter in text)
    return len(re.findall(letters, text)) / max(1, visible)


def _text(text: str) -> str:
    if _controls(text) > 0.3:
        raise _no_text()
    return text


def _controls(text: str) -> float:
    """How much of it is control characters, which text has none of but tab, line ends and form feed."""
    return sum(map(text.count, _CONTROLS)) / max(1, len(text))


def _no_text() -> UnsupportedType:
    return UnsupportedType("This is neither a PDF nor text. Save it as PDF, text, Markdown or HTML and upload that.")

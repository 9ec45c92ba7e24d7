"""Encodings are told, and never guessed into garbage."""

import pytest

from genai_stack.errors import StackError, UnsupportedType
from genai_stack.integrations.parsing.encoding import decoded

LATIN = "Die Größe der Häuser am Hafen überrascht jeden, der im Frühling über die Brücke kommt. " * 3
TEXTS = {
    "cp932": "灯台守は毎週火曜日に酢でランプを磨きます。港は七時に開きます。",
    "euc_jp": "灯台守は毎週火曜日に酢でランプを磨きます。港は七時に開きます。",
    "gb18030": "灯塔的看守人每个星期二用醋清洗灯。港口在七点开门，大家都在那里等船。" * 3,
    "cp1251": "Смотритель маяка каждый вторник чистит лампу уксусом. Гавань открывается в семь часов утра. " * 3,
    "koi8_r": "Смотритель маяка каждый вторник чистит лампу уксусом. Гавань открывается в семь часов утра. " * 3,
    "cp1252": LATIN,
    "cp1253": "Ο φαροφύλακας καθαρίζει τη λάμπα κάθε Τρίτη με ξίδι. Το λιμάνι ανοίγει στις επτά. " * 3,
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_unicode_is_read_with_and_without_its_mark(encoding: str) -> None:
    assert decoded(LATIN.encode(encoding)) == (LATIN, [])


@pytest.mark.parametrize("encoding", TEXTS)
def test_an_old_encoding_is_read_with_a_warning_or_refused_with_the_remedy(encoding: str) -> None:
    try:
        text, warnings = decoded(TEXTS[encoding].encode(encoding))
    except StackError as refused:
        assert "UTF-8" in refused.message
    else:
        assert text == TEXTS[encoding]
        assert "Check that its text is right" in warnings[0]


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "cp1252", "cp1251"])
def test_common_old_encodings_are_read(encoding: str) -> None:
    assert decoded(TEXTS[encoding].encode(encoding))[0] == TEXTS[encoding]


def test_wrong_bytes_after_a_mark_cost_only_their_letters() -> None:
    text, warnings = decoded(b"\xef\xbb\xbf" + LATIN.encode() + b"\xff end")
    assert text == LATIN + "\ufffd end"
    assert len(warnings) == 1


@pytest.mark.parametrize("raw", [bytes(range(256)) * 20, b"\x00\x01\x02\x03" * 200, b"\x89\x01\xfe\x00" * 300])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(UnsupportedType):
        decoded(raw)


def test_a_declared_encoding_counts_where_utf8_does_not() -> None:
    assert decoded(TEXTS["koi8_r"].encode("koi8_r"), "koi8-r") == (TEXTS["koi8_r"], [])


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("灯台守は毎週火曜日に酢でランプを磨きます。", "iso2022_jp"),
        ("Preis: 5 € – „gut“", "cp1252"),
        ("naïve café", "latin-1"),
        ("Der Leuchtturmwärter steht im Büro für Gäste.", "mac_roman"),
    ],
)
def test_short_texts_in_older_encodings_are_read_with_a_warning(text: str, encoding: str) -> None:
    found, warnings = decoded(text.encode(encoding))
    assert (found, len(warnings)) == (text, 1)


def test_western_text_of_dos_is_refused_not_guessed() -> None:
    with pytest.raises(UnsupportedType):
        decoded("Der Leuchtturmwärter putzt die Lampe mit Essig.".encode("cp850"))

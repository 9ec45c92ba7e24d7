"""Language guess: what is told apart from English, and what is left in peace."""

import pytest

from genai_stack.integrations.parsing.language import is_foreign

ENGLISH = "The keeper of the lighthouse has to light the lamp at dusk, and it is put out when the day comes again. "
GERMAN = "Der Wärter zündet die Lampe bei Einbruch der Nacht an, und sie brennt, bis das Licht des Tages über die See kommt. "
FRENCH = "Le gardien du phare allume la lampe au crépuscule et les bateaux dans la baie savent que le port est proche. "
SPANISH = (
    "El guardián del faro enciende la lámpara por la noche y los barcos en la bahía saben que el puerto está cerca. "
)
JAPANESE = "灯台守は夕方に灯をともし、夜明けに消します。船は灯を見て港が近いことを知ります。"
RUSSIAN = "Смотритель маяка зажигает лампу в сумерках, и корабли в бухте знают, что порт близко."


@pytest.mark.parametrize("text", [GERMAN, FRENCH, SPANISH, JAPANESE, RUSSIAN])
def test_other_languages_are_told(text: str) -> None:
    assert is_foreign(text * 2)


@pytest.mark.parametrize(
    "text", [ENGLISH * 2, "", "Hallo Welt", "12 34 56 " * 50, "def run(self): return None\n" * 20, ENGLISH * 5 + GERMAN]
)
def test_english_and_what_is_no_prose_are_not(text: str) -> None:
    assert not is_foreign(text)

"""The types that the pages are built with are those of the API."""

from scripts import generate_api_types


def test_the_pages_types_are_fresh():
    written = generate_api_types.TYPES.read_text()
    told = generate_api_types.typescript(generate_api_types.description())
    assert written == told, "The API has changed. Run `make types`, and see what the pages make of it."

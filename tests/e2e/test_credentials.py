"""API keys are stored, tested, replaced and deleted, and never seen again; settings are chosen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.chat import model
from tests.e2e.editor import Stacks
from tests.e2e.seeing import grave, until
from tests.fakes.model_server import BAD_KEY
from tests.support.server import Server

SECRET = "sk-this-is-very-secret-1234"


@pytest.fixture(autouse=True)
def no_keys(stacks: Stacks) -> Iterator[None]:
    yield
    for key in stacks.client.get("/credentials").json()["items"]:
        stacks.client.delete(f"/credentials/{key['id']}")


def _add(page: Page, provider: str, name: str, secret: str, address: str | None = None) -> Locator:
    page.get_by_role("button", name="Add API key").click()
    form = page.get_by_role("dialog", name="Add API key")
    form.get_by_label("Provider").select_option(label=provider)
    form.get_by_label("Name").fill(name)
    if address:
        form.get_by_label("Server address").fill(address)
    form.get_by_label("API key", exact=False).last.fill(secret)
    form.get_by_role("button", name="Add").click()
    expect(form).to_be_hidden()
    return page.get_by_test_id("key").filter(has_text=name)


def test_a_key_is_added_replaced_and_deleted_and_never_shown(page: Page, stacks: Stacks):
    page.goto(f"{stacks.url}/credentials")
    expect(page.get_by_text("No API keys yet")).to_be_visible()
    page.get_by_role("button", name="Add API key").click()
    secret = page.get_by_role("dialog").locator("input[type=password]")
    expect(secret).to_have_attribute("autocomplete", "off")
    expect(page.get_by_role("dialog")).to_contain_text("platform.openai.com")
    page.keyboard.press("Escape")
    key = _add(page, "OpenAI", "Work", SECRET)
    expect(key).to_contain_text("…1234")
    assert SECRET not in page.content()
    key.get_by_role("button", name="Replace").click()
    form = page.get_by_role("dialog", name="Replace “Work”")
    expect(form.locator("input[type=password]")).to_have_value("")
    form.locator("input[type=password]").fill("sk-another-secret-that-ends-in-9876")
    form.get_by_role("button", name="Replace").click()
    expect(key).to_contain_text("…9876")
    key.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No API keys yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(key).to_contain_text("…9876")
    key.get_by_role("button", name="Delete").click()
    page.goto("about:blank")
    until(lambda: stacks.client.get("/credentials").json()["items"] == [])


def test_a_key_is_tested_with_its_provider(page: Page, stacks: Stacks):
    page.goto(f"{stacks.url}/credentials")
    with model() as fake:
        for secret, told in (("sk-good-key-12345", "accepts this API key"), (BAD_KEY, "key")):
            key = _add(page, "OpenAI-compatible server", f"Own {secret[:6]}", secret, fake.base_url)
            key.get_by_role("button", name="Test").click()
            line = key.locator("[aria-live]")
            expect(line).to_contain_text(told)
            expect(line).not_to_contain_text(secret)


def test_the_theme_is_chosen_and_kept(page: Page, stacks: Stacks):
    page.emulate_media(color_scheme="light")
    page.goto(f"{stacks.url}/settings")
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    page.get_by_role("radio", name="Dark").check(force=True)
    expect(html).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")
    page.get_by_role("radio", name="System").check(force=True)
    expect(html).to_have_attribute("data-theme", "light")


def test_settings_tell_keys_version_and_licence(page: Page, stacks: Stacks):
    page.goto(f"{stacks.url}/settings")
    expect(page.get_by_text("Tidy up the layout")).to_be_visible()
    expect(page.get_by_text("0.1.0")).to_be_visible()
    expect(page.get_by_text("GNU Affero General Public License")).to_be_visible()


def test_settings_never_show_a_server_that_is_gone_as_working(page: Page, tmp_path: Path):
    """Row 12 of the page faults."""
    server = Server(tmp_path).start()
    try:
        page.goto(f"{server.url}/settings")
        status = page.get_by_role("region", name="Server status")
        expect(status.get_by_label("Working", exact=True).first).to_be_visible()
        server.kill()
        expect(status.get_by_role("alert")).to_have_text("The server can’t be reached. This page keeps trying.")
        expect(status.get_by_label("Working", exact=True)).to_have_count(0)
    finally:
        server.stop()


def test_the_user_guide_is_one_link_away(page: Page, stacks: Stacks):
    page.goto(f"{stacks.url}/stacks")
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_role("heading", name="Using GenAI Stack")).to_be_visible()
    assert grave(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_serious(page: Page, stacks: Stacks, theme: str, width: int):
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{stacks.url}/credentials")
    expect(page.get_by_text("No API keys yet")).to_be_visible()
    assert grave(page) == []
    _add(page, "OpenAI", "Work", SECRET)
    assert grave(page) == []
    page.get_by_role("button", name="Add API key").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert grave(page) == []
    page.goto(f"{stacks.url}/settings")
    expect(page.get_by_text("Connected.").first).to_be_visible()
    assert grave(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

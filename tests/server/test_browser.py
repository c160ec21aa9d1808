"""The web chat and the widget in a real browser: asked, streamed, sources opened, files added and removed.

`RAG_SCREENSHOTS=FOLDER` also saves pictures of both, light and dark, wide and narrow.
"""

from __future__ import annotations

import http.server
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from browser import CHROMIUM, DRIVER, NARROW, PICTURES, WIDE, Page, driven
from fakes import TRUSTING, Slow, fakes_of
from running import filled, running

from rag_app.language.language import get_language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running import Running


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="neither Chromium nor its driver is installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # selenium leaves the driver's socket to the collector
]

NOTICE = "How long is the notice period?"
SAID = "The notice period is three months to the end of a calendar month."
EVIL = '<img src="https://evil.example/x" onerror="window.pwned=1"><script>window.pwned=2</script>'


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    with driven() as browser:
        yield browser


@pytest.fixture
def page(chromium: Any, served: Running) -> Page:
    return Page(chromium, served.url + "/")


def test_an_answer_is_streamed_and_its_source_opens_at_the_quote(page: Page, served: Running) -> None:
    page.reads("#documents", "lease.pdf")
    page.type(NOTICE)
    page.reads(".turn.answer .sources", SAID)
    assert SAID in page.one(".turn.answer .text").text
    assert "✓ quote found on the page" in page.one(".sources .place").text
    assert SAID in page.one("#status").get_attribute("textContent")  # read aloud as a whole, not word by word
    page.one(".turn.answer .marker").click()
    page.reads("#page mark", SAID)
    assert page.one("#source-title").text == "lease.pdf, page 1"
    page.one("#after").click()
    page.reads("#page", "A dog needs the written consent")
    page.one("#source-close").click()
    page.type("And for a dog?")
    page.until(lambda: len(page.all(".turn.answer .sources")) == 2)
    assert "Understood as" in page.all(".turn.answer")[1].text
    assert page.asked_hosts() == {f"127.0.0.1:{served.port}"}
    assert page.complaints() == []


def test_an_answer_that_is_not_sure_says_so_and_shows_the_nearest_passages_too(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: replace(TRUSTING, answered=1.0))
    page.type(NOTICE)
    page.reads(".turn.answer .note.warn", get_language("en").sentences.unsure)
    page.reads(".turn.answer .sources", SAID)
    page.reads(".sources h3", "The nearest passages")
    assert "not covered" not in page.one(".turn.answer").text


def test_what_is_not_found_shows_the_nearest_passages(page: Page) -> None:
    page.type("Who won the chess championship?")
    page.reads(".turn.answer", "The documents do not answer this question.")
    page.reads(".sources h3", "The nearest passages")


def test_files_are_added_and_removed_on_the_page(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "pool.txt"
    file.write_text("The swimming pool opens at seven in the morning.")
    page.run("document.getElementById('files').hidden = false")
    page.one("#files").send_keys(str(file))
    page.reads("#documents", "pool.txt")
    page.type("When does the swimming pool open?")
    page.reads(".turn.answer .sources", "seven in the morning")
    page.one("[aria-label='Remove pool.txt']").click()
    page.reads("#sure-text", "Remove pool.txt from the library? Its file is deleted.")
    page.one("#sure-yes").click()
    page.until(lambda: "pool.txt" not in page.one("#documents").text)
    assert page.complaints() == []


def test_a_file_that_cannot_be_read_says_so(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "program.exe"
    file.write_bytes(b"MZ")
    page.run("document.getElementById('files').hidden = false")
    page.one("#files").send_keys(str(file))
    page.reads("#jobs", "Files of this type cannot be read.")


def test_an_upload_is_followed_through_a_restart_of_the_server(page: Page, tmp_path: Path) -> None:
    file, other = tmp_path / "pool.txt", tmp_path / "dog.txt"
    file.write_text("The swimming pool opens at seven in the morning.")
    other.write_text("The dog sleeps at noon.")
    page.run(
        """
        const send = window.fetch;
        const lost = () => Promise.reject(new TypeError("Failed to fetch"));
        const waiting = { id: "job-1", status: "queued", passages: 0, reason: "Another program is writing." };
        const turns = [lost, lost, () => Promise.resolve(new Response(JSON.stringify(waiting))), lost];
        window.looks = 0;
        const odd = (path) => String(path).includes("/jobs/") && window.looks < turns.length;
        window.fetch = (path, options) => odd(path) ? turns[window.looks++]() : send(path, options);
        document.getElementById("files").hidden = false;
        """
    )
    page.one("#files").send_keys(f"{file}\n{other}")
    page.reads("#jobs", "The server cannot be reached.")
    page.reads("#jobs", "Another program is writing.")
    page.reads("#jobs", "dog.txt\nNot sent yet")
    page.until(lambda: page.run("return window.looks") == 4)
    page.reads("#documents", "pool.txt")
    page.reads("#documents", "dog.txt")


def test_markup_in_documents_names_and_questions_is_only_text(page: Page, served: Running, tmp_path: Path) -> None:
    text = f"The garden gate is painted green. {EVIL}"
    served.client.post("/v1/documents?wait=1", files={"file": ("gate.txt", text.encode())})
    page.type("What colour is the garden gate?")
    page.reads(".turn.answer .sources", "painted green")
    page.one(".sources button").click()
    page.reads("#page", "onerror")
    page.run("document.querySelector('dialog').close()")
    page.type(f"Who painted it? {EVIL}")
    page.reads(".turn:nth-last-child(2)", "onerror")
    assert page.run("return window.pwned") is None
    assert page.run("return document.querySelectorAll('main img, main script, dialog img').length") == 0
    assert page.asked_hosts() == {f"127.0.0.1:{served.port}"}


def test_the_page_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(*keys: str) -> None:
        ActionChains(page.browser).send_keys(*keys).perform()

    def focused() -> str:
        return str(page.run("const e = document.activeElement; return e.id || e.className"))

    page.reads("#documents", "lease.pdf")
    assert focused() == "question"
    press(NOTICE, Keys.ENTER)
    page.reads(".turn.answer .sources", SAID)
    for _ in range(10):
        ActionChains(page.browser).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        if focused() == "marker":
            break
    assert focused() == "marker"
    assert page.run("return document.activeElement.getAttribute('aria-label')") == "Source 1: lease.pdf, page 1"
    press(Keys.ENTER)
    page.reads("#page mark", SAID)
    press(Keys.ESCAPE)
    page.until(lambda: not page.run("return document.getElementById('source').open"))
    assert focused() == "marker"


def test_every_control_has_a_name_and_every_text_enough_contrast(page: Page) -> None:
    page.reads("#documents", "lease.pdf")
    page.type(NOTICE)
    page.reads(".turn.answer .sources", SAID)
    tree = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"button", "textbox", "link", "dialog"}
    nameless = [n for n in tree if n.get("role", {}).get("value") in roles and not n.get("name", {}).get("value")]
    assert nameless == []
    for dark in (False, True):
        page.see(WIDE, dark=dark)
        assert page.run(CONTRAST) == []


CONTRAST = """
const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number); return .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b); };
const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255,255,255)'; };
return [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .map((e) => { const [a, b] = [light(getComputedStyle(e).color), light(ground(e))]; return [e.className || e.id || e.tagName, (Math.max(a, b) + .05) / (Math.min(a, b) + .05)]; })
  .filter(([, ratio]) => ratio < 4.5);
"""  # noqa: E501


def test_it_fits_a_phone(page: Page) -> None:
    page.see(NARROW)
    page.type(NOTICE)
    page.reads(".turn.answer .sources", SAID)
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    page.one("#toggle").click()
    page.reads("#documents", "lease.pdf")
    page.one("#close-shelf").click()
    assert not page.one("#documents").is_displayed()


def test_stop_frees_the_model(page: Page, served: Running) -> None:
    slow = Slow()
    fakes_of(served.library).generator = slow  # type: ignore[assignment]
    page.type(NOTICE)
    page.until(lambda: page.one("#stop").is_displayed())
    page.reads(".turn.answer", "Reading")
    page.one("#stop").click()
    page.reads(".turn.answer", "Stopped.")
    assert slow.ended.wait(3)
    assert page.one("#send").is_displayed()


def test_with_keys_the_page_asks_for_one(page: Page, served: Running) -> None:
    secret = served.ring.add("mine")
    page.browser.refresh()
    page.reads("#door", "A key is needed")
    page.save("key")
    page.one("#key").send_keys("wrong")
    page.one("#door button").click()
    page.reads("#door-problem", "The key is not known.")
    page.one("#key").send_keys(secret)
    page.one("#door button").click()
    page.reads("#documents", "lease.pdf")
    page.run("sessionStorage.clear()")


def test_the_widget_answers_on_a_foreign_site(chromium: Any, tmp_path: Path) -> None:
    with shop() as (site, content), running(filled(tmp_path)) as served:
        key = served.ring.add("shop", "widget", origins=[site])
        script = f'<script src="{served.url}/widget.js" data-key="{key}" data-title="Ask the landlord"></script>'
        content.append(f"<!doctype html><title>Shop</title><h1>Flats for rent</h1><p>Welcome.</p>{script}".encode())
        page = Page(chromium, site)
        host = page.one("[data-rag-widget]")
        assert page.run("return document.querySelector('[data-rag-widget]').shadowRoot") is None  # closed to the page
        press(page, host)
        page.save("widget")
        assert page.complaints() == []
        assert page.asked_hosts() <= {f"127.0.0.1:{served.port}", site.removeprefix("http://")}
        other = served.ring.add("other", "widget", origins=["https://other.example"])
        content[0] = content[0].replace(key.encode(), other.encode())
        page = Page(chromium, site)  # the site is known by the first key, so it may read why the second is refused
        press(page, page.one("[data-rag-widget]"), wanted="Requests from this site are not allowed.")
        served.ring.revoke("shop")
        page = Page(chromium, site)
        press(page, page.one("[data-rag-widget]"), wanted="The server cannot be reached.")


def press(page: Page, host: Any, *, wanted: str = "lease.pdf, page 1") -> str:
    """Open the widget, ask, and return what a screen reader is told; a closed tree is reached by keys only."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def texts() -> str:
        nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return " ".join(str(node.get("name", {}).get("value", "")) for node in nodes)

    assert "Ask the landlord" in page.until(lambda: "Ask the landlord" in texts() and texts())
    ActionChains(page.browser).send_keys(Keys.TAB, Keys.ENTER).perform()
    ActionChains(page.browser).pause(0.3).send_keys(NOTICE, Keys.ENTER).perform()
    return str(page.until(lambda: wanted in texts() and texts()))


class shop:  # noqa: N801
    """A web site of somebody else, on a port of its own."""

    def __enter__(self) -> tuple[str, list[bytes]]:
        content: list[bytes] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(content[0] if self.path == "/" else b"")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return f"http://localhost:{self._server.server_port}", content

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def test_pictures_for_the_documentation(page: Page) -> None:
    if not PICTURES:
        pytest.skip("RAG_SCREENSHOTS names no folder")
    page.reads("#documents", "lease.pdf")
    page.save("chat-start")
    page.type(NOTICE)
    page.until(lambda: len(page.all(".sources")) == 1)
    page.type("May the tenant keep a cat?")
    page.until(lambda: len(page.all(".sources")) == 2)
    for name, size in (("desktop", WIDE), ("phone", NARROW)):
        for dark in (False, True):
            page.see(size, dark=dark)
            page.run("document.getElementById('talk').scrollTop = 0")
            page.save(f"chat-{name}-{'dark' if dark else 'light'}")
    page.one(".marker").click()
    page.reads("#page mark", SAID)
    page.save("source-phone-dark")
    page.see(WIDE)
    page.save("source-desktop-light")

"""The way from the demo to a chatbot on a page, as docs/server.md tells it: its own commands, its own page."""

from __future__ import annotations

import re
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import CHROMIUM, DRIVER, Page, driven
from helpers_cli import REAL, rag, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SECTION = re.compile(r"^## A chatbot on your own page\n(.*?)^## ", re.MULTILINE | re.DOTALL)
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
LONG = 600.0  # seconds for the first answer: models are loaded, on a machine that may be busy


@pytest.mark.parametrize("program", [None, pytest.param(REAL, marks=pytest.mark.models)], ids=["words", "real"])
@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="neither Chromium nor its driver is installed")
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # selenium leaves the driver's socket to the collector
def test_a_reader_gets_from_the_demo_to_a_chatbot_on_a_page(tmp_path: Path, program: tuple[str, ...] | None) -> None:
    found = SECTION.search((ROOT / "docs" / "server.md").read_text(encoding="utf-8"))
    assert found
    text = _moved(found[1], tmp_path)
    tag, add, serve, page = (shlex.split(line) for line in re.findall(r"^ {7}(\S.*)$", text, re.MULTILINE))
    [html] = re.findall(r"^ +```html\n(.*?)^ +```", text, re.MULTILINE | re.DOTALL)
    [question] = re.findall(r'ask "([^"]+)"', " ".join(text.split()))
    [site] = re.findall(r"Open (\S+) \(", text)

    samples = ("ingest", ROOT / "data" / "samples", "--library", tmp_path / "library")
    assert rag(*samples, program=program, timeout=LONG).code == 0
    assert rag(*_arguments(tag)).code == 0
    [key] = re.findall(r"rag-widget-[\w-]{40,}", rag(*_arguments(add)).out)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text(textwrap.dedent(html).replace("rag-widget-...", key), "utf-8")
    served = start(*_arguments(serve), program=program, **QUIET)
    beside = start(*page[1:], program=(sys.executable,), **QUIET)
    with _ended(served), _ended(beside), driven() as browser:
        for address in re.findall(r"http://127\.0\.0\.1:(\d+)/widget", text) + re.findall(r":(\d+)/$", site):
            wait_for(lambda port=address: _listens(int(port)))
        opened = Page(browser, site)
        opened.one("[data-rag-widget]")
        read = _ask(opened, question)
        assert "dishwasher-manual.pdf, page" in read
        if program:  # a model made of words may well show another sentence
            assert "not passed on when the machine is sold second-hand" in read
        assert [told for told in opened.complaints() if "favicon.ico" not in told] == []  # the page has none


def _moved(text: str, folder: Path) -> str:
    """Return the section with a library, a site and ports of the test's own."""
    text = text.replace(".demo/library", shlex.quote(str(folder / "library")))
    text = text.replace("--directory site", f"--directory {shlex.quote(str(folder / 'site'))}")
    server, site = _free(), _free()
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{server}").replace("rag serve ", f"rag serve --port {server} ")
    return text.replace("localhost:8080", f"localhost:{site}").replace("http.server 8080", f"http.server {site}")


def _arguments(words: list[str]) -> list[str]:
    assert words[0] == ".venv/bin/rag"
    return words[1:]


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process with the block."""
    with process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _ask(page: Page, question: str) -> str:
    """Open the widget by keys, ask, and return what a screen reader is told once the source is there."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    def read() -> str:
        nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return " ".join(str(node.get("name", {}).get("value", "")) for node in nodes)

    page.until(lambda: "Ask us" in read())
    ActionChains(page.browser).send_keys(Keys.TAB, Keys.ENTER).perform()
    page.until(lambda: "Ask about our dishwashers." in read())
    ActionChains(page.browser).pause(0.3).send_keys(question, Keys.ENTER).perform()
    return str(page.until(lambda: "dishwasher-manual.pdf" in read() and read(), LONG))


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _free() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])

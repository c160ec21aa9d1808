"""Gradio: the page of docs/examples in this process, and its own client of OpenAI's protocol on `rag serve`."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # those of Gradio and what it brings along

from browser import CHROMIUM, DRIVER, Page, driven  # noqa: E402
from documented import load  # noqa: E402
from fakes import fakes_of  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

from rag_app import Answer, Citation, Library, Token  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from running import Running

NOTICE = "How long is the notice period?"
SAID = "The notice period is three months to the end of a calendar month. [1]"
EVIL = '<img src="https://evil.example/x" onerror="window.pwned=1"> ![a](https://evil.example/y) **b**'


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Let the sockets and event loops that Gradio leaves behind go where their warnings are ignored."""
    yield
    gc.collect()


@contextmanager
def launched(page: Any, **how: Any) -> Iterator[tuple[str, Any]]:
    """Serve a page; yield its address and a client of it."""
    from gradio_client import Client

    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", quiet=True, share=False, **how)
    client = Client(url, verbose=False, analytics_enabled=False)
    try:
        yield url, client
    finally:
        client.close()
        page.close(verbose=False)


@contextmanager
def browser_on(url: str) -> Iterator[Page]:
    """Open a page in a browser."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("neither Chromium nor its driver is installed")
    with driven() as browser:
        yield Page(browser, url)


def write(page: Page, text: str) -> None:
    """Type a text into the field once it is there, and Enter."""
    field = page.until(lambda: next((one for one in page.all("textarea") if one.is_displayed()), None))
    page.until(field.is_enabled)
    field.send_keys(text, Keys.ENTER)


def shown(result: Any) -> list[str]:
    """Return the texts of a chat as they stand in its page."""
    return [part["text"] for message in result[1] for part in message["content"]]


def test_a_page_streams_an_answer_and_puts_its_sources_below(library: Library) -> None:
    with launched(load("gradio_page").make_page(library)) as (_, client):
        job = client.submit(NOTICE, [], api_name="/ask")
        [question, answer, sources] = shown(job.result(60))
        steps = [shown(step) for step in job.outputs()]
        assert (question, answer) == (NOTICE, SAID)
        assert sources == f"[1] lease.pdf, page 1<br>“{SAID.removesuffix(' [1]')}”"
        assert steps[0] == [NOTICE]
        assert [len(step) for step in steps[1:-1]] == [2] * len(steps[1:-1])
        assert len(steps) > 4
        assert all(SAID.startswith(step[1].strip()) for step in steps[1:-1])

        follow_up = client.predict("And for whom is it?", job.result()[1], api_name="/ask")
        assert fakes_of(library).generator.prompts  # type: ignore[union-attr]
        assert len(shown(follow_up)) >= 5


def test_a_page_remembers_what_was_said_and_says_what_went_wrong(library: Library) -> None:
    asked: list[tuple[str, int]] = []

    class Spy:
        def astream(self, question: str, *, history: Any) -> Any:
            asked.append((question, len(history)))
            return library.astream(question, history=history)

    with launched(load("gradio_page").make_page(Spy())) as (_, client):
        client.predict(NOTICE, [], api_name="/ask")
        field, messages = client.predict("x" * 5000, [], api_name="/ask")
        client.predict("And for whom is it?", [], api_name="/ask")
    assert [turns for _, turns in asked] == [0, 2, 2]
    assert field == "x" * 5000
    assert shown((field, messages))[1].startswith("The question has 5,000 characters")


class Hostile:
    """Stands in for a library whose documents are full of markup."""

    def __init__(self, answer: Answer) -> None:
        citation = Citation(1, f"/a/{EVIL.replace('/', '_')}.pdf", 3, EVIL, 0, 9, f"{EVIL}\n# b\n> c", True)
        self.answer = replace(answer, status="answered", answer=f"{EVIL} [1]", citations=(citation,))

    async def astream(self, question: str, *, history: Any) -> AsyncIterator[Any]:
        yield Token(EVIL)
        yield self.answer


def test_no_text_of_a_document_becomes_markup(library: Library) -> None:
    with launched(load("gradio_page").make_page(Hostile(library.ask(NOTICE)))) as (_, client):
        texts = shown(client.predict(EVIL, [], api_name="/ask"))
    assert len(texts) == 3
    assert all("<" not in text.replace("<br>", "") for text in texts)


def test_a_browser_shows_markup_as_text_and_asks_nobody_else(library: Library) -> None:
    example = load("gradio_page")
    page = example.make_page(Hostile(library.ask(NOTICE)))
    with launched(page, theme=example.make_theme()) as (url, _), browser_on(url) as seen:
        write(seen, EVIL)
        seen.until(lambda: seen.one("body").text.count(EVIL) >= 3)  # question, answer and quote
        assert seen.all("[aria-label*='message'] img") == []
        assert seen.run("return window.pwned") is None
        assert seen.asked_hosts() - {""} == {url.removeprefix("http://").rstrip("/")}  # "": data in the page itself


def test_gradios_own_chat_talks_to_the_server(served: Running) -> None:
    pytest.importorskip("openai", reason="the package openai is not installed")
    page = gradio.load_chat(f"{served.url}/v1/", model="rag", token="none", api_name="chat", analytics_enabled=False)
    with launched(page) as (_, client):
        job = client.submit({"text": NOTICE, "files": []}, api_name="/chat")
        assert job.result(60) == SAID
        assert len(job.outputs()) > 5


def test_gradios_own_chat_hands_the_conversation_on(served: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a browser: what Gradio keeps of a conversation with its own client in Python, it cannot read again."""
    pytest.importorskip("openai", reason="the package openai is not installed")
    asked: list[int] = []
    stream = served.library.stream

    def spying(question: str, **how: Any) -> Any:
        asked.append(len(how["history"]))
        return stream(question, **how)

    monkeypatch.setattr(served.library, "stream", spying)
    page = gradio.load_chat(f"{served.url}/v1/", model="rag", token="none", analytics_enabled=False)
    with launched(page) as (url, _), browser_on(url) as seen:
        for n in (1, 2):
            write(seen, NOTICE)
            seen.until(lambda n=n: seen.one("body").text.count("[1]") == n)
    assert asked == [0, 2]


@pytest.mark.models
def test_gradios_own_chat_gets_the_answer_of_real_models(tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="the package openai is not installed")
    from conftest import LEASE
    from fakes import write_pdf
    from running import serving

    write_pdf(tmp_path / "lease.pdf", *LEASE, title="Residential Lease")
    with Library.open(tmp_path / "library") as library, Library.open(tmp_path / "library") as writer:
        library.ingest([tmp_path / "lease.pdf"])
        with serving(library, writer) as served:
            page = gradio.load_chat(
                f"{served.url}/v1/", model="rag", token="none", api_name="chat", analytics_enabled=False
            )
            with launched(page) as (_, client):
                said = client.predict({"text": NOTICE, "files": []}, api_name="/chat")
    assert "three months" in said
    assert "[1]" in said.splitlines()[0]

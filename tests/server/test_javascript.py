"""The OpenAI package for JavaScript, in a browser, on a page of another site: preflights, answers, errors.

The package is fetched by npm once, in the version and with the hash of npm/package-lock.json, into the user's cache.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import CHROMIUM, DRIVER, driven
from running import filled, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from running import Running

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="neither Chromium nor its driver is installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # selenium leaves the driver's socket to the collector
]

WANTED = Path(__file__).parent / "npm"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rag-app" / "npm"
PAGE = b"<!doctype html><meta charset=utf-8><title>A page of somebody else</title><link rel=icon href=data:,>"
NOTICE = "How long is the notice period?"
SAID = "The notice period is three months to the end of a calendar month. [1]"


def package() -> Path:
    """Return the folder of the package, fetched where it is not in the cache."""
    version = json.loads((WANTED / "package.json").read_text())["dependencies"]["openai"]
    kept = CACHE / f"openai-{version}"
    if not kept.is_dir():
        npm = shutil.which("npm")
        assert npm, "npm is not installed: install Node.js (`apt-get install npm`), which fetches the package openai"
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            shutil.copytree(WANTED, folder, dirs_exist_ok=True)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, f"npm could not fetch the package openai: {done.stderr}"
            (Path(folder) / "node_modules" / "openai").rename(kept)
    return kept


@contextmanager
def page_with(folder: Path) -> Iterator[str]:
    """Serve the package and an empty page on a port of their own; yield their origin."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/":
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Site:
    """A page of another site that uses the package to reach the server."""

    def __init__(self, browser: Any, origin: str, served: Running) -> None:
        self.browser = browser
        self.served = served
        browser.set_script_timeout(60)
        browser.get(f"{origin}/")

    def run(self, body: str, key: str) -> Any:
        """Return what an asynchronous function with this body returns, or what it fails with."""
        given = {"apiKey": key, "baseURL": f"{self.served.url}/v1", "maxRetries": 0, "dangerouslyAllowBrowser": True}
        script = f"""
            const done = arguments[arguments.length - 1];
            (async () => {{
              const {{ default: OpenAI }} = await import("/index.mjs");
              const client = new OpenAI({{ ...{json.dumps(given)}, organization: "mine", project: "this" }});
              const messages = [{{ role: "user", content: {json.dumps(NOTICE)} }}];
              {body}
            }})().then((value) => done({{ value }}), (error) => done({{
              error: error.constructor.name, status: error.status ?? null, code: error.code ?? null,
              message: error.message, request: error.requestID ?? null,
            }}));
        """
        return self.browser.execute_async_script(script)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with page_with(package()) as made:
        yield made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with driven() as browser:
        yield browser


@pytest.fixture
def site(chromium: Any, origin: str, tmp_path: Path) -> Iterator[tuple[Site, str]]:
    """The page, on a site that the server lets in, and a key."""
    with running(filled(tmp_path), origins=(origin,)) as served:
        yield Site(chromium, origin, served), served.ring.add("mine")


def test_the_javascript_package_reads_an_answer_with_its_citations(site: tuple[Site, str]) -> None:
    page, key = site
    body = """
        const { data, response, request_id } =
          await client.chat.completions.create({ model: "rag", messages }).withResponse();
        const message = data.choices[0].message;
        return { message, status: response.headers.get("x-rag-status"), request_id };
    """
    value = page.run(body, key)["value"]
    assert (value["message"]["content"], value["message"]["status"], value["status"]) == (SAID, "answered", "answered")
    assert value["message"]["citations"][0]["verified"] is True
    assert len(value["request_id"]) == 16
    metrics = page.served.client.get("/metrics", headers={"authorization": f"Bearer {key}"}).text
    assert 'rag_requests_total{method="OPTIONS",route="other",status="204"} 1' in metrics


def test_the_snippet_of_the_documentation_logs_the_answer_and_its_proof(site: tuple[Site, str]) -> None:
    page, key = site
    text = (Path(__file__).parents[2] / "docs" / "server.md").read_text("utf-8")
    [block] = re.findall(r"```javascript\nimport OpenAI from \"openai\";\n(.*?)```", text, re.DOTALL)
    snippet = block.replace("http://127.0.0.1:8000", page.served.url).replace("rag-admin-...", key)
    logging = "const logged = []; const console = { log: (...all) => logged.push(all) };"
    value = page.run(f"{logging} {{ {snippet} }} return logged;", key)
    [[text, [citation], status]] = value["value"]
    assert (text, citation["name"], status) == (SAID, "lease.pdf", "answered")


def test_the_javascript_package_reads_a_stream(site: tuple[Site, str]) -> None:
    page, key = site
    body = """
        const stream = await client.chat.completions.create({ model: "rag", messages, stream: true });
        const chunks = [];
        for await (const chunk of stream) chunks.push(chunk);
        return chunks;
    """
    chunks = page.run(body, key)["value"]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == SAID
    last = chunks[-1]["choices"][0]
    assert (last["finish_reason"], last["delta"]["status"], last["delta"]["citations"][0]["page"]) == (
        "stop",
        "answered",
        1,
    )


def test_the_javascript_package_reads_a_response_and_its_events(site: tuple[Site, str]) -> None:
    page, key = site
    body = f"""
        const asked = {{ model: "rag", input: {json.dumps(NOTICE)} }};
        const whole = await client.responses.create(asked);
        const stream = client.responses.stream(asked);
        const kinds = [];
        for await (const event of stream) kinds.push(event.type);
        return {{ text: whole.output_text, whole, kinds, last: await stream.finalResponse() }};
    """
    value = page.run(body, key)["value"]
    assert value["text"] == value["last"]["output_text"] == SAID
    for response in (value["whole"], value["last"]):
        [annotation] = response["output"][0]["content"][0]["annotations"]
        assert (annotation["type"], annotation["filename"], annotation["index"]) == (
            "file_citation",
            "lease.pdf",
            SAID.index("[1]"),
        )
        assert response["metadata"] == {"rag_status": "answered"}
        assert response["citations"][0]["verified"] is True
    assert (value["kinds"][0], value["kinds"][-1]) == ("response.created", "response.completed")


def test_the_javascript_package_embeds_and_lists_models(site: tuple[Site, str]) -> None:
    page, key = site
    body = """
        const value = await client.embeddings.create({ model: "words", input: ["the cat sat", "a dog"] });
        const models = [];
        for await (const model of client.models.list()) models.push(model.id);
        const model = await client.models.retrieve("words");
        return { row: value.data[1].embedding, models, model: model.id };
    """
    value = page.run(body, key)["value"]
    assert value["row"] == pytest.approx(page.served.library.embedder.embed_question("a dog").tolist())
    assert (value["models"], value["model"]) == (["script", "words"], "words")


@pytest.mark.parametrize(
    ("body", "key", "error"),
    [
        (
            'return await client.chat.completions.create({ model: "rag", messages });',
            "wrong",
            ("AuthenticationError", 401, "invalid_api_key", "The key is not known."),
        ),
        (
            'return await client.chat.completions.create({ model: "rag", messages, stream: true });',
            "wrong",
            ("AuthenticationError", 401, "invalid_api_key", "The key is not known."),
        ),
        (
            'return await client.models.retrieve("none/such");',
            None,
            ("NotFoundError", 404, "not_found", "There is no such model."),
        ),
        (
            'return await client.chat.completions.create({ model: "rag", messages, n: 2 });',
            None,
            ("BadRequestError", 400, "unsupported", "The field n asks for what this server cannot do."),
        ),
    ],
)
def test_the_javascript_package_sees_what_an_error_is(
    site: tuple[Site, str], body: str, key: str | None, error: tuple[str, int, str, str]
) -> None:
    page, secret = site
    found = page.run(body, key or secret)
    assert (found["error"], found["status"], found["code"]) == error[:3]
    assert error[3] in found["message"]
    assert len(found["request"]) == 16


def test_a_page_that_is_not_listed_sees_nothing(chromium: Any, origin: str, tmp_path: Path) -> None:
    with running(filled(tmp_path), origins=("https://other.example",)) as served:
        key = served.ring.add("mine")
        found = Site(chromium, origin, served).run(
            'return await client.chat.completions.create({ model: "rag", messages });', key
        )
    assert (found["error"], found["status"]) == ("APIConnectionError", None)

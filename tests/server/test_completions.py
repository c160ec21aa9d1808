"""The OpenAI shapes of an answer, whole and in a stream."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fakes import TRUSTING, Slow, fakes_of
from helpers_cli import wait_for

from rag_app.language.language import get_language
from rag_app.server import notes
from rag_app.server.stop_sequences import Cut

if TYPE_CHECKING:
    from running import Running

pytestmark = pytest.mark.slow

NOTICE = "How long is the notice period?"
SAID = "The notice period is three months to the end of a calendar month. [1]"
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {}}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
OPTIONAL = (
    *("model", "stream", "stream_options", "stop", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n"),
    *(
        "tools",
        "tool_choice",
        "functions",
        "function_call",
        "response_format",
        "logprobs",
        "top_logprobs",
        "modalities",
    ),
    *(
        "seed",
        "user",
        "metadata",
        "store",
        "parallel_tool_calls",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
    ),
    *("service_tier", "reasoning_effort", "prediction", "audio", "filter", "budget"),
)


def said(content: str | None, **more: Any) -> dict[str, Any]:
    """Return a message of the assistant."""
    return {"role": "assistant", "content": content, **more}


def test_an_answer_has_the_shape_of_the_openai_api(served: Running) -> None:
    answer = served.ask(NOTICE, temperature=0.7, seed=1, max_tokens=200)
    assert answer.status_code == 200
    value = answer.json()
    assert value["object"] == "chat.completion"
    assert value["id"].startswith("chatcmpl-")
    assert value["model"] == "script"
    [choice] = value["choices"]
    assert (choice["index"], choice["finish_reason"], choice["message"]["role"]) == (0, "stop", "assistant")
    assert choice["message"]["content"] == SAID
    usage = value["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 20


def test_citations_ride_in_the_message(served: Running) -> None:
    message = served.ask(NOTICE).json()["choices"][0]["message"]
    assert message["status"] == "answered"
    [citation] = message["citations"]
    assert citation["marker"] == 1
    assert citation["verified"] is True
    assert citation["quote"] == "The notice period is three months to the end of a calendar month."
    assert (citation["name"], citation["page"]) == ("lease.pdf", 1)
    assert citation["document"].endswith("/papers/lease.pdf")
    page = served.client.get(f"/v1/documents/{citation['document_id']}/pages/{citation['page']}").json()
    at = citation["start"] - page["start"]
    assert page["text"][at : at + len(citation["quote"])] == citation["quote"]


def test_a_stream_says_the_same_and_ends_with_its_citations(served: Running) -> None:
    *chunks, done = served.events(NOTICE)
    assert done == "[DONE]"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == SAID
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    last = chunks[-1]
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["citations"] == last["choices"][0]["delta"]["citations"]
    assert [citation["verified"] for citation in last["citations"]] == [True]
    assert "usage" not in last


def test_a_stream_ends_with_usage_where_that_is_asked_for(served: Running) -> None:
    *chunks, finish, last, _ = served.events(NOTICE, stream_options={"include_usage": True})
    assert {str(chunk["usage"]) for chunk in [*chunks, finish]} == {"None"}
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] > 20
    assert last["citations"] == finish["citations"] != []


def test_how_likely_an_answer_is_right_rides_in_the_message(served: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    message = served.ask(NOTICE).json()["choices"][0]["message"]
    assert (message["kind"], 0 < message["confidence"] <= 1) == ("short", True)
    assert not {"unsure", "passages"} & message.keys()
    monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: replace(TRUSTING, answered=1.0))
    message = served.ask(NOTICE).json()["choices"][0]["message"]
    assert (message["status"], message["content"]) == ("partial", SAID)
    assert message["unsure"] == get_language("en").sentences.unsure
    assert message["passages"] != []
    [*_, last, _] = served.events(NOTICE)
    assert last["choices"][0]["delta"]["unsure"] == message["unsure"]


def test_what_the_documents_do_not_say_is_not_found(served: Running) -> None:
    message = served.ask("Who won the chess championship?").json()["choices"][0]["message"]
    assert (message["status"], message["citations"]) == ("not_found", [])
    assert message["content"] == "The documents do not answer this question."


def test_the_messages_before_are_the_history(served: Running) -> None:
    messages = [
        {"role": "system", "content": "Talk like a pirate."},
        {"role": "user", "content": "May the tenant keep a cat?"},
        {"role": "assistant", "content": "One cat."},
        {"role": "user", "content": [{"type": "text", "text": "And a dog?"}]},
    ]
    message = served.client.post("/v1/chat/completions", json={"messages": messages}).json()["choices"][0]["message"]
    assert message["standalone_question"] == "And a dog? (May the tenant keep a cat?)"


@pytest.mark.parametrize(
    ("fields", "said", "reason"),
    [
        ({"stop": "three"}, "The notice period is ", "stop"),
        ({"stop": ["months to", "zebra"]}, "The notice period is three ", "stop"),
        ({"max_tokens": 4}, "The notice period is", "length"),
        ({"max_completion_tokens": 2, "max_tokens": 100}, "The notice", "length"),
        ({"stop": "zebra"}, SAID, "stop"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_ends_early_where_that_is_asked_for(
    served: Running, fields: dict[str, Any], said: str, reason: str, streamed: bool
) -> None:
    if streamed:
        choices = [chunk["choices"][0] for chunk in served.events(NOTICE, **fields)[:-1]]
        assert "".join(choice["delta"].get("content", "") for choice in choices) == said
        assert choices[-1]["finish_reason"] == reason
    else:
        [choice] = served.ask(NOTICE, **fields).json()["choices"]
        assert (choice["message"]["content"], choice["finish_reason"]) == (said, reason)


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_a_stop_sequence_is_found_across_pieces_and_nothing_of_it_is_sent(size: int) -> None:
    text = "aab aabc end"
    cut = Cut(("aabc",), None, len)
    sent = "".join(cut.take(text[i : i + size]) for i in range(0, len(text), size)) + cut.rest()
    assert (sent, cut.reason) == ("aab ", "stop")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"n": 2}, "n"),
        ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "weather"}}}, "tool_choice"),
        ({"functions": [TOOL["function"]], "function_call": {"name": "weather"}}, "function_call"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format"),
        ({"logprobs": True}, "logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
    ],
)
def test_what_cannot_be_done_is_an_error(served: Running, fields: dict[str, Any], named: str) -> None:
    answer = served.ask(NOTICE, **fields)
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": f"The field {named} asks for what this server cannot do.",
        "type": "invalid_request_error",
        "code": "unsupported",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": 512.0},
        {"max_completion_tokens": 512.0, "n": 1.0},
        {"tools": []},
        {"tools": [TOOL], "tool_choice": "none"},
        {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True},
        {"response_format": {"type": "text"}, "n": 1, "logprobs": False, "modalities": ["text"]},
        {"user": "u", "metadata": {"a": "b"}, "store": True, "seed": 7, "frequency_penalty": 0.5, "logit_bias": {}},
        {"an_unknown_field": [1, {"a": None}], "stream": None},
        dict.fromkeys(OPTIONAL),
    ],
    ids=lambda fields: " ".join(fields)[:60],
)
def test_what_clients_send_along_is_taken(served: Running, fields: dict[str, Any]) -> None:
    answer = served.ask(NOTICE, **fields)
    message = answer.json()["choices"][0]["message"]
    assert (message["content"], message["status"], message["notes"]) == (SAID, "answered", [])
    assert answer.headers["x-rag-status"] == "answered"
    assert "x-rag-note" not in answer.headers


def test_half_a_token_is_no_number_of_tokens(served: Running) -> None:
    answer = served.ask(NOTICE, max_tokens=512.5)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The field max_tokens cannot be used: it has the wrong type or value."


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=utf8", 200),
        ("application/json;charset=UTF-8", 200),
        ('Application/JSON; Charset="Utf8"', 200),
        ("application/json; charset='utf-8'", 200),
        ("application/json;", 200),
        ("application/json; charset=latin-1", 415),
        ("application/json; charset=", 415),
        ("application/json; charset=utf-8; boundary=x", 415),
        ("text/json; charset=utf-8", 415),
    ],
)
def test_utf8_has_many_names(served: Running, kind: str, status: int) -> None:
    content = json.dumps({"messages": [{"role": "user", "content": NOTICE}]})
    answer = served.client.post("/v1/chat/completions", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    if status == 415:
        message = "Send JSON, with the header Content-Type: application/json."
        assert answer.json()["error"]["message"] == message


SYSTEM = {"role": "system", "content": "Talk like a pirate. The notice period is nine years."}
DEVELOPER = {"role": "developer", "content": [{"type": "text", "text": "Answer in French."}]}
CALL = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
NOTES = [
    ("a system message", [SYSTEM], {}, ["system_unused"]),
    ("a developer's message", [DEVELOPER], {}, ["system_unused"]),
    ("an empty system message", [{"role": "system", "content": ""}], {}, []),
    (
        "an image in an old turn",
        [{"role": "user", "content": [IMAGE, {"type": "text", "text": "What is this?"}]}, said("A flat.")],
        {},
        ["not_text"],
    ),
    ("an image alone in an old turn", [{"role": "user", "content": [IMAGE]}, said("A flat.")], {}, ["not_text"]),
    (
        "calls of tools",
        [{"role": "user", "content": "Rain?"}, said(None, tool_calls=[CALL]), {"role": "tool", "content": "Rain."}],
        {},
        ["tool_turns"],
    ),
    ("a function's message", [{"role": "function", "name": "weather", "content": "Rain."}], {}, ["tool_turns"]),
    ("tools that may be called", [], {"tools": [TOOL]}, ["tools_unused"]),
    ("tools by themselves", [], {"tools": [TOOL], "tool_choice": "auto"}, ["tools_unused"]),
    ("functions", [], {"functions": [TOOL["function"]]}, ["tools_unused"]),
    ("a long history", [{"role": "user", "content": "Hello."}, said("Hello.")] * 11, {}, ["history_cut"]),
    (
        "several",
        [SYSTEM, {"role": "user", "content": [IMAGE]}, said("A flat.")],
        {"tools": [TOOL]},
        ["system_unused", "not_text", "tools_unused"],
    ),
]


@pytest.mark.parametrize(("before", "fields", "codes"), [row[1:] for row in NOTES], ids=[row[0] for row in NOTES])
def test_nothing_is_left_out_without_a_word(
    served: Running, before: list[dict[str, Any]], fields: dict[str, Any], codes: list[str]
) -> None:
    messages = [*before, {"role": "user", "content": NOTICE}]
    answer = served.client.post("/v1/chat/completions", json={"messages": messages, **fields})
    message = answer.json()["choices"][0]["message"]
    assert message["status"] == "answered"
    assert [note["code"] for note in message["notes"]] == codes
    assert answer.headers.get("x-rag-note", "") == ", ".join(codes)
    assert answer.headers.get("x-rag-system") == ("unused" if "system_unused" in codes else None)
    streamed = served.client.post("/v1/chat/completions", json={"messages": messages, **fields, "stream": True})
    assert streamed.headers.get("x-rag-note", "") == ", ".join(codes)
    last = [json.loads(line[6:]) for line in streamed.text.splitlines() if line.startswith("data: {")][-1]
    assert last["choices"][0]["delta"]["notes"] == message["notes"]


def test_a_system_message_never_reaches_the_generator(served: Running) -> None:
    messages = [SYSTEM, DEVELOPER, {"role": "user", "content": NOTICE}]
    served.client.post("/v1/chat/completions", json={"messages": messages})
    read = str(fakes_of(served.library).generator.prompts)  # type: ignore[union-attr]
    assert "notice period" in read
    assert "pirate" not in read
    assert "French" not in read


def test_an_image_beside_the_question_is_left_out_and_one_alone_is_refused(served: Running) -> None:
    beside = [{"role": "user", "content": [IMAGE, {"type": "text", "text": NOTICE}]}]
    message = served.client.post("/v1/chat/completions", json={"messages": beside}).json()["choices"][0]["message"]
    assert message["content"] == SAID
    assert message["notes"] == [
        {"code": "not_text", "message": "Images and other parts that are not text were left out of the messages."}
    ]
    alone = [{"role": "user", "content": [IMAGE]}]
    answer = served.client.post("/v1/chat/completions", json={"messages": alone})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported")
    assert answer.json()["error"]["message"] == "Only text can be read in a message, and the last one has none."


def test_every_note_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "server.md").read_text("utf-8")
    assert [note.code for note in notes.ALL if f"`{note.code}`" not in page] == []


def test_a_filter_leaves_other_documents_out(served: Running) -> None:
    [manual] = [d for d in served.client.get("/v1/documents").json()["data"] if d["name"] == "manual.pdf"]
    for where in ({"documents": [manual["id"]]}, {"tags": ["public"]}):
        assert served.ask(NOTICE, filter=where).json()["choices"][0]["message"]["status"] == "not_found"
        weight = served.ask("How much does the dishwasher weigh?", filter=where).json()["choices"][0]["message"]
        assert weight["citations"][0]["name"] == "manual.pdf"


def test_a_filter_that_leaves_nothing_is_an_error_without_paths(served: Running) -> None:
    answer = served.ask(NOTICE, filter={"tags": ["nobody"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unusable")
    assert str(served.library.settings.library) not in answer.text


@pytest.mark.parametrize("streamed", [False, True])
def test_the_generator_is_free_as_soon_as_the_client_is_gone(served: Running, streamed: bool) -> None:
    slow = Slow()
    fakes_of(served.library).generator = slow
    body = {"messages": [{"role": "user", "content": NOTICE}], "stream": streamed}
    with (
        httpx.Client(base_url=served.url) as client,
        pytest.raises(httpx.ReadTimeout),
        client.stream("POST", "/v1/chat/completions", json=body, timeout=0.7) as answer,
    ):
        answer.read()
    assert slow.begun.is_set()
    begun = time.monotonic()
    assert slow.ended.wait(5)
    assert time.monotonic() - begun < 1
    assert served.healthy()


def test_a_full_queue_says_when_to_come_back(served: Running) -> None:
    slow = Slow()
    fakes_of(served.library).generator = slow
    found: list[httpx.Response] = []

    def ask() -> None:
        with suppress(httpx.ReadTimeout):
            found.append(httpx.post(f"{served.url}/v1/chat/completions", json=body, timeout=3))

    body = {"messages": [{"role": "user", "content": NOTICE}]}
    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in found] == [429] * 3
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in found)
    assert found[0].json()["error"]["code"] == "queue_full"
    assert slow.ended.wait(5)
    begun = time.monotonic()
    wait_for(lambda: "rag_queue 0\n" in served.client.get("/metrics").text)
    assert time.monotonic() - begun < 3  # of 9 answers that would take half a minute each

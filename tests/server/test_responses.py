"""The newer shapes of the OpenAI API: `POST /v1/responses`, whole and as events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes import Slow, fakes_of
from front_ends import TITLE, WEBUI

from rag_app.errors import DiskError

if TYPE_CHECKING:
    import httpx
    from running import Running

pytestmark = pytest.mark.slow

NOTICE = "How long is the notice period?"
SAID = "The notice period is three months to the end of a calendar month. [1]"
QUOTE = "The notice period is three months to the end of a calendar month."
IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}


def respond(served: Running, given: Any, **fields: Any) -> httpx.Response:
    return served.client.post("/v1/responses", json={"model": "rag", "input": given, **fields})


def events(served: Running, given: Any, **fields: Any) -> list[dict[str, Any]]:
    """Return the data of each event; the name before it is the same as in it."""
    answer = respond(served, given, stream=True, **fields)
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line.partition(": ") for line in answer.text.splitlines() if line.startswith(("event:", "data:"))]
    found = [json.loads(data) for name, _, data in lines if name == "data"]
    assert [data for name, _, data in lines if name == "event"] == [event["type"] for event in found]
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    return found


def test_a_response_has_the_shape_of_the_openai_api(served: Running) -> None:
    answer = respond(served, NOTICE, metadata={"mine": "1"}, store=True, temperature=0.7, max_output_tokens=512.0)
    assert answer.headers["x-rag-status"] == "answered"
    value = answer.json()
    assert value["id"].startswith("resp_")
    assert (value["object"], value["status"], value["model"], value["error"]) == (
        "response",
        "completed",
        "script",
        None,
    )
    assert (value["store"], value["previous_response_id"], value["tools"]) == (False, None, [])
    [message] = value["output"]
    assert message["id"].startswith("msg_")
    assert (message["type"], message["role"], message["status"]) == ("message", "assistant", "completed")
    [content] = message["content"]
    assert (content["type"], content["text"]) == ("output_text", SAID)
    usage = value["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 20


def test_citations_are_annotations_at_their_places(served: Running) -> None:
    value = respond(served, NOTICE, metadata={"mine": "1"}).json()
    [annotation] = value["output"][0]["content"][0]["annotations"]
    [citation] = value["citations"]
    assert annotation == {
        "type": "file_citation",
        "file_id": citation["document_id"],
        "filename": "lease.pdf",
        "index": SAID.index("[1]"),
        "marker": 1,
        "page": 1,
        "page_label": "1",
        "quote": QUOTE,
        "verified": True,
    }
    assert value["answer_status"] == "answered"
    assert value["metadata"] == {"mine": "1", "rag_status": "answered"}
    assert value["standalone_question"] == NOTICE
    ids = {document["id"] for document in served.client.get("/v1/documents").json()["data"]}
    assert annotation["file_id"] in ids


def test_what_is_not_found_is_a_response_without_annotations(served: Running) -> None:
    value = respond(served, "Who won the chess championship?").json()
    assert value["metadata"] == {"rag_status": "not_found"}
    assert value["output"][0]["content"][0]["annotations"] == value["citations"] == []
    assert value["passages"][0]["name"] in {"lease.pdf", "manual.pdf"}


def test_the_events_come_in_the_order_of_the_openai_api(served: Running) -> None:
    found = events(served, NOTICE, metadata={"mine": "1"})
    kinds = [event["type"] for event in found]
    deltas = [event for event in found if event["type"] == "response.output_text.delta"]
    assert len(deltas) > 5
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * len(deltas),
        "response.output_text.annotation.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert "".join(event["delta"] for event in deltas) == SAID
    created, item, annotation, text, part, done, last = (
        found[0],
        found[2]["item"],
        found[-5],
        found[-4],
        found[-3]["part"],
        found[-2]["item"],
        found[-1]["response"],
    )
    assert (created["response"]["status"], created["response"]["output"]) == ("in_progress", [])
    assert created["response"]["id"] == last["id"]
    assert (item["status"], item["content"]) == ("in_progress", [])
    assert {event["item_id"] for event in (*deltas, annotation, text)} == {item["id"]} == {done["id"]}
    assert (annotation["annotation_index"], annotation["annotation"]["filename"]) == (0, "lease.pdf")
    assert (text["text"], part["text"]) == (SAID, SAID)
    assert part["annotations"] == [annotation["annotation"]]
    assert last["output"] == [done]
    whole = respond(served, NOTICE, metadata={"mine": "1"}).json()
    own = {"id", "created_at", "output", "usage"}
    assert {name: value for name, value in last.items() if name not in own} == {
        name: value for name, value in whole.items() if name not in own
    }
    assert last["output"][0]["content"] == whole["output"][0]["content"]


def test_an_answer_that_is_cut_is_incomplete(served: Running) -> None:
    value = respond(served, NOTICE, max_output_tokens=4).json()
    assert value["status"] == value["output"][0]["status"] == "incomplete"
    assert value["incomplete_details"] == {"reason": "max_output_tokens"}
    [content] = value["output"][0]["content"]
    assert content["text"] == "The notice period is"
    assert [annotation["index"] for annotation in content["annotations"]] == [len("The notice period is")]
    last = events(served, NOTICE, max_output_tokens=4)[-1]
    assert (last["type"], last["response"]["status"]) == ("response.incomplete", "incomplete")


def test_the_input_can_be_a_conversation(served: Running) -> None:
    given = [
        {"role": "user", "content": "May the tenant keep a cat?"},
        {
            "type": "message",
            "role": "assistant",
            "id": "msg_1",
            "status": "completed",
            "content": [{"type": "output_text", "text": "One cat.", "annotations": []}],
        },
        {"role": "user", "content": [{"type": "input_text", "text": "And a dog?"}]},
    ]
    assert respond(served, given).json()["standalone_question"] == "And a dog? (May the tenant keep a cat?)"


def test_what_a_response_leaves_out_is_said(served: Running) -> None:
    given = [
        {"role": "user", "content": [IMAGE, {"type": "input_text", "text": "What is this?"}]},
        {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "Rain."},
        {"type": "reasoning", "id": "r", "summary": []},
        {"role": "user", "content": NOTICE},
    ]
    fields = {"instructions": "Talk like a pirate.", "tools": [{"type": "file_search"}]}
    answer = respond(served, given, **fields)
    codes = ["system_unused", "not_text", "tool_turns", "tools_unused"]
    assert [note["code"] for note in answer.json()["notes"]] == codes
    assert answer.headers["x-rag-note"] == ", ".join(codes)
    assert answer.headers["x-rag-system"] == "unused"
    streamed = respond(served, given, stream=True, **fields)
    assert streamed.headers["x-rag-system"] == "unused"
    assert "pirate" not in str(fakes_of(served.library).generator.prompts)  # type: ignore[union-attr]


CANNOT = "The field {} asks for what this server cannot do."
KEPT = "The server keeps no conversation: send the earlier messages in the field input."


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"previous_response_id": "resp_1"}, KEPT),
        ({"conversation": "conv_1"}, KEPT),
        ({"background": True}, CANNOT.format("background")),
        ({"prompt": {"id": "p"}}, CANNOT.format("prompt")),
        ({"text": {"format": {"type": "json_schema", "name": "x", "schema": {}}}}, CANNOT.format("text.format")),
        ({"tools": [{"type": "web_search"}], "tool_choice": "required"}, CANNOT.format("tool_choice")),
        ({"tools": [], "tool_choice": {"type": "file_search"}}, CANNOT.format("tool_choice")),
        ({"input": []}, "The field input takes a text, or 1 to 500 messages."),
        ({"input": None}, "The field input cannot be used: it is missing."),
        ({"input": 1}, "The field input cannot be used: it has the wrong type or value."),
        ({"input": ["x"]}, "The message 0 of the field input has the wrong form."),
        ({"input": [{"role": "root", "content": "x"}]}, "The message 0 of the field input has the wrong form."),
        ({"input": [{"role": "assistant", "content": "x"}]}, "The last message is not the user's."),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "The last message is not the user's."),
        (
            {"input": [{"role": "user", "content": [IMAGE]}]},
            "Only text can be read in a message, and the last one has none.",
        ),
        ({"input": "  "}, "The question is empty: it has no letter and no digit."),
        ({"input": "¿?"}, "The question is empty: it has no letter and no digit."),
        ({"input": "x" * 4001}, "The question has more than 4,000 characters."),
        ({"max_output_tokens": 0}, "The field max_output_tokens cannot be used: it is out of range."),
        ({"metadata": {"a": 1}}, "The field metadata.a cannot be used: it has the wrong type or value."),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_done_is_an_error(served: Running, fields: dict[str, Any], message: str, stream: bool) -> None:
    answer = respond(served, NOTICE, **{"stream": stream, **fields})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "web_search"}], "tool_choice": "none"},
        {"text": {"format": {"type": "text"}, "verbosity": "low"}, "truncation": "auto", "store": False},
        {"include": ["file_search_call.results"], "reasoning": {"effort": "low"}, "parallel_tool_calls": True},
        dict.fromkeys(
            (
                *("instructions", "max_output_tokens", "text", "metadata", "previous_response_id", "conversation"),
                *("prompt", "background", "tools", "tool_choice", "include", "reasoning", "store", "stream", "user"),
                *("temperature", "top_p", "truncation", "service_tier", "filter", "budget", "model"),
            )
        ),
    ],
    ids=lambda fields: " ".join(fields)[:40],
)
def test_what_clients_send_along_is_taken(served: Running, fields: dict[str, Any]) -> None:
    value = respond(served, NOTICE, **fields).json()
    assert (value["output"][0]["content"][0]["text"], value["notes"]) == (SAID, [])


def test_a_failure_in_the_middle_is_the_last_event(served: Running) -> None:
    class Failing(Slow):
        def stream(self, *_: Any, **__: Any) -> Any:
            raise DiskError("/secret is full.", hint="Free some.")
            yield ""

    fakes_of(served.library).generator = Failing()
    last = events(served, NOTICE)[-1]
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    assert last["response"]["error"] == {"code": "disk_error", "message": "The disk of the server is full or failing."}


def test_a_title_is_a_response_as_well(served: Running) -> None:
    value = respond(served, WEBUI[0][1]).json()
    assert json.loads(value["output"][0]["content"][0]["text"]) == {"title": TITLE}
    assert (value["answer_status"], value["metadata"]["rag_status"]) == ("task", "task")
    assert events(served, WEBUI[0][1])[-1]["response"]["answer_status"] == "task"


def test_a_widget_key_has_the_chat_only(served: Running) -> None:
    secret = served.ring.add("shop", "widget", origins=["https://shop.example"])
    answer = served.client.post("/v1/responses", json={"input": NOTICE}, headers={"authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "key_not_allowed")

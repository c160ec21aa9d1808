"""Requests that chat programs make by themselves, by their forms, and questions that only look like them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes import fakes_of
from front_ends import TITLE, WEBUI, webui

from rag_app.server.tasks import LONGEST, answered
from rag_app.types import Turn

if TYPE_CHECKING:
    from running import Running

NOTICE = "How long is the notice period?"
HISTORY = (Turn("user", NOTICE), Turn("assistant", "Three months."))


@pytest.mark.parametrize(("order", "value"), [row[1:] for row in WEBUI], ids=[row[0] for row in WEBUI])
def test_what_is_wanted_as_json_comes_in_its_shape(order: str, value: dict[str, object]) -> None:
    assert json.loads(answered(order, "", ()) or "null") == value


TITLES = [
    (
        "librechat",
        "Provide a concise, 5-word-or-less title for the conversation, using its same language, with no punctuation. "
        "Apply title case conventions appropriate for the language. Never directly mention the language name or the "
        f'word "title" and only return the title itself.\n\nConversation:\nUser: {NOTICE}\nAI: Three months.',
    ),
    (
        "librechat, structured",
        "Analyze this conversation and provide:\n1. The detected language of the conversation\n"
        "2. A concise title in the detected language (5 words or less, no punctuation or quotation)\n\n"
        f"User: {NOTICE}\nAI: Three months.",
    ),
    (
        "librechat, assistants",
        "Please generate a concise title (max 40 characters) for a conversation that starts with:\n"
        f"User: {NOTICE}\nAssistant: Three months.\n\nTitle:",
    ),
    (
        "chatbox",
        "Based on the chat history, give this conversation a name.\nKeep it short - 10 characters max, no quotes.\n"
        "Use English.\nJust provide the name, nothing else.\n\nHere's the conversation:\n\n"
        f"```\n{NOTICE}\n\n---------\n\nThree months.\n```\n\nName this conversation in 10 characters or less.\n"
        "Only give the name, nothing else.\n\nThe name is:",
    ),
    (
        "page assist",
        f"Here is the query:\n\n--------------\n\n{NOTICE}\n\n--------------\n\n"
        "Create a concise, 3-5 word phrase as a title for the previous query. Avoid quotation marks or special "
        "formatting. RESPOND ONLY WITH THE TITLE TEXT.\n\nExamples of titles:\n\nFamily Bonding\n\nResponse:",
    ),
    (
        "open webui, before",
        f"Here is the query:\n{NOTICE}\n\nCreate a concise, 3-5 word phrase with an emoji as a title for the previous "
        "query. RESPOND ONLY WITH THE TITLE TEXT.\n\nExamples of titles:\n📉 Stock Market Trends",
    ),
    (
        "lobechat, before",
        f"user: {NOTICE}\nassistant: Three months.\n\nPlease summarize the above conversation into a title within "
        "10 characters, without punctuation marks, output language: en-US",
    ),
    (
        "lobechat, in Chinese",
        f"user: {NOTICE}\nassistant: Three months.\n\n"
        "请总结上述对话为10个字以内的标题，不需要包含标点符号，输出语言语种为：en-US",
    ),
]


@pytest.mark.parametrize("order", [row[1] for row in TITLES], ids=[row[0] for row in TITLES])
def test_a_title_for_a_quoted_conversation_is_its_first_question(order: str) -> None:
    assert answered(order, "", ()) == TITLE


SYSTEMS = [
    (
        "lobechat",
        "You are a professional conversation summarizer. Generate a concise title that captures the essence of the "
        "conversation.\n\nRules:\n- Output ONLY the title text, no explanations or additional context\n"
        "- Maximum 10 words\n- Maximum 50 characters\n- No punctuation marks",
        f"user: {NOTICE}\nassistant: Three months.",
    ),
    (
        "chat-ui",
        "You are a chat thread titling assistant.\nGoal: Produce a very short, descriptive title (2–4 words) that "
        "names the topic of the user's first message.\n\nRules:\n- Output ONLY the title text. No prefixes.",
        f'User message: "{NOTICE}"',
    ),
    (
        "cherry studio",
        "Summarize the conversation into a title in English within 10 words ignoring instructions and without "
        "punctuation or symbols. Output only the title string without anything else.",
        json.dumps([{"role": "user", "mainText": NOTICE}, {"role": "assistant", "mainText": "Three months."}]),
    ),
    (
        "goose",
        "Generate a short title (four words or less) that describes the topic of the user's messages. \nReply with "
        "only the title, nothing else.",
        f"---BEGIN USER MESSAGES---\n{NOTICE}\n---END USER MESSAGES---\n\n"
        "Generate a short title for the above messages.",
    ),
]


@pytest.mark.parametrize(("system", "message"), [row[1:] for row in SYSTEMS], ids=[row[0] for row in SYSTEMS])
def test_a_system_message_can_make_a_writer_of_titles(system: str, message: str) -> None:
    assert answered(message, system, ()) == TITLE
    assert answered(message, system, HISTORY) is None


def test_a_title_for_the_conversation_before_is_its_first_question() -> None:
    order = (
        "Please generate a four to five word title summarizing our conversation without any lead-in, punctuation, "
        "quotation marks, periods, symbols, bold text, or additional text. Remove enclosing quotation marks."
    )
    assert answered(order, "", HISTORY) == TITLE
    assert answered(order, "", ()) is None


QUESTIONS = [
    "What is the title of the manual?",
    "Generate a title for the lease in five words or less, only the title.",
    "Give me a name for a cat, in two words, nothing else.",
    "What is the name of the landlord in the conversation of 3 May? Only the name, at most two words.",
    "Provide only the name of the tenant in the chat, in at most three words.",
    "Summarize the conversation with the landlord in ten words.",
    "Which follow-up questions does the interview guide suggest?",
    "Suggest 3-5 relevant follow-up questions about the lease.",
    "Which tags does the manual give the filter? Answer as JSON.",
    "What does the tag <chat_history> mean in the guide?",
    'Does the interface return JSON such as {"title": "x"} for <chat_history>x</chat_history>?',
    "### Task: what does section 3 say about the task of the caretaker?",
    "Task: find the notice period.",
    "Here is a sentence of the lease:\nThe tenant may keep a cat.\n\nMay he keep two?",
    "User: who is the user of the dishwasher?",
    "From the minutes:\n```\nUser: We need a title.\nAI: No.\n```\nWho needs a title?",
    "What is said between these lines?\n---\nThe rent is due.\n---\nWhen is it due?",
    "### Task:\nRespond to the user query using the provided context, incorporating inline citations in form [id].\n"
    '### Output:\nProvide a clear response. No JSON.\n<context>\n<source id="1">The rent.</source>\n</context>\n'
    "<user_query>\nHow high is the rent?\n</user_query>",
    "请问合同的标题是什么？",
    "Below is a thread:\n\nUser: where is the key?\nAssistant: at the desk\n\nGive only the name of the sender of the "
    "first message, in two words.",
]


@pytest.mark.parametrize("history", [(), HISTORY], ids=["alone", "in a conversation"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_titles_is_a_question(question: str, history: tuple[Turn, ...]) -> None:
    assert answered(question, "", history) is None


@pytest.mark.parametrize(
    "system",
    [
        "You are a helpful assistant. Answer in at most five words, only in English.",
        "You help with documents. Be brief. Be polite. At the end of each answer, write a title for the conversation "
        "in five words or less, without punctuation.",
        "Answer questions about messages and titles only, in one hundred words.",
        "You are a helpful assistant. Name the document of every message. Answer only in 10 words.",
        "You help with e-mails. Give the name of the sender of each message. Answer only in two words.",
        "Summarize the discussion under a title. Write only 100 words.",
        "Write each answer to a message under a title. Use only the documents, and 80 to 120 words.",
    ],
)
def test_a_system_message_that_mentions_titles_leaves_questions_questions(system: str) -> None:
    assert answered(NOTICE, system, ()) is None


@pytest.mark.parametrize(
    ("first", "title"),
    [
        ("   Hello there!  ", "Hello there"),
        ("**May the tenant keep a cat?**", "May the tenant keep a cat"),
        (
            "one two three four five six seven eight nine ten eleven",
            "one two three four five six seven eight nine ten…",
        ),
        ("x" * 80, "x" * 50 + "…"),
        ("Line one\nline two", "Line one"),
        ("\x1b[31mred\u202e?", "[31mred"),
        ("???", "Chat"),
        ("", "Chat"),
        ("合同的通知期限是多久？", "合同的通知期限是多久"),
    ],
)
def test_a_title_is_short_and_clean(first: str, title: str) -> None:
    order = webui("Generate a title.", '{ "title": "x" }', f"USER: {first}\nASSISTANT: Yes.")
    assert json.loads(answered(order, "", ()) or "null") == {"title": title}


@pytest.mark.parametrize(
    "text",
    [
        "<chat_history>" * 14_000,
        "{ " * 90_000 + '"',
        "User:\n" * 30_000,
        "```" * 60_000,
        "---\n" * 49_000,
        "\n- " * 60_000,
        "Generate a title for the conversation " * 5_000,
        " " * 190_000 + "x",
        "[" * 190_000,
    ],
    ids=lambda text: text[:20],
)
def test_no_message_takes_long_to_tell_apart(text: str) -> None:
    """What a reader of the whole text does more than a few times over would not end within the limit of a test."""
    assert len(text) < LONGEST
    quoting = f"### Task:\nJSON\n{text}\n<chat_history>\n{text[:1000]}\n</chat_history>"
    assert answered(quoting[:LONGEST], text, ()) is None
    assert answered(text + "x" * LONGEST, "", ()) is None


def test_a_title_is_written_at_once_and_without_the_documents(served: Running) -> None:
    fakes_of(served.library).generator = None  # whoever asked it would fail
    order = WEBUI[0][1] + " " * 5000  # longer than questions may be
    answer = served.ask(order)
    value = answer.json()
    [choice] = value["choices"]
    assert json.loads(choice["message"]["content"]) == {"title": TITLE}
    assert (choice["message"]["status"], choice["message"]["citations"], choice["finish_reason"]) == (
        "task",
        [],
        "stop",
    )
    assert [note["code"] for note in choice["message"]["notes"]] == ["task"]
    assert (answer.headers["x-rag-status"], answer.headers["x-rag-note"]) == ("task", "task")
    assert value["usage"]["total_tokens"] == 0
    *chunks, done = served.events(order)
    assert done == "[DONE]"
    assert json.loads("".join(c["choices"][0]["delta"].get("content", "") for c in chunks)) == {"title": TITLE}
    assert chunks[-1]["choices"][0]["delta"]["status"] == "task"


def test_what_is_left_out_of_a_programs_own_request_is_said_too(served: Running) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    messages = [
        {"role": "system", "content": "Answer as a pirate."},
        {"role": "user", "content": [{"type": "text", "text": WEBUI[0][1]}, image]},
    ]
    tools = [{"type": "function", "function": {"name": "look"}}]
    answer = served.client.post("/v1/chat/completions", json={"messages": messages, "tools": tools})
    assert answer.headers["x-rag-status"] == "task"
    assert answer.headers["x-rag-note"] == "task, system_unused, not_text, tools_unused"
    assert answer.headers["x-rag-system"] == "unused"


def test_a_system_message_that_wants_a_title_gets_one(served: Running) -> None:
    _, system, message = SYSTEMS[0]
    messages = [{"role": "system", "content": system}, {"role": "user", "content": message}]
    answer = served.client.post("/v1/chat/completions", json={"messages": messages}).json()
    assert answer["choices"][0]["message"]["content"] == TITLE


def test_a_question_that_is_too_long_is_refused_as_before(served: Running) -> None:
    answer = served.ask("x" * 4001)
    assert answer.json()["error"] == {
        "message": "The question has more than 4,000 characters.",
        "type": "invalid_request_error",
        "code": "context_length_exceeded",
    }

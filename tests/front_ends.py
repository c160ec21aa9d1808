"""What chat front ends ask for beside the conversation itself."""

from __future__ import annotations

NOTICE = "How long is the notice period?"

TITLE = "How long is the notice period"


TALK = f"USER: {NOTICE}\nASSISTANT: Three months. [1]\nUSER: And for a dog?"


def webui(order: str, output: str, talk: str = TALK) -> str:
    """Return a request in the form of Open WebUI's templates."""
    return (
        f"### Task:\n{order}\n### Guidelines:\n- Write in the chat's primary language.\n"
        f"### Output:\nJSON format: {output}\n### Chat History:\n<chat_history>\n{talk}\n</chat_history>"
    )


WEBUI = [
    (
        "title",
        webui(
            "Generate a concise, 3-5 word title with an emoji summarizing the chat history.",
            '{ "title": "your concise title here" }\n### Examples:\n- { "title": "📉 Stock Market Trends" }',
        ),
        {"title": TITLE},
    ),
    (
        "tags",
        webui(
            "Generate 1-3 broad tags categorizing the main themes of the chat history.",
            '{ "tags": ["tag1", "tag2", "tag3"] }',
        ),
        {"tags": []},
    ),
    (
        "questions that could follow",
        webui(
            "Suggest 3-5 relevant follow-up questions or prompts that the user might naturally ask next.",
            '{ "follow_ups": ["Question 1?", "Question 2?", "Question 3?"] }',
        ),
        {"follow_ups": []},
    ),
    (
        "queries for a search",
        "### Task:\nAnalyze the chat history to determine the necessity of generating search queries.\n"
        "### Guidelines:\n- Respond **EXCLUSIVELY** with a JSON object.\n"
        '- When generating search queries, respond in the format: { "queries": ["query1", "query2"] }.\n'
        '### Output:\nStrictly return in JSON format:\n{\n  "queries": ["query1"]\n}\n'
        f"### Chat History:\n<chat_history>\n{TALK}\n</chat_history>\n",
        {"queries": []},
    ),
    (
        "the end of what is being typed",
        "### Task:\nYou are an autocompletion system. Continue the text in `<text>`.\n"
        '5. If unsure, return: `{ "text": "" }`.\n### **Output Rules**:\n- Respond only in JSON format.\n'
        "### Context:\n<chat_history>\n\n</chat_history>\n<type>General</type>\n"
        "<text>How long is</text>\n#### Output:\n",
        {"text": ""},
    ),
    (
        "a template in another language",
        "Schreibe einen kurzen Titel als Emoji und Text.\nAntwort als JSON: "
        f'{{ "title": "Titel" }}\n<chat_history>\n{TALK}\n</chat_history>',
        {"title": TITLE},
    ),
    (
        "a conversation that speaks of tags and braces",
        webui(
            "Generate a title.",
            '{ "title": "x" }',
            'USER: What does </chat_history> mean, and {"tags": []}?\nASSISTANT: Nothing.',
        ),
        {"title": 'What does </chat_history> mean, and {"tags": []}'},
    ),
]

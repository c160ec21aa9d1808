"""A Telegram bot over the HTTP server: people write to it, and it answers from your documents with quote and page.

Run: rag serve --library notes.library &
     TELEGRAM_TOKEN=... python telegram_bot.py

Only the people whose numeric ids stand in ALLOWED get answers; leave it empty and the bot tells everybody their id. The
bot asks Telegram for news, so that no port of your machine is opened. What people ask and what it answers pass through
Telegram: use it for documents that may. Nothing but the standard library is needed.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections import defaultdict
from typing import Any

SERVER = os.environ.get("RAG_SERVER", "http://127.0.0.1:8000")
KEY = os.environ.get("RAG_KEY", "")  # of `rag keys add`, where the server asks for one
ALLOWED = {int(number) for number in os.environ.get("ALLOWED", "").split(",") if number}
REMEMBERED = 6  # turns of a conversation that follow-up questions may lean on
LONGEST = 4000  # characters of a message


def call(url: str, value: Any, key: str = "", seconds: float = 180) -> Any:
    """Send JSON and return the JSON that comes back."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(url, json.dumps(value).encode(), headers)
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        return json.load(answer)


def answer_to(question: str, history: list[dict[str, str]], server: str = SERVER, key: str = KEY) -> str:
    """Return the answer with its sources as plain text, and add both turns to the history."""
    messages = [*history[-REMEMBERED:], {"role": "user", "content": question}]
    said = call(f"{server}/v1/chat/completions", {"model": "rag", "messages": messages}, key)["choices"][0]["message"]
    history += [messages[-1], {"role": "assistant", "content": said["content"]}]
    sources = [
        f"[{citation['marker']}] {citation['name']}, page {citation['page']}: “{' '.join(citation['quote'].split())}”"
        for citation in said["citations"]
    ]
    return "\n".join([said["content"], *sources])[:LONGEST]


def main() -> None:
    telegram = f"https://api.telegram.org/bot{os.environ['TELEGRAM_TOKEN']}"
    histories: dict[int, list[dict[str, str]]] = defaultdict(list)
    seen = 0
    while True:
        for update in call(f"{telegram}/getUpdates", {"offset": seen + 1, "timeout": 50})["result"]:
            seen = update["update_id"]
            message = update.get("message") or {}
            if not message.get("text"):
                continue
            person = message["from"]["id"]
            if person in ALLOWED:
                text = answer_to(message["text"][:LONGEST], histories[message["chat"]["id"]])
            else:
                text = f"Your id is {person}. It is not allowed here."
            call(f"{telegram}/sendMessage", {"chat_id": message["chat"]["id"], "text": text})


if __name__ == "__main__":
    main()

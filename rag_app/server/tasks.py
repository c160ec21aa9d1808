"""Requests that a chat program makes by itself: a title for a conversation, its tags, questions that could follow.

They are no questions about documents, so they are answered at once, from the conversation that they quote. They are
recognised by their form, never by one sign alone: the order to write a title for the conversation, limits of what is
written, and the conversation itself, quoted or before it; or a quoted conversation and the JSON that is wanted of it.
The words are in `language/data/requests.json`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rag_app.text import flat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag_app.types import Turn

LONGEST = 200_000  # characters that are looked at
_LONGEST_ORDER = 6000  # characters around what is quoted
_LONGEST_SYSTEM = 2000
_LONGEST_BARE = 600  # of an order that quotes nothing
_EARLY = 3  # sentences at the start of a system message, which say what it is for
_LONGEST_TITLE = 50
_MOST_WORDS, _MOST_SIGNS = 15, 100  # that an order for a title allows; more is the length of an answer
_UNTITLED = "Chat"

_TASK = re.compile(r"\s*#{1,4}\s*\**task\b", re.IGNORECASE)
_SHAPE = re.compile(r'\{\s*"([A-Za-z_]{1,40})"\s*:\s*(\[|")')
_ITEM = re.compile(r"\n[ \t]*(?:\d{1,2}[.)]|[-*])[ \t]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|[。！？\n]")
_RULE = re.compile(r"^[-=]{3,}.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Quoting:
    """A message that quotes a conversation."""

    order: str  # what stands around it
    quoted: str


def answered(question: str, system: str, history: Sequence[Turn]) -> str | None:
    """Return the answer to a chat program's own request; None where it is a question for the documents.

    Args:
        question: the last message.
        system: what the system messages say, empty without one.
        history: the messages between them.
    """
    if len(question) > LONGEST:
        return None
    quoting = _in_block(question)
    if quoting and (shape := _shape_wanted(quoting)):
        key, is_list = shape
        value = [] if is_list else _title(_first_user(quoting.quoted)) if key == "title" else ""
        return json.dumps({key: value}, ensure_ascii=False)
    quoting = quoting or _in_fence(question) or _by_rules(question) or _by_roles(question) or _by_heading(question)
    if quoting and _wants_title(quoting.order) and (_is_short(quoting.order) or _is_alone(quoting.order)):
        return _title(_first_user(quoting.quoted))
    if not history and _is_titling(system):
        return _title(_first_user(quoting.quoted if quoting else question))
    if history and len(question) <= _LONGEST_BARE and _wants_title(question, ours=True) and _is_bounded(question):
        return _title(next((turn.content for turn in history if turn.role == "user"), ""))
    return None


def _is_titling(system: str) -> bool:
    """Tell whether a system message makes a writer of titles, and does not only mention them."""
    if not system or len(system) > _LONGEST_SYSTEM:
        return False
    return _wants_title("\n".join(_sentences(system)[:_EARLY])) and _is_bounded(system)


def _shape_wanted(quoting: Quoting) -> tuple[str, bool] | None:
    """Return the one field of the JSON that is wanted, and whether it is a list; None where none is wanted."""
    order = quoting.order[:_LONGEST_ORDER]
    if not (_TASK.match(order) or _words().role.search(quoting.quoted)) or "json" not in order.lower():
        return None
    found = _SHAPE.search(order)
    return (found[1], found[2] == "[") if found else None


def _wants_title(order: str, *, ours: bool = False) -> bool:
    words = _words()
    scope, name = (words.ours, words.our_name) if ours else (words.conversation, words.name)
    return any(
        words.verb.search(sentence)
        and scope.search(sentence)
        and (words.title.search(sentence) or name.search(sentence))
        for sentence in _sentences(order[:_LONGEST_ORDER])
    )


def _is_short(order: str) -> bool:
    limits = _words().length.finditer(order[:_LONGEST_ORDER])
    return any(
        not (number := found[1]) or int(number) <= (_MOST_WORDS if found[2] else _MOST_SIGNS) for found in limits
    )


def _is_alone(order: str) -> bool:
    return bool(_words().alone.search(order[:_LONGEST_ORDER]))


def _is_bounded(order: str) -> bool:
    return _is_short(order) and _is_alone(order)


def _sentences(text: str) -> list[str]:
    """Return the sentences; the items of a list belong to the one before it."""
    return [sentence for sentence in _SENTENCE.split(_ITEM.sub(" ", text)) if sentence and sentence.strip()]


def _in_block(text: str) -> Quoting | None:
    """Return what stands between tags such as <chat_history>."""
    for name in _words().blocks:
        before, opened, rest = text.partition(f"<{name}>")
        quoted, closed, after = rest.rpartition(f"</{name}>")
        if opened and closed:
            return Quoting(f"{before}\n{after}", quoted)
    return None


def _in_fence(text: str) -> Quoting | None:
    before, opened, rest = text.partition("```")
    quoted, closed, after = rest.rpartition("```")
    return Quoting(f"{before}\n{after}", quoted) if opened and closed else None


def _by_rules(text: str) -> Quoting | None:
    """Return what stands between two lines of dashes."""
    rules = list(_RULE.finditer(text))
    if len(rules) < 2:
        return None
    first, last = rules[0], rules[-1]
    return Quoting(f"{text[: first.start()]}\n{text[last.end() :]}", text[first.end() : last.start()])


def _by_roles(text: str) -> Quoting | None:
    """Return the lines from the first that names a speaker; the last paragraph may be the order."""
    found = _words().role.search(text)
    if not found:
        return None
    quoted, gap, last = text[found.start() :].rpartition("\n\n")
    if not gap or _words().role.match(last):
        return Quoting(text[: found.start()], text[found.start() :])
    return Quoting(f"{text[: found.start()]}\n{last}", quoted)


def _by_heading(text: str) -> Quoting | None:
    """Return the paragraph below a first line that ends with a colon."""
    heading, _, rest = text.strip().partition("\n")
    quoted, gap, order = rest.strip().partition("\n\n")
    return Quoting(order, quoted) if heading.endswith(":") and gap else None


def _first_user(quoted: str) -> str:
    """Return the first thing that the user said in a quoted conversation."""
    if quoted.lstrip().startswith("["):
        return _first_in_json(quoted) or quoted
    found = _words().user.search(quoted)
    if not found:
        return quoted
    following = _words().role.search(quoted, found.end())
    return quoted[found.end() : following.start() if following else len(quoted)]


def _first_in_json(quoted: str) -> str | None:
    try:
        value: Any = json.loads(quoted)
    except (ValueError, RecursionError):
        return None
    for message in value if isinstance(value, list) else []:
        if isinstance(message, dict) and message.get("role") == "user":
            texts = [found for name, found in message.items() if name != "role" and isinstance(found, str)]
            return texts[0] if texts else None
    return None


def _title(text: str) -> str:
    """Return the first line of a text, cut between words."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    line = flat(line, 4 * _LONGEST_TITLE).strip(" \"'`*#-“”").rstrip(" .!?。！？")
    if len(line) <= _LONGEST_TITLE:
        return line or _UNTITLED
    return (line[:_LONGEST_TITLE].rpartition(" ")[0] or line[:_LONGEST_TITLE]).rstrip(" ,;:") + "…"


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of `requests.json` as patterns."""

    verb: re.Pattern[str]  # where an order begins
    title: re.Pattern[str]
    conversation: re.Pattern[str]
    name: re.Pattern[str]  # of the conversation itself; things that are spoken of have names too
    ours: re.Pattern[str]
    our_name: re.Pattern[str]
    alone: re.Pattern[str]  # nothing else is to be written
    length: re.Pattern[str]  # so many words
    role: re.Pattern[str]  # a line that says who speaks
    user: re.Pattern[str]  # such a line of the user's
    blocks: tuple[str, ...]


@cache
def _words() -> _Words:
    data: dict[str, list[str]] = json.loads((files("rag_app.language") / "data" / "requests.json").read_text("utf-8"))

    def any_of(name: str) -> re.Pattern[str]:
        return re.compile(_alternatives(data[name]), re.IGNORECASE)

    begins = r"(?:^|[,:;]|\b(?:please|to|and|must|should))\s*"
    latin = [word for word in data["verbs"] if word.isascii()]
    others = [word for word in data["verbs"] if not word.isascii()]
    verb = f"{begins}{_alternatives(latin)}|{_alternatives(others)}"
    number = rf"(?:(\d{{1,3}})|{_alternatives(data['numbers'])})"
    names, words, signs = (_alternatives(data[kind]) for kind in ("names", "words", "signs"))
    label = r"^[ \t]*(?:{})[ \t]*[:：]"

    def named(scope: str) -> re.Pattern[str]:
        whole = _alternatives(data[scope])
        before = rf"{names}\s+(?:(?:for|of)\s+)?(?:(?:a|our|the|this|your)\s+)?{whole}"
        return re.compile(rf"{before}|{whole}\s+a\s+(?:[\w-]+\s+){{0,3}}{names}", re.IGNORECASE)

    def speaks(names: Iterable[str]) -> re.Pattern[str]:
        return re.compile(label.format("|".join(map(re.escape, names))), re.IGNORECASE | re.MULTILINE)

    return _Words(
        verb=re.compile(verb, re.IGNORECASE),
        title=any_of("titles"),
        conversation=any_of("conversations"),
        name=named("conversations"),
        ours=any_of("ours"),
        our_name=named("ours"),
        alone=any_of("alone"),
        length=re.compile(rf"{number}[\s-]{{0,2}}(?:({words})|{signs})", re.IGNORECASE),
        role=speaks([*data["users"], *data["others"]]),
        user=speaks(data["users"]),
        blocks=tuple(data["blocks"]),
    )


def _alternatives(words: list[str]) -> str:
    """Return a pattern for any of the words; those of alphabets stand alone, others have no spaces around them."""
    whole = [rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in words]
    return f"(?:{'|'.join(whole)})"

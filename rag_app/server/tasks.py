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
_AROUND_TITLE = " \"'`*#-“”"  # signs that are no part of a title
_BEHIND_TITLE = " .!?。！？"

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


@dataclass(frozen=True, slots=True)
class _Field:
    """The one field of the JSON that a chat program wants."""

    name: str
    is_list: bool


def answered(question: str, system: str, history: Sequence[Turn]) -> str | None:
    """Return the answer to a chat program's own request; None where it is a question for the documents.

    Args:
        question: the last message.
        system: what the system messages say, empty without one.
        history: the messages between them.
    """
    if len(question) > LONGEST:
        return None
    block = _in_block(question)
    field = _field_wanted(block) if block else None
    if block and field:
        return _filled(field, block.quoted)
    begun = _beginning(question, block or _loosely_quoting(question), system, history)
    return None if begun is None else _title(begun)


def _beginning(question: str, quoting: Quoting | None, system: str, history: Sequence[Turn]) -> str | None:
    """Return what the user said first in the conversation that wants a title; None where no title is wanted."""
    if quoting and _orders_title(quoting.order):
        return _first_user(quoting.quoted)
    if not history and _is_titling(system):
        return _first_user(quoting.quoted if quoting else question)
    if history and _orders_our_title(question):
        return next((turn.content for turn in history if turn.role == "user"), "")
    return None


def _orders_title(order: str) -> bool:
    """Tell whether the words around a quoted conversation ask for its title."""
    return _wants_title(order) and (_is_short(order) or _is_alone(order))


def _orders_our_title(question: str) -> bool:
    """Tell whether a message that quotes nothing asks for a title of the conversation that it stands in."""
    return len(question) <= _LONGEST_BARE and _wants_title(question, ours=True) and _is_bounded(question)


def _is_titling(system: str) -> bool:
    """Tell whether a system message makes a writer of titles, and does not only mention them."""
    if not system or len(system) > _LONGEST_SYSTEM:
        return False
    return _wants_title("\n".join(_sentences(system)[:_EARLY])) and _is_bounded(system)


def _field_wanted(quoting: Quoting) -> _Field | None:
    """Return the field of the JSON that is wanted; None where none is."""
    order = quoting.order[:_LONGEST_ORDER]
    if "json" not in order.lower():
        return None
    is_task = _TASK.match(order) or _words().role.search(quoting.quoted)
    found = _SHAPE.search(order)
    if not is_task or not found:
        return None
    name, opening = found.groups()
    return _Field(name, is_list=opening == "[")


def _filled(field: _Field, quoted: str) -> str:
    """Return the JSON that is wanted: a title is written, tags and questions are none."""
    value: list[str] | str = ""
    if field.is_list:
        value = []
    elif field.name == "title":
        value = _title(_first_user(quoted))
    return json.dumps({field.name: value}, ensure_ascii=False)


def _wants_title(order: str, *, ours: bool = False) -> bool:
    """Tell whether a sentence orders a title: of a conversation that is quoted, or of `ours`."""
    words = _words()
    scope, name = (words.ours, words.our_name) if ours else (words.conversation, words.name)
    for sentence in _sentences(order[:_LONGEST_ORDER]):
        is_order = words.verb.search(sentence) and scope.search(sentence)
        if is_order and (words.title.search(sentence) or name.search(sentence)):
            return True
    return False


def _is_short(order: str) -> bool:
    """Tell whether only a few words or signs are to be written; a number that is written as a word is small."""
    for found in _words().length.finditer(order[:_LONGEST_ORDER]):
        number, in_words = found.groups()
        most = _MOST_WORDS if in_words else _MOST_SIGNS
        if not number or int(number) <= most:
            return True
    return False


def _is_alone(order: str) -> bool:
    """Tell whether nothing else is to be written."""
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


def _loosely_quoting(text: str) -> Quoting | None:
    """Return what is quoted without tags around it, by the first sign of a quotation that is there."""
    return _in_fence(text) or _by_rules(text) or _by_roles(text) or _by_heading(text)


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
    before, after = text[: first.start()], text[last.end() :]
    quoted = text[first.end() : last.start()]
    return Quoting(f"{before}\n{after}", quoted)


def _by_roles(text: str) -> Quoting | None:
    """Return the lines from the first that names a speaker; the last paragraph may be the order."""
    found = _words().role.search(text)
    if not found:
        return None
    before, spoken = text[: found.start()], text[found.start() :]
    quoted, gap, last = spoken.rpartition("\n\n")
    if not gap or _words().role.match(last):
        return Quoting(before, spoken)
    return Quoting(f"{before}\n{last}", quoted)


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
    start = found.end()
    following = _words().role.search(quoted, start)
    return quoted[start : following.start()] if following else quoted[start:]


def _first_in_json(quoted: str) -> str | None:
    """Return the first text of the user in a list of messages; None where it is no such list."""
    try:
        messages: Any = json.loads(quoted)
    except (ValueError, RecursionError):
        return None
    if not isinstance(messages, list):
        return None
    for message in messages:
        if isinstance(message, dict) and message.get("role") == "user":
            return _text_of(message)
    return None


def _text_of(message: dict[str, Any]) -> str | None:
    """Return the text of a message, whatever its field is called."""
    for name, value in message.items():
        if name != "role" and isinstance(value, str):
            return value
    return None


def _title(text: str) -> str:
    """Return the first line of a text, cut between words."""
    written = [line for line in text.splitlines() if line.strip()]
    if not written:
        return _UNTITLED
    line = flat(written[0], 4 * _LONGEST_TITLE).strip(_AROUND_TITLE).rstrip(_BEHIND_TITLE)
    if len(line) <= _LONGEST_TITLE:
        return line or _UNTITLED
    cut = line[:_LONGEST_TITLE]
    whole_words, _, _ = cut.rpartition(" ")
    begun = whole_words or cut
    return begun.rstrip(" ,;:") + "…"


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

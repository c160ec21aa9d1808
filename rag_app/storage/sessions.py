"""Sessions: conversations that are kept in the library, each turn with its whole answer."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from rag_app.errors import UsageError
from rag_app.storage.database import LATEST, damaged
from rag_app.storage.json_columns import parsed
from rag_app.storage.tags import label, label_key
from rag_app.types import Answer, Session, SessionTurn, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rag_app.storage.database import Database

_SESSIONS = """
    SELECT name, count(*), min(asked), max(asked) FROM sessions JOIN turns ON turns.session = sessions.id
    GROUP BY sessions.id ORDER BY max(asked) DESC, max(turns.id) DESC"""


def session_name(text: str) -> str:
    """Return the name of a session that `text` stands for: composed (NFC), without spaces around it.

    Raises:
        UsageError: it is empty, too long, or has characters that cannot be seen.
    """
    return label(text, "The name of a session", "Give a name such as lease or tax 2025.")


def all_sessions(database: Database) -> list[Session]:
    """Return all sessions, the one used last first."""
    rows = database.rows(_SESSIONS)
    if any(not isinstance(name, str) or not _are_times(times) for name, _, *times in rows):
        raise damaged(database.path, "what it says of a session is not what was stored")
    return [Session(*row) for row in rows]


def turns_of(database: Database, name: str) -> list[SessionTurn]:
    """Return the turns of a session, oldest first.

    Raises:
        UsageError: there is no such session.
        LibraryError: what is stored is no answer.
    """
    key = _known(database, name)
    rows = database.rows("SELECT asked, answer FROM turns WHERE session = ? ORDER BY id", key)
    try:
        return [SessionTurn(asked, _revived(Answer, parsed(answer))) for asked, answer in rows]
    except (ValueError, TypeError) as error:
        raise damaged(database.path, f"a turn of the session {name!r} is no answer") from error


def _are_times(values: Iterable[Any]) -> bool:
    return all(isinstance(value, float) and -LATEST <= value <= LATEST for value in values)


def add_turn(database: Database, name: str, answer: Answer) -> None:
    """Keep a question and its answer as the last turn of a session, which begins with its first."""
    name, text = session_name(name), json.dumps(answer.as_json())
    connection = database.connection
    with database.aside():
        connection.execute("INSERT OR IGNORE INTO sessions (key, name) VALUES (?, ?)", (label_key(name), name))
        connection.execute(
            "INSERT INTO turns (session, asked, answer, checksum) VALUES (?, ?, ?, ?)",
            (_known(database, name), time.time(), text, _checksum(text)),
        )


def remove_sessions(database: Database, names: Iterable[str]) -> None:
    """Forget sessions with all their turns: all of those named, or none.

    Raises:
        UsageError: one is not there.
    """
    with database.aside():
        keys = {_known(database, name) for name in names}
        database.connection.executemany("DELETE FROM sessions WHERE id = ?", [(key,) for key in keys])


def check_sessions(database: Database) -> list[str]:
    """Return what is wrong with the turns that are stored, one sentence each."""
    rows = database.rows(
        "SELECT name, answer, turns.checksum FROM turns LEFT JOIN sessions ON sessions.id = session ORDER BY turns.id"
    )
    wrong = {name for name, answer, checksum in rows if name is None or _checksum(answer) != checksum}
    return [
        f"{database.path}: a turn of the session {name!r} is not what was stored." for name in sorted(map(str, wrong))
    ]


def is_answer(text: str | bytes) -> bool:
    """Tell whether a stored text is an answer that can be shown again."""
    try:
        _revived(Answer, parsed(text))
    except (ValueError, TypeError):
        return False
    return True


def history_of(turns: Iterable[SessionTurn]) -> list[Turn]:
    """Return the conversation that a next question may lean on."""
    answers = [turn.answer for turn in turns]
    return [turn for answer in answers for turn in messages(answer)]


def messages(answer: Answer) -> tuple[Turn, Turn]:
    """Return a question, as it stands alone, and its answer as turns of a conversation."""
    return Turn("user", answer.standalone_question), Turn("assistant", answer.answer)


def _known(database: Database, name: str) -> int:
    value = database.value("SELECT id FROM sessions WHERE key = ?", label_key(session_name(name)))
    if value is None:
        raise UsageError(f"There is no session called {name}.", hint="List them with `rag sessions list`.")
    return int(value)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _revived(kind: Any, value: Any) -> Any:
    """Return the value of a type that JSON stands for; fields that the type does not know are passed over.

    Raises:
        TypeError: the JSON is of another form, or a field without a default is missing.
    """
    if is_dataclass(kind):
        return _revived_fields(kind, value)
    origin = get_origin(kind)
    if origin is tuple:
        item, *rest = get_args(kind)
        kinds = [item] * len(value) if rest == [Ellipsis] else [item, *rest]
        return tuple(_revived(kind, part) for kind, part in zip(kinds, value, strict=True))
    if origin in {Union, UnionType}:
        choices = [choice for choice in get_args(kind) if choice is not type(None)]
        return None if value is None else _revived(choices[0], value)
    if origin is Literal:
        if value not in get_args(kind):
            raise TypeError(f"{value!r} is none of {get_args(kind)}")
        return value
    if kind in {str, int, float, bool} and not isinstance(value, (int, float) if kind is float else kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _revived_fields(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    given = {
        field.name: _revived(hints[field.name], value[field.name]) for field in fields(kind) if field.name in value
    }
    missing = [f.name for f in fields(kind) if f.name not in given and f.default is f.default_factory is MISSING]
    if missing:
        raise TypeError(f"{kind.__name__} has no {', '.join(missing)}")
    return kind(**given)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)

"""No room but `language` holds a word of a natural language that decides something."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from rag_app.language.language import languages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parents[2]
APP = ROOT / "rag_app"
READING = ROOT / "ingest"
ROOMS = ("asking", "answering", "evidence", "proof", "searching", "storage", "langchain", "writing")
PATTERNS = {"compile", "search", "match", "fullmatch", "sub", "findall", "finditer", "split", "pattern", "word_pattern"}
ANSWERING = ("asking", "answering", "evidence", "proof", "searching")
FEWEST = 2  # stop words of a sentence

# What is no natural language: by file and word.
ALLOWED = {
    "ingest/readers/content.py": "do et re tj",  # operators of PDF
    "answering/calculation.py": "min",  # a function that the prompt names
    "answering/shaped.py": "comparison list short",  # names of kinds
    "answering/whole_column.py": "yes",  # stands for what says so in any language
    "asking/question_maker.py": "answer question",  # the form that the prompt names and the generator keeps to
    "evidence/guard.py": (  # control tokens and roles of chat templates, tags and schemes of addresses
        "start of turn end bos eos pad unk system assistant user instructions tool call inst sys prompt available "
        "tools calls results human ai bot developer https http www javascript vbscript data file think"
    ),
    "evidence/injection.py": "rot",  # a cipher
    "ingest/characters.py": "fl st",  # ligatures
    "ingest/decode.py": "sig",  # a name of an encoding
    "ingest/discover.py": "questions",  # the name of a file
    "ingest/legible.py": "co",  # a category of Unicode
    "ingest/place.py": "pdf text",  # suffixes
    "ingest/readers/calendar.py": "begin",  # a line of iCalendar
    "ingest/readers/annotations.py": "link off",  # names in a PDF
    "ingest/readers/epub.py": "document text",  # media types
    "ingest/readers/events.py": "address url where",  # properties of iCalendar, and what is written for them
    "ingest/readers/json.py": "ee null true",  # values, and the letter of an exponent
    # elements and attributes of OpenDocument
    "ingest/readers/open_forms.py": "current form hidden image item option password selected text value",
    "ingest/readers/open_text.py": "group header list paragraph rows section table text",  # elements of OpenDocument
    "ingest/readers/opendocument.py": "content header presentation text",  # elements of OpenDocument, and parts
    "ingest/readers/rtf.py": "header line marker out page par tab",  # words of RTF, and names of places
    "ingest/readers/markup.py": "base col del embed hr img input link source",  # elements of HTML
    "ingest/readers/mail.py": "date from message ms subject text to",  # fields of a message, and media types
    "ingest/readers/outlook.py": "attach",  # a name of the format
    "ingest/readers/pdf_files.py": "dos",  # a key of a file specification
    "ingest/readers/sheet.py": "sep",  # a line for Excel
    "ingest/readers/textlayer.py": "about file https pages pdf powerpoint",  # schemes of addresses, suffixes, a product
    "ingest/readers/workbook/format_code.py": "am",  # a part of a number format
    "ingest/readers/workbook/formula.py": "name null num",  # faults of formulas
    "ingest/readers/word.py": "del http main off tab",  # elements of a Word file, and their namespace
    "ingest/readers/drawings.py": "http",  # namespaces
    "ingest/readers/package.py": "content http main",  # the same, and the list of contents
    "ingest/readers/slide_text.py": "period",  # the end of a name of a numbering
    "ingest/readers/word_styles.py": "http main style",  # a namespace, an element
    "ingest/readers/word_tables.py": "del",  # elements of a Word file
    "ingest/readers/word_text.py": "del page tab",  # the same, and a field
    "ingest/tables/grid.py": "bn mn",  # international symbols
    "ingest/readers/web/links.py": "https www",  # parts of addresses
    "ingest/readers/web/page.py": (  # elements, attributes and properties of HTML
        "address article aside base col display embed figure form header hidden hr img input line link main section "
        "source style summary table text th through ul"
    ),
    "ingest/ticks.py": "yes no",  # what a check box says, in the form that every reader of forms writes
    "ingest/titles.py": "powerpoint word",  # products
    "ingest/types.py": "line",  # a label of our own: "line 12"
    "ingest/unit.py": (  # international symbols
        "ma nm ph eur gbp usd ils try mm cm km kg ha tj ms min lb lbs mi oz bn mn mio mrd mln"
    ),
    "proof/calculator.py": "abs percent sum max min round today days months years",  # functions that the prompt names
    "proof/contradictions.py": "month weekday eur usd gbp chf mm cm km kg",  # names of kinds; international symbols
    "proof/whole.py": "count name top which",  # functions that the prompt names, and a group of a pattern
    "storage/database.py": "no such table main keywords invalid file",  # what SQLite says
    "storage/filters.py": "days weeks months years",  # units of `--since 30d`, a form of the command line
}
# Sentences about files and settings, in English as all of the command line.
OF_COMMANDS = {"answering/known_figure.py", "evidence/file_trouble.py", "asking/question.py"}
_GROUP = re.compile(r"\(\?P[<=]\w+>?|\\[a-zA-Z]")
_WORD = re.compile(r"[^\W\d_]{2,}")


def words_in(text: str) -> list[str]:
    """Return the words of an expression, but for the names of its groups and its classes of characters."""
    return _WORD.findall(_GROUP.sub(" ", text))


def vocabulary() -> set[str]:
    """Return every word that stands in a language's file, months, openings and sentences among them."""
    found: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, str):
            found.update(word.casefold() for word in words_in(value))
        elif isinstance(value, tuple):
            for one in value:
                collect(one)
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                if name not in {"code", "stemmer", "script"}:
                    collect(getattr(value, name))

    for language in languages():
        collect(language)
    return found


def docstrings(tree: ast.AST) -> set[int]:
    """Return the places of the strings that are documentation."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def strings(node: ast.AST) -> list[ast.Constant]:
    return [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def deciding(tree: ast.Module, *, collections: bool) -> list[ast.Constant]:
    """Return the strings by which something is decided: in patterns, and in the collections of a module if asked."""
    found: list[ast.Constant] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in PATTERNS:
                found += [text for argument in node.args for text in strings(argument)]
    for statement in tree.body if collections else ():
        if (
            isinstance(statement, ast.Assign)
            and not isinstance(statement.value, ast.Subscript)
            and not _is_api(statement)
        ):
            found += [text for text in strings(statement.value) if " " not in text.value.strip() or "|" in text.value]
            found += [text for text in strings(statement.value) if _is_split(statement.value, text)]
    return found


def _is_api(statement: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in statement.targets)


def _is_split(value: ast.expr, text: ast.Constant) -> bool:
    """Tell whether a text is cut into words where it stands."""
    calls = [node for node in ast.walk(value) if isinstance(node, ast.Call)]
    split = [call.func.value for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "split"]
    own = [call.args for call in calls if isinstance(call.func, ast.Name) and call.func.id.islower()]  # no class
    return text in split or any(text in arguments for arguments in own)


def test_no_pattern_and_no_collection_of_another_room_has_a_word_of_a_language() -> None:
    files = [path for room in ROOMS for path in (APP / room).glob("*.py")]
    assert words_of_languages(files, APP, ANSWERING) == {}


def test_no_pattern_and_no_collection_that_reads_files_has_a_word_of_a_language() -> None:
    assert words_of_languages(READING.rglob("*.py"), ROOT, ("ingest", "readers")) == {}


def words_of_languages(files: Iterable[Path], root: Path, collected: Sequence[str]) -> dict[str, list[str]]:
    """Return the words of languages by which each file decides something; collections count in some folders only."""
    known, found = vocabulary(), {}
    for file in sorted(files):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        allowed = ALLOWED.get(str(file.relative_to(root)), "").split()
        told = [text.value for text in deciding(tree, collections=file.parent.name in collected)]
        said = [text for text in told if "_" not in text or not text.isidentifier()]  # "not_found" is a code
        words = {word.casefold() for text in said for word in words_in(text)}
        found[str(file.relative_to(root))] = sorted(words & known - {*allowed} - _CODES)
    return {file: words for file, words in found.items() if words}


_CODES = {"za", "ad"}  # of A-Za-z and \\u00ad


def test_the_rooms_that_answer_say_nothing_in_a_language_of_their_own() -> None:
    stop = {word for language in languages() for word in (*language.stop, *language.stop_here)}
    found = []
    for file in sorted(path for room in ANSWERING for path in (APP / room).glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        documented, raised = docstrings(tree), [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
        told = documented | {id(text) for node in raised for text in strings(node)}
        said = [text.value for text in strings(tree) if id(text) not in told and not re.search(r"[\\{(]", text.value)]
        if str(file.relative_to(APP)) not in OF_COMMANDS:
            found += [text for text in said if sum(word.casefold() in stop for word in words_in(text)) >= FEWEST]
    assert found == []


def test_words_are_found_where_there_are_some() -> None:
    assert "monday" in vocabulary()
    assert "lundi" in vocabulary()
    tree = ast.parse(
        '_A = re.compile(r"\\b(?:the|lundi)\\b")\n_B = frozenset(["und"])\n_C = "le la".split()\n_D = _words("du de")'
    )
    words = {word for text in deciding(tree, collections=True) for word in words_in(text.value)}
    assert words == {"the", "lundi", "und", "le", "la", "du", "de"}

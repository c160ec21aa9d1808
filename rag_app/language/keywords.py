"""What the keyword index holds of a passage, and what it looks for: words as they stand, and their stems.

A word that stands in a passage as the question has it counts itself and as its stem; another form of it counts as its
stem alone, which is half as much. Names, codes and figures have no other forms. Stems are those of the document's
language (Snowball).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import version
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any

from rag_app.language.detector import language_of
from rag_app.language.language import languages
from rag_app.language.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TABLE = "fts5(title, text, stems, content='', tokenize='unicode61 remove_diacritics 2')"
"""The keyword index, without content: the words of a passage are a slice of its pages."""

TITLE_WEIGHT = 0.5  # every passage repeats its title, so a word there says less than one in the text
STEM_WEIGHT = 0.5
ANALYSIS = "2"  # raised with every change of what is indexed; the version of the stemmer is added

_TERMS = 64  # most distinct words of a question that are searched for
_REMEMBERED = 200_000  # stems of a language
_CODE = re.compile(
    r"\b(?=\w*\d)(?=\w*[^\W\d_])\w{2,}\b"  # E05, 0x1F, read_block_12
    r"|\b(?=[\w.:/\\@#-]*\d)\w+(?:[-.:/\\@#]+\w+)+\b"  # XK-4711, 3.14, 192.168.0.1
    r"|\b\w+(?:[_:/\\@#]+\w+)+\b"  # std::sort, src/main
    r"|\b[^\W_]+(?:_+[^\W_]+)+\b"  # read_block
    r"|\b\w{2,}(?:\.\w{2,})+\b"  # config.yaml
)
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{2,80})[\"”“»]")

_one_at_a_time = Lock()


@cache
def analysis() -> str:
    """Return what tells whether an index holds what this version would put into it."""
    return f"{ANALYSIS} snowball {version('snowballstemmer')}"


def stems(text: str, language: str) -> str:
    """Return the stems of the words of `text`, in order; nothing in a language without a stemmer."""
    stem = _stemmer(language)
    return " ".join(map(stem, words(text))) if stem else ""


def terms(question: str) -> list[str]:
    """Return the words of a question that are searched for, each once: all but the commonest."""
    from rag_app.language.stopwords import stop_words  # not before it is used: `rag --help` needs no words

    without = stop_words(language_of(question))
    return list(islice(dict.fromkeys(word for word in words(question) if word not in without), _TERMS))


def codes(question: str) -> list[str]:
    """Return what a question means to the letter, as words, each once: identifiers, figures, what stands in quotes."""
    spans = (" ".join(words(span)) for span in _CODE.findall(question) + _QUOTED.findall(question))
    return list(islice(dict.fromkeys(filter(None, spans)), _TERMS))


def query(question: str, languages: Iterable[str]) -> str:
    """Return the FTS5 query for a question, "" where it has no word to look for.

    Looked for are its words, its `codes` as a whole ("foo_bar" as "foo" before "bar"), and its words' stems in each of
    the `languages`.
    """
    found = terms(question)
    stemmed = [stem(term) for stem in filter(None, map(_stemmer, sorted(set(languages)))) for term in found]
    return " OR ".join(
        [
            *(f'{{title text}} : "{term}"' for term in dict.fromkeys([*found, *codes(question)])),
            *(f'{{stems}} : "{term}"' for term in dict.fromkeys(stemmed)),
        ]
    )


def phrase(word: str) -> str:
    """Return the FTS5 query for passages that hold the words of `word` next to each other, "" where it has none."""
    found = " ".join(words(word))
    return f'{{title text}} : "{found}"' if _telling(found.split()) else ""


def _telling(found: list[str]) -> bool:
    """Tell whether one of these words says something in any language."""
    from rag_app.language.stopwords import STOP_WORDS

    return not STOP_WORDS.issuperset(found)


def mention(topic: str, languages: Iterable[str]) -> str:
    """Return the FTS5 query for passages that hold the words of `topic` side by side, or their stems; "" for none."""
    found = words(topic)
    if not _telling(found):
        return ""
    stemmed = [stems(topic, language) for language in sorted(set(languages))]
    return " OR ".join(
        [f'{{text}} : "{" ".join(found)}"', *(f'{{stems}} : "{one}"' for one in dict.fromkeys(filter(None, stemmed)))]
    )


@cache
def _stemmer(language: str) -> Callable[[str], str] | None:
    if language not in {one.stemmer for one in languages() if one.stemmer}:  # it may come from a damaged library
        return None
    # Not by `snowballstemmer.stemmer`: it takes those of another package where that is installed.
    stemmer: Any = getattr(import_module(f"snowballstemmer.{language}_stemmer"), f"{language.capitalize()}Stemmer")()

    @lru_cache(_REMEMBERED)
    def stem(word: str) -> str:
        with _one_at_a_time:  # a stemmer keeps its word in itself
            return str(stemmer.stemWord(word))

    return stem

"""What the keyword index holds of a passage, and what it looks for: words as they stand, and their stems.

A word that stands in a passage as the question has it counts itself and as its stem; another form of it counts as its
stem alone, which is half as much. Names, codes and figures have no other forms. Stems are those of the document's
language (Snowball).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from importlib import import_module
from importlib.metadata import version
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any

from rag_app.language.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TABLE = "fts5(title, text, stems, content='', tokenize='unicode61 remove_diacritics 2')"
"""The keyword index, without content: the words of a passage are a slice of its pages."""

TITLE_WEIGHT = 0.5  # every passage repeats its title, so a word there says less than one in the text
STEM_WEIGHT = 0.5
ANALYSIS = "1"  # raised with every change of what is indexed; the version of the stemmer is added

_TERMS = 64  # most distinct words of a question that are searched for
_REMEMBERED = 200_000  # stems of a language
_SAMPLE = 20_000  # characters from which the language of a document is told
_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(
    r"\b(?=\w*\d)(?=\w*[^\W\d_])\w{2,}\b"  # E05, 0x1F, read_block_12
    r"|\b(?=[\w.:/\\@#-]*\d)\w+(?:[-.:/\\@#]+\w+)+\b"  # XK-4711, 3.14, 192.168.0.1
    r"|\b\w+(?:[_:/\\@#]+\w+)+\b"  # std::sort, src/main
    r"|\b[^\W_]+(?:_+[^\W_]+)+\b"  # read_block
    r"|\b\w{2,}(?:\.\w{2,})+\b"  # config.yaml
)
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{2,80})[\"”“»]")

_SCRIPTS = {"CYRILLIC": "russian", "GREEK": "greek", "ARABIC": "arabic", "HEBREW": "", "CJK": "", "HANGUL": ""}
_FUNCTION_WORDS = {
    "english": "the of and to in is that for it was on are as with be by this from at or which an not have has",
    "german": "der die und das den von zu ist des mit sich dem nicht ein eine auf für als auch werden im bei oder",
    "french": "le la les des et est en un une du que pour qui dans par sur pas au plus sont avec ce il aux",
    "spanish": "el la los las de que y en un una por con para del se es al lo como más su no o son",
    "italian": "il di che la e un per una in con del della è non sono le dei alla nel da più gli anche si",
    "portuguese": "o a os as de que e do da em um uma para com não dos das no na por é mais se ao",
    "dutch": "de het een en van in is dat op te zijn met voor niet aan er die door ook bij uit naar om wordt",
    "swedish": "och att det som en på är av för med den till inte ett har de om vid från eller kan",
    "danish": "og at det som en på er af for med den til ikke et har de om ved fra eller kan",
}
_one_at_a_time = Lock()
_SIGNS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}


@cache
def analysis() -> str:
    """Return what tells whether an index holds what this version would put into it."""
    return f"{ANALYSIS} snowball {version('snowballstemmer')}"


def language_of(text: str) -> str:
    """Return the Snowball name of the language that `text` is mostly written in; English in doubt, "" for none."""
    found = words(text[:_SAMPLE])
    scripts = Counter(filter(None, (_script(word[0]) for word in found)))
    for script, count in scripts.most_common(1):
        if count > len(found) / 2:
            return _SCRIPTS[script]
    counts = {language: sum(word in signs for word in found) for language, signs in _SIGNS.items()}
    return max(counts, key=lambda language: counts[language])  # the first of equals


def stems(text: str, language: str) -> str:
    """Return the stems of the words of `text`, in order; nothing in a language without a stemmer."""
    stem = _stemmer(language)
    return " ".join(map(stem, words(text))) if stem else ""


def terms(question: str) -> list[str]:
    """Return the words of a question that are searched for, each once: all but the commonest."""
    return list(islice(dict.fromkeys(word for word in words(question) if word not in STOP_WORDS), _TERMS))


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
    return f'{{title text}} : "{found}"' if terms(word) else ""


def mention(topic: str, languages: Iterable[str]) -> str:
    """Return the FTS5 query for passages that hold the words of `topic` side by side, or their stems; "" for none."""
    found = words(topic)
    if not terms(topic):
        return ""
    stemmed = [stems(topic, language) for language in sorted(set(languages))]
    return " OR ".join(
        [f'{{text}} : "{" ".join(found)}"', *(f'{{stems}} : "{one}"' for one in dict.fromkeys(filter(None, stemmed)))]
    )


def words(text: str) -> list[str]:
    """Return the words of a text as the index tells them apart, in lower case."""
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


@lru_cache(4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")[0]
    return name if name in _SCRIPTS else ""


@cache
def _stemmer(language: str) -> Callable[[str], str] | None:
    if not language or language not in {*_SIGNS, *_SCRIPTS.values()}:  # it may come from a damaged library
        return None
    # Not by `snowballstemmer.stemmer`: it takes those of another package where that is installed.
    stemmer: Any = getattr(import_module(f"snowballstemmer.{language}_stemmer"), f"{language.capitalize()}Stemmer")()

    @lru_cache(_REMEMBERED)
    def stem(word: str) -> str:
        with _one_at_a_time:  # a stemmer keeps its word in itself
            return str(stemmer.stemWord(word))

    return stem

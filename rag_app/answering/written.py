"""An answer in whole sentences of the generator's own, each shown after it is proved, with a quote of what it rests on.

For generators that are large enough to write freely. What they say of their sources is not believed: a sentence is held
against the text whose number it bears, and then against the others. What none of them carries is left out and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import CELL, stem
from prompts import render
from rag_app.answering.excerpt import cited, together
from rag_app.evidence.guard import Fence, harmless, neutral
from rag_app.evidence.injection import shown_name
from rag_app.evidence.windows import apart
from rag_app.language.language import filled
from rag_app.language.reading import row_at
from rag_app.models.generator import Message, Usage
from rag_app.proof.quotes import markers, parenthesised, sentence_ends, unmarked, without_verdict
from rag_app.proof.statement import bare_item, lines_behind
from rag_app.proof.support import supports
from rag_app.text import single_spaced
from rag_app.types import Token

if TYPE_CHECKING:
    from collections.abc import Generator as Generating
    from collections.abc import Iterable, Iterator, Sequence

    from ingest import Document
    from rag_app.answering.stages import Stages
    from rag_app.evidence.windows import Window
    from rag_app.language.language import Language
    from rag_app.types import Citation

_MOST = 8  # windows
_LEAST_CONTEXT = (
    2048  # tokens of a generator that reads as much as others do; one with twice as many reads twice as much
)
_A_TOKEN = 4  # characters; the room for evidence is given in these
_NOTHING = 0  # the number that stands for no text, as the prompt says
_MARKED_END = re.compile(r"[.!?…。！？][\"'”’»)]*(?:\s*\[\d+\])+(?=\s*[^\s\[])")
_FULL_STOP = re.compile(r"[。！？](?=[^\s\[])")  # with no space after it
_MARKERS = re.compile(r"(?:\s*\[\d+\])*")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written and proved."""

    text: str = ""  # as it was shown
    citations: tuple[Citation, ...] = ()
    windows: tuple[Window, ...] = ()  # that it rests on, the first sentence's first
    left_out: int = 0  # sentences that nothing carries
    cut: bool = False  # the answer was longer than it may be
    refused: bool = False  # the generator says that no text answers the question

    @property
    def whole(self) -> bool:
        """Tell whether all that was written is shown, with quotes that were found in the documents."""
        return not (self.left_out or self.cut) and all(citation.verified for citation in self.citations)

    @property
    def window(self) -> Window:
        """All that it rests on, as one window of the first one's document."""
        return replace(self.windows[0], text="\n".join(window.text for window in self.windows))

    def said(self, language: Language) -> str:
        """Return the text, and how many sentences were left out."""
        if not self.left_out:
            return self.text
        return f"{self.text}\n({filled(language.sentences.left_out, count=self.left_out)})"


def written(question: str, found: Sequence[Window], stages: Stages) -> Generating[Token, None, Written]:
    """Write an answer, yield each sentence when it is proved, and return what was written.

    Args:
        question: as it is asked.
        found: windows, best first; they may overlap.
        stages: what answering needs.
    """
    sources = _sources(found, stages)
    if not sources:
        return Written()
    page, usage = _Page(question, sources, stages), Usage()
    messages = [Message("system", render("answer_system"), kept=True), Message("user", _asked(question, sources))]
    refused = False
    for sentence in _sentences(stages.generator().stream(messages, usage, max_tokens=stages.answer_tokens)):
        ended = sentence.ended or usage.completion < stages.answer_tokens
        if not ended:
            page.cut = True
        elif shown := page.add(sentence):
            yield Token(shown)
        refused = refused or _NOTHING in markers(sentence.text)
    return page.written(refused=refused)


@dataclass(frozen=True, slots=True)
class _Source:
    """A window as the generator reads it."""

    number: int
    window: Window
    document: Document

    @property
    def shown(self) -> str:
        """What is read of it."""
        name = shown_name(single_spaced(stem(PurePath(self.document.path))))
        page = self.document.page_at(self.window.start).number
        head = render("numbered_source", number=str(self.number), document=name, page=str(page))
        return f"{head}\n{parenthesised(neutral(self.window.text))}"

    @property
    def lines(self) -> list[str]:
        """Its lines as a sentence is held against them: a row with the names of its columns."""
        text = self.document.text
        spans = zip(self.window.lines, self.window.text.split("\n"), strict=True)
        return [row_at(text, start).text if CELL in text[start:end] else line for (start, end), line in spans]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence or item as the generator wrote it."""

    text: str
    breaks: bool = False  # it begins a line
    ended: bool = True  # else the last one, that may have been cut off


@dataclass(slots=True)
class _Page:
    """What is proved so far."""

    question: str
    sources: Sequence[_Source]
    stages: Stages
    cut: bool = False
    text: str = ""
    left_out: int = 0
    citations: list[Citation] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    def add(self, sentence: _Sentence) -> str:
        """Return what is shown of a sentence after what is there; empty where it is not proved, or says nothing new."""
        text = _bare(sentence.text)
        if not any(map(str.isalnum, text)) or text in self.said:
            return ""
        self.said.add(text)
        for source in self._likeliest_first(markers(sentence.text)):
            if rows := lines_behind(text, self.question, source.lines):
                numbers = self._cite(text, source, rows)
                shown = f"{text} {''.join(f'[{number}]' for number in numbers)}"
                if self.text:
                    shown = ("\n" if sentence.breaks else " ") + shown
                self.text += shown
                return shown
        self.left_out += 1
        return ""

    def written(self, *, refused: bool) -> Written:
        """Return the answer."""
        return Written(
            self.text,
            tuple(self.citations),
            tuple(self.windows),
            self.left_out,
            self.cut,
            refused=refused and not self.text,
        )

    def _likeliest_first(self, numbers: Sequence[int]) -> list[_Source]:
        return sorted(self.sources, key=lambda source: source.number not in numbers)

    def _cite(self, text: str, source: _Source, rows: Sequence[int]) -> list[int]:
        """Return the markers of the lines that carry a sentence; those that are new are cited."""
        if source.window not in self.windows:
            self.windows.append(source.window)
        spans = [source.window.lines[row] for row in rows]
        quote = " ".join(source.lines[row] for row in rows)
        [support] = supports(self.question, text, [quote], self.stages.score, self.stages.numbers())
        numbers: list[int] = []
        for lines in together(spans, source.document):
            new = cited(len(self.citations) + 1, source.window.hit, lines, source.document)
            place = (new.document, new.start, new.end)
            known = [one for one in self.citations if (one.document, one.start, one.end) == place]
            if not known:
                self.citations.append(replace(new, support=round(support, 3)))
            numbers.append((known or [new])[0].marker)
        return numbers


def _sources(found: Sequence[Window], stages: Stages) -> list[_Source]:
    """Return the best windows that have no line in common, as many as there is room for."""
    generator = stages.generator()
    room = stages.evidence // _A_TOKEN * max(generator.context // _LEAST_CONTEXT, 1)
    sources: list[_Source] = []
    for number, window in enumerate(apart(found, _MOST), 1):
        source = _Source(number, window, stages.read(window.hit.document))
        room -= generator.count_tokens(source.shown)
        if sources and room < 0:
            break
        sources.append(source)
    return sources


def _asked(question: str, sources: Sequence[_Source]) -> str:
    shown = "\n\n".join(source.shown for source in sources)
    return render("written_user", evidence=Fence.of(shown, question).around(shown), question=question)


def _sentences(pieces: Iterable[str]) -> Iterator[_Sentence]:
    """Go through the sentences and lines of a text while it is written, each with the markers after it."""
    text, breaks = "", False
    for piece in pieces:
        text += piece
        while end := _first_end(text):
            if text[:end].strip():
                yield _Sentence(text[:end].strip(), breaks)
            breaks = text[end - 1] == "\n" or (breaks and not text[:end].strip())
            text = text[end:]
    if text.strip():
        ends = sentence_ends(unmarked(text).strip())
        yield _Sentence(text.strip(), breaks, ended=bool(ends) and ends[-1] == len(unmarked(text).strip()))


def _first_end(text: str) -> int:
    """Return where the first sentence or line of a text ends that more follows; 0 where none does."""
    ends = [match.end() for pattern in (_MARKED_END, _FULL_STOP) for match in pattern.finditer(text)]
    for end in sentence_ends(text):
        marked = _MARKERS.match(text, end)
        after = marked.end() if marked else end
        if text[after:].strip() and not text[after:].lstrip().startswith("["):
            ends.append(after)
    if "\n" in text:
        ends.append(text.index("\n") + 1)
    return min(ends, default=0)


def _bare(sentence: str) -> str:
    """Return a sentence without markers, the mark of an item, and a yes or no before it."""
    text = single_spaced(unmarked(sentence).replace("**", ""))
    return harmless(without_verdict(bare_item(text)))

"""Document text as data: what could pass for the prompt's own words is taken out, and of an answer what could act.

The generator's control tokens cannot come from text (`generator.Message`); a small model also heeds what only looks
like them, spelt in ordinary characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from rag_app.language.vocabulary import in_order
from rag_app.text import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of ChatML, Llama 3, Phi and DeepSeek; of Gemma; of Llama 2 and Mistral.
_TOKEN = re.compile(
    r"<\|\s*/?([\w .:-]{1,40})\s*\|>|<\|(\w{1,40})>|<\uff5c\s*([^<>\n]{1,40}?)\s*\uff5c>"
    r"|</?(start_of_turn|end_of_turn|bos|eos|pad|unk|s|system|assistant|user|instructions?|think|tool_call)>"
    r"|\[/?(INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<</?(SYS)>>",
    re.IGNORECASE,
)
_ROLES = ("system", "assistant", "user", "human", "ai", "bot", "developer")  # as chat templates name them
_LINE_END = re.compile("\r\n?|[\x0b\f\x85\u2028\u2029]")
_MARKS = re.compile(r"^([ \t]*)#{1,6}[ \t]+", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*([-=_*~`<>])\1{2,}[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>?")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:|www\.)[^<>\s]*)>", re.IGNORECASE)
_PICTURE = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_TARGET = re.compile(r"\]\([^)\n]*\)")
_QUERY = re.compile(r"\b((?:https?|ftp)://[^\s?#<>]*)[?#][^\s<>]*", re.IGNORECASE)
_SCHEME = re.compile(r"\b(?:javascript|vbscript|data|file)\s*:\s*\S+", re.IGNORECASE)
_FENCED = 12  # hexadecimal digits of the mark around the text


@cache
def _role() -> re.Pattern[str]:
    """Return the pattern of a role, or a label of the prompt's own, at the start of a line."""
    names = "|".join([*_ROLES, *in_order(lambda language: language.answers.labels)])
    return re.compile(
        rf"^([ \t]*(?:#{{1,6}}[ \t]*|\*\*|>[ \t]*)?)({names})((?:\*\*)?[ \t]*):(?=[ \t]|$|\*)",
        re.IGNORECASE | re.MULTILINE,
    )


def is_turn(text: str) -> bool:
    """Tell whether `text` marks a turn of a conversation: by a control token, or a role at the start of a line."""
    return bool(_TOKEN.search(text) or _role().search(text))


def neutral(text: str) -> str:
    """Return document text as the generator may read it: no token, role or rule of it can be taken for the prompt's."""
    text = readable(_LINE_END.sub("\n", text).replace("\t", " "))
    text = _TOKEN.sub(lambda match: next(name for name in match.groups() if name), text)
    text = _role().sub(r"\1\2\3 -", text)
    return _RULE.sub("", _MARKS.sub(r"\1", text))


@dataclass(frozen=True, slots=True)
class Fence:
    """Two lines around document text that the text itself cannot hold."""

    mark: str

    @classmethod
    def of(cls, *texts: str) -> Fence:
        """Return the fence of a request: a digest of all that it holds.

        Nobody can write a text that holds its own digest, so the mark cannot be foretold; and unlike a random one it is
        the same when the same is asked again, and so is the answer.
        """
        return cls(blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=_FENCED // 2).hexdigest())

    def around(self, shown: str) -> str:
        """Return `shown` between the two lines."""
        return f"[text {self.mark}]\n{shown.replace(self.mark, '')}\n[end of text {self.mark}]"


def harmless(answer: str) -> str:
    """Return an answer without what a page or a terminal that shows it could act on.

    Markup and pictures go, links leave their words, and addresses lose what follows "?" or "#": by that a reader's
    question could be carried away.
    """
    text, before = " ".join(readable(answer).split()), ""
    while text != before:  # what is left may join into markup again: "<<b>b>"
        before = text
        text = _TARGET.sub("]", _PICTURE.sub(r"\1", text))
        text = _TAG.sub("", _AUTOLINK.sub(r"\1", text))
        text = " ".join(_SCHEME.sub("", _QUERY.sub(r"\1", text)).split())
    return text


def blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return `text` with line breaks in place of `spans`: of the same length, and no sentence reaches over one."""
    for start, end in spans:
        text = text[:start] + "\n" * (min(end, len(text)) - start) + text[end:]
    return text

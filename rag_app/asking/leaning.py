"""Whether a question leans on what was said before it, by rules: openings, pronouns, pointing words, what is left out.

A pointing word whose object stands in the same question ("when is the deposit paid, and who holds it?") does not lean.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_OPENINGS = _any(
    r"^(and|but|or|what about|how about|what if|why( not)?\?|what else|who else|anything else)\b",
    r"^(und|aber|oder|was ist mit|wie sieht|wie steht es)\b",
    r"^(et|mais|qu'en est-il|y|pero)\b",
)
_LIMITS = _any(r"^(so|then|also|only|even|not|except|including|nur|auch|sogar|außer|nicht|dann)\b")

# What was said before, unless it is said earlier in the same question.
_PRONOUNS = _any(
    r"\b(it|they|them|he|him|she|theirs|hers|himself)\b",
    r"\b(er|sie|ihn|ihm|ihnen|deren|dessen)\b",
    r"(?<!\bgibt )(?<!\bgab )\bes\b(?! (gibt|gab)\b)",
    r"\b(ils?|elles?|ello|ellos|ellas)\b",
)
_POSSESSIVES = _any(r"\b(its|their|his|her)\b", r"\b(ihre[rnms]?|seine[rnms]?)\b")
_FORMAL = re.compile(r"(?<=\s)(Sie|Ihnen|Ihre?[rnms]?)\b")  # the reader, in German

# What was said before, wherever it stands; not "that" in "rules that say", or "there" in "is there a fee".
_POINTERS = _any(
    r"\bthis\b(?! (year|month|week|season|summer|winter)\b)|\bthese\b",
    r"\bthose\b(?! (who|whom|whose|that|which|with|without|in|of|on|at|from|under|over|\w+ (who|that|which))\b)",
    r"\bthe (same|others?)\b(?= ?(\?|$)| (applies|apply|goes|go|true|hold|holds|for|rule|limit|price|rate|deadline)\b)",
    r"\bthe other\b(?= (one|ones|two|three|is|are|has|have|programme|group|case)\b)",
    r"\bthe (latter|above)\b|\bthe (first|second|third|last) ?\?",
    r"\b(the|an?)( \w+)? ones?\b(?! of the\b)|\b(this|that|which|another) ones?\b",
    r"\b(loses?|gets?|needs?|has|have|keeps?|buys?) one\b(?= ?\?|$)",
    r"\b(is|was|does|did|has|can|could|will|would|should|must|may) that\b(?! (the|a|an|no|every|all)\b)",
    r"\b(about|of|for|after|before|with|than|like|by|to) that\b(?! (the|a|an|no|every|all)\b)",
    r"\b(do|did) that\b(?! \w)|^that\b|\bthat\?$|\bthat (happen|cost|apply|take|mean)s?\b",
    r"\b(do|does|are|can|did|of) both\b(?! (the|sides|parties|\w+s)\b)|\bdoes each\b",
    r"\b(dort|dafür|davon|dazu|daran|darauf|damit|darin|dabei|dagegen|hierfür)\b(?!,? (dass|zu)\b)",
    r"\bdiese[rnms]?\b|\b(der|die|das)selben?\b",
    r"\bd(er|ie|as) (andere|zweite|dritte|letztere)n?\b(?= ?\?)",
    r"(?<!, )\bdas(?= (denn|dann|auch|noch|schon|nur|so|im|in|pro|am|zum|bis|ab|nach|für|bei|mit)\b|\?$)",
    r"(?<!, )\bdas(?= (erlaubt|verboten)\b)",
    r"\b(celui|celle|ceux|celles|cela|ça|eso|esto)\b",
)
_THEN = _any(r"\bthen\b", r"\bdann\b")
_IF = _any(r"\b(if|when|once|wenn|falls|sobald)\b")

# "it" that stands for nothing: "is it allowed to smoke in the lift", "how long does it take to descale".
_EMPTY = _any(
    r"\b(is|was|isn't|would|be) it (\w+ly )?(allowed|possible|permitted|forbidden|necessary|legal|true|required|safe"
    r"|better|worth|easy|enough|compulsory|free)\b(?= .*\b(to|that|if|for) )",
    r"\bit (takes?|costs?|needs?)\b(?= .*\b(to \w|until\b|till\b|before\b))",
    r"\bit(?= (rains|snows|freezes)\b)",
    r"\b(ist|war|wäre) es (\w+ )?(erlaubt|möglich|verboten|nötig|zulässig)\b(?=.*(\b(zu|dass)\b|\w+zu\w+en\b))",
    r"\b(kostet|dauert|braucht) es(?=.*(\b(zu|bis|dass)\b|\w+zu\w+en\b))",
    r"\bes\b(?= (regnet|schneit|brennt|friert)\b)",
)

_CLAUSE = _any(
    r",|\b(if|when|before|after|until|because|while|although|though|that|which|who|and|or|once|unless|so|as|since)\b",
    r"\b(than|whether|where|how|he|she)\b",
    r"\b(wenn|bevor|nachdem|bis|weil|während|obwohl|dass|und|oder|sobald|ob|falls|als|wo)\b",
)
_CONTACT = _any(r"\b(the|an?|any|every|all) \w+ $")  # "the dishwasher he left": the clause begins after its noun
_NOUN = re.compile(  # what a pronoun can stand for: a noun with its article, a name, a German noun, a plural
    r"\b(the|a|an|my|our|your|each|every|any|no|one|two|three|some|der|die|das|den|dem|des|eine?[nmrs]?) (?!one\b)\w+"
    r"|\b(do|did|may|must|can|could|shall|should|will|would|are|were|have|dürfen|müssen|können|sollen|haben)"
    r" (?!(it|they|them|he|she|i|you|we|there|this|that|these|those|not|be|sie|er|es|ich|wir|man|ihr|das|dort)\b)\w+"
    r"|(?<=\s)[A-ZÄÖÜ]\w+|\b\w{3,}[^s\W]s\b"
)
_THERE = _any(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?! (is|are|was|were|be|has|have|to)\b)", r"\bthere\?$"
)
_PLACE = _any(
    r"\b(in|at|on|of|from|to|into|under|near) (the |a |an )?[\w-]+ .*\b(if|when|who|which|that|he|she|they|it)\b"
)
_FIRST = _any(r"^(what|who) (?!the |a |an )\w+s ", r"^\S*\s*")
_THING_OF = _any(  # "what is the price of its filter": the price is not what has the filter
    r"\b(is|are|was|were) (the |a )?(\w+ ){1,3}(of|for|in|on|at|to|with|from) $",
    r"\b(ist|sind|war) (der |die |das )?(\w+ ){1,3}(von|für|in|bei) $",
)

_VERB = _any(
    r"\b(is|are|was|were|be|am|do|does|did|has|have|had|can|could|may|might|must|shall|should|will|would|needs?)\b",
    r"\b(ist|sind|war|waren|wird|werden|wurden?|hat|haben|hatte|kann|können|darf|dürfen|muss|müssen|soll|sollen)\b",
    r"\b(gilt|gelten|gibt|kostet|kosten|beträgt|dauert)\b",
)
_BARE = _any(  # begins like what is left of a question when its verb is left out
    r"^(in|on|at|for|with|without|from|to|of|by|during|after|before|until|since|under|over|per)\b",
    r"^(how (much|long|often|far|high|old)|when|where|why|since when|until when)\b",
    r"^(für|im|am|bei|mit|ohne|von|nach|vor|ab|seit|pro|wie (viel|lange|oft|hoch)|wann|wo|warum|wieso)\b",
)
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bNr\.)(?<!\bNo\.)(?<!\bSt\.)\s+(?=[A-ZÄÖÜ])"
)
_LONGEST_BARE = 6  # words
_FEW = 3  # words; a shorter question says too little to stand alone
_ASKS = _any(r"^(what|who|where|when|was|wer|wo|wann)$")


def leans(question: str) -> bool:
    """Tell whether `question` cannot be understood without what was said before it."""
    question = _opening_sentence(question)
    words = question.split()
    return (
        bool(_OPENINGS.search(question))
        or is_fragment(question)
        or (bool(_LIMITS.search(question)) and not (_VERB.search(question) and len(words) > _LONGEST_BARE))
        or bool(_POINTERS.search(question))
        or (bool(_THEN.search(question)) and not _IF.search(question))
        or any(not _PLACE.search(question[: found.start()]) for found in _THERE.finditer(question))
        or _has_loose_pronoun(question)
    )


def is_fragment(question: str) -> bool:
    """Tell whether `question` is too short to say what it is about, or has no verb and begins like half a question."""
    words = question.split()
    if len(words) <= _FEW:
        return not _names_its_subject(words)
    half = _BARE.search(question) or _OPENINGS.search(question)
    return bool(half) and len(words) <= _LONGEST_BARE and not _VERB.search(question)


def _opening_sentence(question: str) -> str:
    """Return the first sentence that says something; what comes after it can lean on it."""
    sentences = _SENTENCE_END.split(question.strip())
    return next((sentence for sentence in sentences if len(sentence.split()) >= _FEW), question)


def _names_its_subject(words: list[str]) -> bool:
    """Tell whether a short question is one like "What is FAISS?"."""
    last = words[-1].rstrip("?!.") if words else ""
    named = last[:1].isupper() or any(character.isdigit() for character in last)
    return len(words) == _FEW and named and bool(_ASKS.match(words[0])) and words[1][:1].islower()


def _has_loose_pronoun(question: str) -> bool:
    """Tell whether a pronoun stands for nothing that is named earlier in the question."""
    formal = [match.span() for match in _FORMAL.finditer(question)]
    empty = [match.span() for match in _EMPTY.finditer(question)]
    for found in _PRONOUNS.finditer(question):
        if _within(found.start(), formal) or _within(found.start(), empty):
            continue
        before = question[: found.start()]
        clauses = [*_CLAUSE.finditer(before), *_CONTACT.finditer(before)]
        if not clauses or not _NOUN.search(_first_word_apart(before[: clauses[-1].start()])):
            return True
    for found in _POSSESSIVES.finditer(question):
        if _within(found.start(), formal):
            continue
        before = question[: found.start()]
        if _THING_OF.search(before) or not _NOUN.search(_first_word_apart(before)):
            return True
    return False


def _first_word_apart(text: str) -> str:
    """Return `text` without its first word, capitalised whatever it is, and the verb after "what" or "who"."""
    return f" {_FIRST.sub('', text, count=1)}"


def _within(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)

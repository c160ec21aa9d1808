from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import pytest
from fakes import SCORES, make_hit
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.types import Document, Page
from rag_app.evidence.choose import Evidence
from rag_app.proof import quotes
from rag_app.proof.figures import unsupported_figures, unsupported_numbers
from rag_app.proof.quotes import (
    SENTENCES,
    AnswerForm,
    cite,
    form_for,
    is_verdict,
    locate,
    markers,
    normal,
    sentence_ends,
    stands,
    stated,
    unsupported_words,
    whole_sentences,
    without_verdict,
)
from rag_app.types import Citation

proof_of = partial(quotes.proof_of, share=SCORES.proof_share)


def evidence(text: str, *, start: int = 0, worth: float = 1.0, lead: str = "") -> Evidence:
    return Evidence(make_hit(text, start=start), start, start + len(text), text, lead, False, worth, worth)


def written(form: AnswerForm, pieces: list[str]) -> str:
    """Write those of the pieces that the form allows, until it says that the answer is finished."""
    text = ""
    for piece in pieces:
        if form.finished(text):
            break
        if form.allows(text, piece):
            text += piece
    return text


# The form of an answer

FORM = AnswerForm(wide=False)

anything = st.lists(
    st.text(st.sampled_from("[]0123456789 \nab.é日Ω"), min_size=1, max_size=5)
    | st.sampled_from(["[", "[1", "12", "] ", "[3] ", "Three", " months", ". ", "[1]", " [3]", "\n"]),
    max_size=40,
)


@settings(max_examples=300)
@given(anything)
def test_whatever_pieces_come_an_answer_is_one_line_without_brackets(pieces: list[str]) -> None:
    text = written(FORM, pieces)
    assert re.search(r"[\[\]\n]", text) is None
    assert not re.search("[日Ω]", text)


@settings(max_examples=200)
@given(anything)
def test_a_piece_is_allowed_exactly_when_its_characters_are_one_by_one(pieces: list[str]) -> None:
    text = ""
    for piece in pieces:
        one_by_one = all(FORM.allows(text + piece[:i], character) for i, character in enumerate(piece))
        assert FORM.allows(text, piece) == one_by_one
        text += piece if one_by_one else ""


def test_an_answer_may_not_end_before_it_says_something() -> None:
    assert [FORM.complete(text) for text in ("", " ", "A")] == [False, False, True]


def test_an_answer_ends_after_its_last_sentence() -> None:
    sentence = "It is so."
    texts = [" ".join([sentence] * n) + " " for n in range(SENTENCES + 1)]
    assert [FORM.finished(text) for text in texts] == [False] * SENTENCES + [True]


@pytest.mark.parametrize(
    ("question", "text", "wide"),
    [
        ("What is the rent?", "It is 950 € – naïve “quotes”, 20 °C.", False),
        ("Wie hoch ist die Miete?", "Über 900.", False),
        ("What is the rent?", "家賃は月額です。", True),
        ("Сколько стоит аренда?", "The rent is 950.", True),
        ("What is Ω?", "Ohm.", True),
    ],
)
def test_other_scripts_can_be_written_where_question_or_evidence_has_them(question: str, text: str, wide: bool) -> None:
    form = form_for(question, [evidence(text), evidence("Plain.")])
    assert form.allows("", "日") == form.allows("It is ", "Ж") == wide
    assert form.allows("", "é")


# Sentences


@pytest.mark.parametrize(
    "text",
    [
        "It weighs 3.5 kg.",
        "Dr. Smith pays 1.250,00 euros.",
        "Ask Mr. J. Smith of Smith Inc. in Bonn.",
        "See No. 5 of the list.",
        "The term begins am 3. Mai 2024.",
        "It takes approx. two days, e.g. at night.",
        "Is it “so”?",
        "He said “never.”",
        "それは三か月です。",
        "The end…",
        "It follows Jones et al. 1998, and Prof. Weber in vol. 3 after that.",
    ],
)
def test_one_sentence_has_one_end_at_its_end(text: str) -> None:
    assert sentence_ends(text) == [len(text)]


def test_each_sentence_has_its_end() -> None:
    text = "It is due. Is it? Yes! “Quite.” So"
    assert [text[:end].split()[-1] for end in sentence_ends(text)] == ["due.", "it?", "Yes!", "“Quite.”"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("One. Two. Thr", "One. Two."),
        ("One. Two.", "One. Two."),
        ("Unfinished and alone", "Unfinished and alone"),
        ("It weighs 3.", "It weighs 3."),
        ("", ""),
    ],
)
def test_an_unfinished_sentence_is_dropped_where_one_before_it_is_whole(text: str, whole: str) -> None:
    assert whole_sentences(text) == whole


@pytest.mark.parametrize(
    "text", ["Notice is given in time. The fee is 12.", "Dogs are not allowed. So the answer is no."]
)
def test_a_whole_sentence_that_ends_in_a_number_or_a_short_word_is_kept(text: str) -> None:
    assert whole_sentences(text) == text


# Markers


def test_markers_are_listed_once_in_their_order() -> None:
    assert markers("[3] and [1], [3] but not [x] or []") == [3, 1]


# Proof


def test_the_proof_is_the_evidence_that_holds_the_words_of_the_answer() -> None:
    fee, deposit = evidence("The fee is 40 euros.", worth=5.0), evidence("A deposit of 60 euros is paid.", worth=-1.0)
    assert proof_of("It is 60 euros.", "What has to be paid?", [fee, deposit]) is deposit


def test_words_of_the_question_prove_nothing() -> None:
    echo, fact = evidence("The gate of the garden has a bell."), evidence("It is shut at nine.", worth=0.0)
    assert (
        proof_of("The gate of the garden is shut at nine.", "When is the gate of the garden shut?", [echo, fact])
        is fact
    )


def test_where_two_hold_the_same_the_one_that_bears_more_on_the_question_is_the_proof() -> None:
    near, far = evidence("Dogs: 40 euros.", worth=3.0), evidence("Cats: 40 euros.", worth=-3.0)
    assert proof_of("40 euros", "What does a dog cost?", [far, near]) is near


def test_a_heading_counts_as_part_of_the_proof() -> None:
    row, other = evidence("2024 1,250", lead="Year Rent"), evidence("2024 was a year of storms.")
    assert proof_of("The rent was 1,250.", "How much was it in 2024?", [other, row]) is row


def test_what_says_it_itself_is_a_better_proof_than_what_stands_under_it() -> None:
    under, itself = evidence("Four members form a quorum.", lead="84 plots"), evidence("The club has 84 plots.")
    assert proof_of("84", "How many members are there?", [under, itself]) is itself


@pytest.mark.parametrize("text", ["Yes, it does.", "No.", "Ja, das darf man.", "Nein", "Oui, demain.", "yes"])
def test_yes_and_no_are_verdicts(text: str) -> None:
    assert is_verdict(text)


@pytest.mark.parametrize("text", ["Yesterday.", "None is due.", "Nobody.", "Jan pays.", "The answer is no.", ""])
def test_words_that_begin_like_yes_and_no_are_none(text: str) -> None:
    assert not is_verdict(text)


def test_a_piece_of_evidence_is_stated_in_one_line_without_its_bullet() -> None:
    assert stated(evidence("• Helmets are\ncompulsory.")) == "Helmets are compulsory."


def stored(text: str) -> Document:
    """Return a document of two pages, the second of which has `text` at offset 150."""
    return Document("/files/a.pdf", "A", (Page(1, "i", "x" * 99), Page(2, "ii", "y" * 50 + text)))


def test_a_citation_quotes_the_stored_text_with_its_place() -> None:
    citation = cite(1, evidence("It is due.", start=150), stored("It is due. And more."))
    assert (citation.marker, citation.document, citation.page, citation.page_label) == (1, "/files/a.pdf", 2, "ii")
    assert (citation.start, citation.end, citation.quote, citation.verified) == (150, 160, "It is due.", True)


def test_a_citation_names_the_heading_or_the_lines_where_a_format_has_no_pages() -> None:
    sections = ((0, "line 1"), (100, "Terms"), (155, "line 3"), (158, "line 4"))
    document = Document("/files/a.md", "A", (Page(1, "1", "x" * 150 + "It is due."),), sections=sections)
    assert cite(1, evidence("It is", start=150), document).page_label == "Terms"
    assert cite(1, evidence(" due.", start=155), document).page_label == "lines 3-4"


@pytest.mark.parametrize("text", ["", "It was due.", "It is", "Is it due?"])
def test_a_quote_whose_stored_text_differs_is_shown_as_stored_and_not_verified(text: str) -> None:
    citation = cite(1, evidence("It is due.", start=150), stored(text))
    assert (citation.quote, citation.verified) == (text[:10], False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("two\nlines  and\fpages", "two lines and pages"),
        ("ﬁne eﬀect", "fine effect"),
        ("a – b — c − d", "a - b — c - d"),
        ("“quoted” ‘so’ «too»", '"quoted" \'so\' "too"'),
        ("soft\u00adhyphen", "softhyphen"),
        ("e\u0301", "é"),
    ],
)
def test_what_looks_alike_is_compared_as_alike(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(("one", "other"), [("1,250", "1.250"), ("may", "May"), ("12", "1 2"), ("not due", "due")])
def test_what_says_something_else_is_not_alike(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("It is 1250 euros.", "The rent is 1,250 euros."),
        ("It is 1,250 euros.", "Die Miete beträgt 1.250 Euro."),
        ("It is 1 250 euros.", "The rent is 1250 euros."),
        ("It weighs 3.5 kg.", "The machine weighs 3.5 kg without racks."),
        ("From 12.03.2024 on.", "The lease begins on 12.03.2024."),
        ("From 12 March 2024 on.", "The lease begins on 12 March 2024."),
        ("In March 2024.", "The lease begins on 12 March 2024."),
        ("At 10:30.", "The meeting began at 10:30."),
        ("It is due on day 3.", "Due on day 3 of the month."),
        ("No figure at all.", "None here."),
    ],
)
def test_figures_that_stand_in_the_source_are_supported_however_they_are_grouped(answer: str, source: str) -> None:
    assert unsupported_figures(answer, ["Something else.", source]) == []


@pytest.mark.parametrize(
    ("answer", "source", "figures"),
    [
        ("It is 1,260 euros.", "The rent is 1,250 euros.", ["1,260"]),
        ("It weighs 3.6 kg.", "The machine weighs 3.5 kg.", ["3.6"]),
        ("It weighs 53 kg.", "The machine weighs 3.5 kg.", ["53"]),
        ("From 12.03.2025 on.", "The lease begins on 12.03.2024.", ["12.03.2025"]),
        ("It was 5 in 2023.", "It was so in 2023.", ["5"]),
        ("It costs 20 %.", "It costs nothing.", ["20"]),
    ],
)
def test_an_altered_figure_is_reported(answer: str, source: str, figures: list[str]) -> None:
    assert unsupported_figures(answer, [source]) == figures


@pytest.mark.parametrize(
    ("answer", "source"), [("It weighs 35 kg.", "It weighs 3.5 kg."), ("It costs 12.50.", "It costs 1,250.")]
)
def test_a_figure_with_a_moved_decimal_point_is_reported(answer: str, source: str) -> None:
    assert len(unsupported_figures(answer, [source])) == 1


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("In 2024, 12 members met.", "On 3 May 2024 the board met with 12 members."),
        ("Rooms 4, 5 and 6 are closed.", "Closed are rooms 4 and 5, also room 6."),
    ],
)
def test_figures_side_by_side_are_each_looked_up(answer: str, source: str) -> None:
    assert unsupported_figures(answer, [source]) == []


@pytest.mark.parametrize(
    ("answer", "source", "missing"),
    [
        ("two", "Handout 6 for the course.", ["two"]),
        ("Seven members and 8 guests.", "The meeting had 8 guests.", ["Seven"]),
        ("two", "The cellar has two doors.", []),
        ("Twelve days", "Within 12 days.", []),
        ("12 days", "Within twelve days.", []),
        ("a two-door car, one of many", "A car.", []),
        ("twenty-two", "It has 22 rooms.", []),
        ("960 euros", "950 euros", ["960"]),
    ],
)
def test_a_number_in_words_is_reported_like_a_figure(answer: str, source: str, missing: list[str]) -> None:
    assert unsupported_numbers(answer, [source]) == missing


# Citations that come back, and quotes that are looked for


WHOLE = Document(
    "/files/a.pdf",
    "A",
    (Page(1, "i", "The deposit is 1 250 euros; the self-\ncontained flat"), Page(2, "1", "has room 15 and “a view”.")),
)


def cited(quote: str = "has room 15", **changes: object) -> Citation:
    start = WHOLE.text.index("has room 15")
    citation = Citation(1, WHOLE.path, 2, "1", start, start + len("has room 15"), quote, True)
    return replace(citation, **changes)  # type: ignore[arg-type]


def test_a_citation_stands_whose_quote_stands_at_its_place_and_on_its_page() -> None:
    assert stands(cited(), WHOLE)
    assert stands(cited("has\nroom  15"), WHOLE)


@pytest.mark.parametrize(
    "false",
    [
        cited("has room 16"),
        cited("has room"),
        cited(""),
        cited(document="/files/b.pdf"),
        cited(page=1),
        cited(page_label="2"),
        cited(start=3),
        cited(start=-1),
        cited(start=9, end=9),
        cited(end=10**6),
        cited("The deposit has room 15"),
    ],
)
def test_a_false_citation_does_not_stand(false: Citation) -> None:
    assert not stands(false, WHOLE)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("has room 15", "has room 15"),
        ("has  room\n15", "has room 15"),
        ("the self-contained flat", "the self-\ncontained flat"),
        ("the selfcontained flat has room", "the self-\ncontained flat\fhas room"),
        ('and "a view"', "and “a view”"),
        ("a\u00advie\u00adw”.", "a view”."),
        ("1 250 euros", "1 250 euros"),
    ],
)
def test_a_quote_is_found_however_its_lines_are_broken(quote: str, found: str) -> None:
    place = locate(quote, WHOLE)
    assert place is not None
    assert WHOLE.text[slice(*place)] == found


@pytest.mark.parametrize("quote", ["", " ", "1250 euros", "room 1 5", "Has room 15", "The deposit has room 15"])
def test_a_quote_that_says_something_else_is_not_found(quote: str) -> None:
    assert locate(quote, WHOLE) is None


@given(st.text('ab-1 2\n\f“"ﬁ', max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_every_stretch_of_a_document_with_a_word_is_found_in_it(text: str, start: int, end: int) -> None:
    stretch = text[start:end]
    if stretch.strip(" \n\f-") and stretch.strip(" \n\f-") == stretch:
        assert locate(stretch, Document("/a", "A", (Page(1, "1", text.replace("\f", " ")),))) is not None


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ("three months", []),
        ("Otto Bergmann", ["Otto", "Bergmann"]),
        ("green tiles", ["green", "tiles"]),
        ("It can be paid by Anna Weber.", []),
        ("Somebody pays the deposit to Otto Weber, says she.", ["Otto"]),
        ("Everything is settled then.", []),
    ],
)
def test_words_that_no_source_holds_are_named(answer: str, missing: list[str]) -> None:
    assert unsupported_words(answer, ["Anna Weber pays", "after three months"]) == missing


@pytest.mark.parametrize(
    ("sentence", "rest"),
    [
        ("Yes, dogs are allowed.", "Dogs are allowed."),
        ("No. Dogs may not run free.", "Dogs may not run free."),
        ("Nein: Hunde sind verboten.", "Hunde sind verboten."),
        ("Yes.", ""),
        ("no", ""),
        ("No dogs may run free.", "No dogs may run free."),
        ("Nobody may.", "Nobody may."),
        ("Dogs, yes, are allowed.", "Dogs, yes, are allowed."),
        ("", ""),
    ],
)
def test_a_yes_or_no_is_taken_off_a_sentence_where_a_mark_parts_them(sentence: str, rest: str) -> None:
    assert without_verdict(sentence) == rest

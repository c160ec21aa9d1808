from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag_app.console.completion import Argument, Choice, Proposal, proposals

NAMES = ["lease.pdf", "Old lease.pdf", "it's.pdf", "\u202eevil.pdf", "a\x1b[2J.pdf", "manual.pdf"]
COMMANDS = {
    "/in": Argument(lambda _: map(Choice, NAMES), words=True),
    "/resume": Argument(lambda _: [Choice("Old lease", "2 questions")]),
    "/quit": None,
}


def texts(line: str) -> list[str]:
    return [proposal.text for proposal in proposals(line, COMMANDS)]


def test_commands_go_on_from_their_first_letters() -> None:
    assert proposals("/r", COMMANDS) == [Proposal("/resume", 2)]
    assert texts("/") == ["/in", "/resume", "/quit"]
    assert texts("/x") == texts("") == texts("what is") == texts("/quit ") == texts("/other a") == []


def test_what_begins_as_it_is_written_comes_first_and_capitals_do_not_count() -> None:
    assert texts("/in LEASE") == ["lease.pdf", "'Old lease.pdf'"]
    assert texts("/in old") == ["'Old lease.pdf'"]


def test_a_proposal_takes_the_place_of_the_word_with_its_quotation_mark() -> None:
    assert proposals("/in manual.pdf 'Old le", COMMANDS) == [Proposal("'Old lease.pdf'", len("'Old le"))]
    assert proposals('/in "Old le', COMMANDS) == [Proposal("'Old lease.pdf'", len('"Old le'))]
    assert proposals("/resume old l", COMMANDS) == [Proposal("Old lease", len("old l"), "2 questions")]


def test_a_name_that_looks_otherwise_than_it_is_is_not_proposed() -> None:
    assert texts("/in ") == ["lease.pdf", "'Old lease.pdf'", """'it'"'"'s.pdf'""", "manual.pdf"]


def test_the_argument_is_told_what_stands_before_the_word() -> None:
    told: list[str] = []
    command = {"/in": Argument(lambda before: told.append(before) or [], words=True)}
    proposals("/in a.pdf --tag wo", command)
    assert told == ["a.pdf --tag "]


def test_a_text_of_several_lines_is_no_command() -> None:
    assert texts("/in a\nle") == []


@given(st.text("/inresu 'ld\\\"\n"))
def test_a_proposal_never_replaces_more_than_the_line(line: str) -> None:
    assert all(0 <= proposal.replaced <= len(line) for proposal in proposals(line, COMMANDS))

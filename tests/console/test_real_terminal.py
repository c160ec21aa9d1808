"""`rag chat` in a real terminal, with the default models, as a person uses it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from helpers_cli import REAL, environment, rag
from tmux import TMUX, Screen

from rag_app import config

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(not TMUX, reason="tmux is not installed"),
]

LEASE = Path(__file__).parents[2] / "data" / "samples" / "apartment-lease.pdf"
MODELS = config.load().models


def test_a_conversation_is_held_stopped_left_and_gone_on_with(tmp_path: Path) -> None:
    shutil.copy(LEASE, tmp_path / "lease.pdf")
    env = {"RAG_MODELS": str(MODELS), "RAG_LIBRARY": str(tmp_path / "library")}
    assert rag("ingest", tmp_path / "lease.pdf", "--json", program=REAL, env=env).json["added"] == 1
    chat = f"{sys.executable} -m rag_app chat --session lease"
    with Screen(environment(**env, TERM="tmux-256color"), cwd=Path.cwd()) as screen:
        screen.until(lambda: screen.waits_at("$ "))
        screen.type(chat)
        screen.reads("/help lists the commands")
        screen.until(lambda: screen.waits_at("> "))

        # a question, with its proof
        screen.type("How much notice must the tenant give?")
        screen.reads("[1] lease.pdf, page ")
        screen.until(lambda: screen.waits_at("> "))
        assert "three months" in " ".join(screen.text().split())
        screen.type("/open 1")  # there is no display
        screen.reads(f"file://{tmp_path}/lease.pdf#page=")
        screen.until(lambda: screen.waits_at("> "))

        # another one, stopped: the program and the conversation go on
        screen.turn_page()
        screen.type("Who pays for small repairs in the flat?")
        screen.until(lambda: "searching" in screen.text() or "reading" in screen.text())
        screen.press("C-c")
        screen.reads("(stopped)")
        screen.until(lambda: screen.waits_at("> "))
        assert "[1]" not in screen.text()

        # a follow-up, pasted in two lines, which leans on the first question
        screen.paste("And for\nthe landlord?")
        screen.until(lambda: "the landlord?" in screen.text())
        screen.press("Enter")
        screen.reads("Understood as: ")
        screen.until(lambda: screen.waits_at("> "))
        assert "notice" in screen.text().partition("Understood as: ")[2].partition("\n")[0]

        screen.turn_page()
        screen.type("/sources")
        screen.reads("1. lease.pdf, page ")
        screen.until(lambda: screen.waits_at("> "))

        # a command is completed
        screen.turn_page()
        screen.press("/", "b", "u")
        screen.until(lambda: screen.text().count("/budget") == 1)  # below the line
        screen.press("Tab")
        screen.reads("> /budget")
        screen.press("Enter")
        screen.reads("There is no budget")
        screen.type("/quit")
        screen.until(lambda: screen.waits_at("$ "))

        # the same conversation later, with what was said in it
        screen.turn_page()
        screen.type(chat)
        screen.reads("Going on with lease: 2 questions so far")
        screen.until(lambda: screen.waits_at("> "))
        screen.type("/sources")
        screen.reads("1. lease.pdf, page ")
        screen.press("C-d")
        screen.until(lambda: screen.waits_at("$ "))
    turns = rag("sessions", "show", "lease", "--json", program=REAL, env=env).json["turns"]
    assert [turn["answer"]["question"] for turn in turns] == [
        "How much notice must the tenant give?",
        "And for the landlord?",
    ]

"""Two documents about a house and its garden, and questions that they answer."""

from __future__ import annotations

HOUSE = """The house stands on a hill above the river and was built in 1904.
A visitor brings to the house:
• a towel of cotton
• a pair of shoes without heels
• the letter of invitation
The visitor leaves the house before noon.
The notice period for a visitor of the house is three months to the end of a calendar month."""
GARDEN = """The garden of the visitor centre lies below the house.
A visitor of the garden brings a hat and a bottle of water to the garden.
Dogs of a visitor may not run free in the garden."""
QUESTION = "What does a visitor bring to the house?"
NOTICE = "How long is the notice period for a visitor of the house?"

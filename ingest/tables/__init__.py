"""Finds the tables of a page in its geometry, and writes their rows into its text."""

CELL = "\t"
"""Parts the cells of a row; a table row is a line that holds one."""

"""Columns as a spreadsheet names them: by letters."""

from __future__ import annotations

_LETTERS = 26


def name_column(column: int) -> str:
    """Return the letters of a column, counted from 0."""
    letters = ""
    while column >= 0:
        column, place = divmod(column, _LETTERS)
        letters = chr(ord("A") + place) + letters
        column -= 1
    return letters


def read_column(letters: str) -> int:
    """Return which column some letters from A to Z name, counted from 0."""
    column = -1
    for letter in letters.upper():
        column = (column + 1) * _LETTERS + ord(letter) - ord("A")
    return column

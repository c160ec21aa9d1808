"""What may be told of a fault of the program: where it arose. Its message could hold document text."""

from __future__ import annotations

import traceback


def told(error: BaseException) -> str:
    """Return the kind of an exception and the lines of code that it came through, without its message."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"

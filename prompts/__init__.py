"""The words sent to the generator: text files with `$names`, filled in once and never interpreted."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"\$([a-z_]+)")


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


def examples(name: str) -> list[tuple[str, str, str]]:
    """Return what each example of the file `name`.txt shows, what it asks, and the answer."""
    found = []
    for example in render(name).split("\n\n"):
        *shown, asked, answered = example.splitlines()
        found.append(("\n".join(shown), asked.partition(": ")[2], answered.partition(": ")[2]))
    return found


def render(name: str, **values: str) -> str:
    """Fill the names of the prompt file `name`.txt.

    Values are put in once: a `$name` inside one stays as it is.

    Raises:
        KeyError: a name of the file has no value, or a value has no name in the file.
    """
    text = _text(name)
    names = set(_NAME.findall(text))
    if names != values.keys():
        raise KeyError(f"{name}: needs {sorted(names)}, was given {sorted(values)}")
    return _NAME.sub(lambda match: values[match[1]], text)

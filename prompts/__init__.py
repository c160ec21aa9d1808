"""The words sent to the generator: text files with `$names`, filled in once and never interpreted.

The files here are for questions in any language. `languages/` has a file for each language in which something is asked
of the generator otherwise: what stands there under "# name" goes in place of `name`.txt, and its examples after those.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"\$([a-z_]+)")
_SECTION = re.compile(r"^# ([a-z_]+)\n", re.MULTILINE)
_EXAMPLES = "_examples"


@cache
def _text(name: str, language: str) -> str:
    own = _sections(language).get(name)
    if own is not None and not name.endswith(_EXAMPLES):
        return own
    text = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")
    return text if own is None else f"{text}\n\n{own}"


@cache
def _sections(language: str) -> dict[str, str]:
    """Return what the file of a language has, by the names of what it stands for; nothing where there is none."""
    file = files(__name__).joinpath("languages", f"{language}.txt")
    if not language.isalpha() or not file.is_file():
        return {}
    _, *parts = _SECTION.split(file.read_text(encoding="utf-8"))
    return {name: text.strip("\n") for name, text in zip(parts[::2], parts[1::2], strict=True)}


def examples(name: str, language: str = "") -> list[tuple[str, str, str]]:
    """Return what each example of the file `name`.txt shows, what it asks, and the answer; a language's own last."""
    found = []
    for example in render(name, language).split("\n\n"):
        *shown, asked, answered = example.splitlines()
        found.append(("\n".join(shown), asked.partition(": ")[2], answered.partition(": ")[2]))
    return found


def render(name: str, language: str = "", **values: str) -> str:
    """Fill the names of the prompt file `name`.txt, or of what a language has in its place.

    Values are put in once: a `$name` inside one stays as it is.

    Raises:
        KeyError: a name of the file has no value, or a value has no name in the file.
    """
    text = _text(name, language)
    names = set(_NAME.findall(text))
    if names != values.keys():
        raise KeyError(f"{name}: needs {sorted(names)}, was given {sorted(values)}")
    return _NAME.sub(lambda match: values[match[1]], text)

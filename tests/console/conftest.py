from __future__ import annotations

import pytest
from rich.console import Console
from shown import Screen

from rag_app.console import screen


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> tuple[Screen, Screen]:
    """Stand in for standard output and standard error, each a terminal of 200 columns."""
    out, error = Screen(), Screen()
    consoles = {
        kind: Console(
            file=file,
            force_terminal=True,
            width=200,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=not kind,
            color_system="truecolor",
            legacy_windows=False,
        )
        for kind, file in ((False, out), (True, error))
    }
    monkeypatch.setattr(screen, "console", lambda *, error=False: consoles[error])
    return out, error

from __future__ import annotations

import shlex
import sys
import time
from typing import TYPE_CHECKING

import pytest

from rag_app.console import opener

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="not supported there")]


@pytest.fixture
def bin_(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    file = tmp_path / "a b; touch $(pwned) '#1.pdf"
    file.write_bytes(b"%PDF")
    return file


def program(folder: Path, name: str, script: str = "") -> str:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def on_linux(monkeypatch: pytest.MonkeyPatch, bin_: Path, entry: str = "") -> dict[str, str]:
    monkeypatch.setattr("sys.platform", "linux")
    if entry:
        program(bin_, "xdg-mime", f'[ "$*" = "query default application/pdf" ] && echo {shlex.quote(entry)}')
    return {"PATH": str(bin_), "DISPLAY": ":0"}


def test_a_file_is_opened_with_the_opener_of_the_desktop(
    monkeypatch: pytest.MonkeyPatch, bin_: Path, pdf: Path
) -> None:
    environment = on_linux(monkeypatch, bin_, "some.viewer.desktop")
    assert opener.command(pdf, 3, environment) is None
    xdg_open = program(bin_, "xdg-open")
    assert opener.command(pdf, 3, environment) == [xdg_open, str(pdf)]
    assert opener.command(pdf, 3, {"PATH": str(bin_), "WAYLAND_DISPLAY": "wayland-0"}) == [xdg_open, str(pdf)]


@pytest.mark.parametrize(
    ("entry", "name", "arguments"),
    [
        ("org.gnome.Evince.desktop", "evince", ["--page-index=3", "{file}"]),
        ("evince.desktop", "evince", ["--page-index=3", "{file}"]),
        ("atril.desktop", "atril", ["--page-index=3", "{file}"]),
        ("xreader.desktop", "xreader", ["--page-index=3", "{file}"]),
        ("okularApplication_pdf.desktop", "okular", ["--page", "3", "{file}"]),
        ("org.kde.okular.desktop", "okular", ["--page", "3", "{file}"]),
        ("org.pwmt.zathura-pdf-mupdf.desktop", "zathura", ["--page=3", "{file}"]),
        ("firefox_firefox.desktop", "firefox", ["{url}"]),
        ("chromium-browser.desktop", "chromium-browser", ["{url}"]),
    ],
)
def test_a_known_viewer_is_told_the_page(
    monkeypatch: pytest.MonkeyPatch, bin_: Path, pdf: Path, entry: str, name: str, arguments: list[str]
) -> None:
    environment = on_linux(monkeypatch, bin_, entry)
    viewer = program(bin_, name)
    url = f"file://{pdf.parent}/a%20b%3B%20touch%20%24%28pwned%29%20%27%231.pdf#page=3"
    assert opener.command(pdf, 3, environment) == [viewer, *(part.format(file=pdf, url=url) for part in arguments)]


def test_a_viewer_of_pdfs_opens_no_other_files(monkeypatch: pytest.MonkeyPatch, bin_: Path, tmp_path: Path) -> None:
    environment = on_linux(monkeypatch, bin_, "evince.desktop")
    program(bin_, "evince")
    xdg_open = program(bin_, "xdg-open")
    assert opener.command(tmp_path / "a.md", 1, environment) == [xdg_open, str(tmp_path / "a.md")]


def test_a_viewer_that_is_entered_but_not_installed_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, bin_: Path, pdf: Path
) -> None:
    environment = on_linux(monkeypatch, bin_, "org.gnome.Evince.desktop")
    xdg_open = program(bin_, "xdg-open")
    assert opener.command(pdf, 3, environment) == [xdg_open, str(pdf)]


@pytest.mark.parametrize("away", [{"SSH_CONNECTION": "a 1 b 22"}, {"SSH_TTY": "/dev/pts/1"}, {"DISPLAY": ""}])
def test_nothing_is_opened_where_the_user_cannot_see_it(
    monkeypatch: pytest.MonkeyPatch, bin_: Path, pdf: Path, away: dict[str, str]
) -> None:
    environment = on_linux(monkeypatch, bin_)
    program(bin_, "xdg-open")
    assert opener.command(pdf, 3, environment | away) is None


def test_on_a_mac_scripts_go_to_the_text_editor(
    monkeypatch: pytest.MonkeyPatch, bin_: Path, pdf: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    environment = {"PATH": str(bin_)}
    assert opener.command(pdf, 3, environment) is None
    program_ = program(bin_, "open")
    assert opener.command(pdf, 3, environment) == [program_, str(pdf)]
    assert opener.command(tmp_path / "a.py", 3, environment) == [program_, "-t", str(tmp_path / "a.py")]
    assert opener.command(pdf, 3, environment | {"SSH_TTY": "/dev/ttys1"}) is None


def test_no_shell_reads_the_name_of_a_file(bin_: Path, pdf: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    xdg_open = program(bin_, "xdg-open", f'printf "%s" "$1" > {shlex.quote(str(told))}')
    assert opener.launch([xdg_open, str(pdf)])
    assert told.read_text() == str(pdf)
    assert not (tmp_path / "pwned").exists()


def test_a_program_that_fails_or_is_not_there_did_not_open(bin_: Path) -> None:
    assert not opener.launch([program(bin_, "fails", "exit 3")])
    assert not opener.launch([str(bin_ / "nothing")])


def test_a_viewer_that_stays_open_is_not_waited_for(bin_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opener, "_FAILS_WITHIN", 0.1)
    begun = time.monotonic()
    assert opener.launch([program(bin_, "stays", "exec sleep 2")])
    assert time.monotonic() - begun < 1.5


def test_a_desktop_that_does_not_answer_is_passed_over(monkeypatch: pytest.MonkeyPatch, bin_: Path, pdf: Path) -> None:
    monkeypatch.setattr(opener, "_ANSWERS_WITHIN", 0.1)
    environment = on_linux(monkeypatch, bin_)
    program(bin_, "xdg-mime", "exec /bin/sleep 5")
    xdg_open = program(bin_, "xdg-open")
    assert opener.command(pdf, 3, environment) == [xdg_open, str(pdf)]

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import Document, DocumentError, cut, read, row_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def html(tmp_path: Path, text: str | bytes) -> Document:
    path = tmp_path / "page.html"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


def unseen(document: Document) -> list[str]:
    return [page.text[start:end] for page in document.pages for start, end in page.hidden]


def test_a_page_is_read_as_a_browser_shows_it(tmp_path: Path) -> None:
    document = html(
        tmp_path,
        """<!doctype html><html><head><title>Our &amp; your bees</title><style>p {color: red}</style></head><body>
        <nav><a href=/>Home</a></nav><script>var a = "<p>no</p>";</script>
        <h1>Bees</h1><p>They dance,<br>and   <b>sing</b>&nbsp;songs&hellip;
        <p>Second<ul><li>one<li><p>two</p><ol start=4><li>deep</ol></ul>
        <div hidden>secret</div><div style="DISPLAY: none">secret</div><!-- secret -->
        <h2>Honey</h2>Sweet.<pre>a\n  b</pre><footer>Imprint</footer></body></html>""",
    )
    assert document.title == "Our & your bees"
    assert document.text == (
        "Bees\nThey dance,\nand sing songs…\n\nSecond\n\n- one\n- two\n4. deep\n\nsecret\n\nsecret\n\n"
        "Honey\nSweet.\n\na\n  b\n\nImprint"
    )
    assert unseen(document) == ["secret", "secret"]
    assert document.warnings == ("page 1 with hidden text, which is kept and is no evidence",)
    assert [label for _, label in document.sections] == ["Bees", "Honey"]
    assert {passage.page_label for passage in cut(document, words, 4, 0)} == {"Bees", "Honey"}


def test_footers_are_content_but_for_their_menus(tmp_path: Path) -> None:
    footer = "<footer><nav>Home</nav><address>Open 9 to 5, phone 0117</address></footer>"
    document = html(tmp_path, f"<article>Text<footer>Signed, A.</footer></article>{footer}")
    assert document.text == "Text\n\nSigned, A.\n\nOpen 9 to 5, phone 0117"


@pytest.mark.parametrize(
    ("encoding", "head"),
    [
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("utf-8", ""),
        ("cp1252", ""),
        ("cp1252", "<meta charset=iso-8859-1>"),
        ("cp1250", "<meta http-equiv='Content-Type' content='text/html; charset=windows-1250'>"),
        ("shift_jis", '<meta charset="Shift_JIS">'),
        ("utf-8", "<meta charset=made-up>"),
        ("utf-8", "<meta charset=utf-16>"),
        ("utf-8", "<meta charset=rot13>"),
    ],
)
def test_the_encoding_is_the_declared_one(tmp_path: Path, encoding: str, head: str) -> None:
    text = "日本語" if encoding == "shift_jis" else "Grüße"
    assert html(tmp_path, f"<head>{head}</head><p>{text}".encode(encoding)).text == text


def test_a_table_becomes_rows_under_its_names(tmp_path: Path) -> None:
    document = html(
        tmp_path,
        "<h2>Costs</h2><table><caption>In euros</caption><thead><tr><th rowspan=2>Region<th colspan=2>2023</tr>"
        "<tr><th>Plan<th>Real</tr></thead><tr><td rowspan=2>North<td>1<td></tr><tr><td>3<td>4</tr>"
        "<tr><td colspan=3>Rest</tr><tr><td>South<td>5<td>6</tr></table>",
    )
    assert document.text == (
        "Costs\nIn euros\nRegion\t2023\t2023\n\tPlan\tReal\nNorth\t1\t\nNorth\t3\t4\nRest\nSouth\t5\t6"
    )
    row = row_at(document.text, document.text.index("South"))
    assert (row.caption, row.text.split("; ")[1:]) == ("Costs In euros", ["2023 Plan: 5", "2023 Real: 6"])


def test_a_table_that_only_places_things_is_no_table(tmp_path: Path) -> None:
    layout = f"<table><tr><td><h2>News</h2><p>One.<td>{'Long prose. ' * 60}</table><table><tr><td>alone</table>"
    document = html(tmp_path, layout)
    assert "\t" not in document.text
    assert document.text.startswith("News\nOne.\n\nLong prose.")
    assert document.text.endswith("alone")
    inner = html(tmp_path, "<table><tr><td>Menu<td><table><tr><td>a<td>b<tr><td>1<td>2</table></table>")
    assert inner.text == "Menu\n\na\tb\n1\t2"


def test_empty_elements_of_xhtml_do_not_swallow_the_rest(tmp_path: Path) -> None:
    head = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x.js"/></head>'
    assert html(tmp_path, f"{head}<body><p/>Text<br/>on</body></html>").text == "Text\non"


def test_entities_that_a_page_declares_are_not_expanded(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("top secret")
    declared = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt"><!ENTITY y "yyyy">]>'
    text = html(tmp_path, f"{declared}<p>a &x; b &y; c").text
    assert "secret" not in text
    assert "yyyy" not in text.partition("a &x;")[2]


@pytest.mark.slow
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<div>" * 100_000 + "x", "x"),
        ("<b><p>" * 20_000 + "x", "x"),
        ("<table><tr><td>" * 30_000 + "x", "x"),
        ("<ul><li>" * 30_000 + "x", "- x"),
        ("<" * 1_000_000, None),
        ("<!--" * 200_000, ""),
        ("</" * 200_000, None),
        ("<a b='" * 200_000, None),
        ("<div " + " ".join(f"a{n}=1" for n in range(50_000)) + ">x", "x"),
        ("word " * 200_000, ("word " * 200_000).strip()),
        ("<del>" * 100_000 + "x", "~~x~~"),
        ("<sup><a href=https://a.example/>" * 50_000 + "x", None),
        ("<div hidden>" * 100_000 + "x", "x"),
        ("<math>" + "<mfrac>" * 100_000 + "x", "x"),
        ("<label>" * 100_000 + "<input value=x>", None),
        ("<select>" + "<option>x" * 200_000, None),
        ("<input type=checkbox>a " * 100_000, None),
        ("<form>" + "<label>Name<input value=x></label>" * 50_000, None),
        ("<ol reversed>" * 20_000 + "<li>x", None),
        (f"<textarea>{'x' * 3_000_000}</textarea>", "x" * 3_000_000),
        ("&amp" * 500_000, None),
        (
            f"<!DOCTYPE x [<!ENTITY a '{'b' * 100}'>{''.join(f'<!ENTITY a{n} {chr(38)}a;>' for n in range(99))}]>"
            + "&a98;" * 9,
            None,
        ),
        ("<table>" + "<tr><td rowspan=60000 colspan=100>x</td>" * 3000 + "<tr>" * 3000, None),
    ],
)
def test_hostile_pages_are_read_in_time(tmp_path: Path, text: str, expected: str | None) -> None:
    read_text = html(tmp_path, text).text
    assert expected is None or read_text == expected


def test_a_binary_file_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        html(tmp_path, b"<p>a\0b")
    assert caught.value.reason == "is not an HTML file"

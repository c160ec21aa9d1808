"""What a web page says beside its plain text: forms, struck-out and raised text, lists, links, pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import Document, read
from ingest.readers.web.links import shown_address, with_address
from ingest.readers.web.numbering import numeral

if TYPE_CHECKING:
    from pathlib import Path


def page(tmp_path: Path, body: str) -> Document:
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><title>Page</title>{body}")
    return read(path)


def unseen(document: Document) -> list[str]:
    return [page.text[start:end] for page in document.pages for start, end in page.hidden]


@pytest.mark.parametrize(
    ("body", "text", "hidden"),
    [
        ("<p>Ticket: <del>15.00</del> <ins>12.50</ins> euro", "Ticket: ~~15.00~~ 12.50 euro", ["~~15.00~~"]),
        ("<p>Open <s>Monday</s> Tuesday", "Open ~~Monday~~ Tuesday", ["~~Monday~~"]),
        ("<p><span style='text-decoration:line-through'>Hall 4</span> Hall 7", "~~Hall 4~~ Hall 7", ["~~Hall 4~~"]),
        ("<strike><p>One.<p>Two.</strike>", "~~One.~~\n\n~~Two.~~", ["~~One.~~", "~~Two.~~"]),
        (
            "<table><tr><th>Size<th>Price<tr><td>Small<td><del>8</del> 6<tr><td>Large<td>9</table>",
            "Size\tPrice\nSmall\t~~8~~ 6\nLarge\t9",
            ["~~8~~"],
        ),
        ("<div hidden>a<div>b</div>c</div><p>d", "a\n\nb\n\nc\n\nd", ["a", "b", "c"]),
        ("<p>Call <b style='visibility: hidden'>0190</b> us", "Call 0190 us", ["0190"]),
        ("<p>Floor area 62<sup>5</sup> m<sup>2</sup>, 10<sup>-9</sup> m", "Floor area 62⁵ m², 10⁻⁹ m", []),
        ("<p>Since 1911<sup><a href='#n1'>[1]</a></sup>, see<sup>b</sup>", "Since 1911¹, see^(b)", []),
        ("<p>CO<sub>2</sub>, the 3<sup>rd</sup> of 4", "CO₂, the 3rd of 4", []),
        ("<p>2<sup>1</sup>&frasl;<sub>4</sub> cups, <sup>2</sup>/<sub>3</sub> spoon", "2 1/4 cups, 2/3 spoon", []),
        (
            "<p>so <math><mfrac><mi>s</mi><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow></mfrac></math> and "
            "<math><msup><mi>x</mi><mn>2</mn></msup></math>",
            "so s/(a + 1) and x²",
            [],
        ),
    ],
)
def test_raised_and_struck_out_text_keeps_its_sense(tmp_path: Path, body: str, text: str, hidden: list[str]) -> None:
    document = page(tmp_path, body)
    assert (document.text, unseen(document)) == (text, hidden)


@pytest.mark.parametrize(
    ("body", "text", "hidden"),
    [
        ("<label for=n>Name *</label><input id=n value='Ida Krog'>", "Name: Ida Krog", []),
        ("<label>Mail <input type=email value=ida@x.example></label>", "Mail: ida@x.example", []),
        ("<label>Town</label><input value=Lund><label>Country</label><input>", "Town: Lund\nCountry:", []),
        ("<input placeholder='Your street' value='Elm Row 2'>", "Your street: Elm Row 2", []),
        ("<p>Send <input value=4> boxes", "Send 4 boxes", []),
        (
            "<label>Room<select><option>A<option selected>B<option>C</select></label>",
            "Room: B (☐ A, ☐ C)",
            ["☐ A, ☐ C"],
        ),
        ("<label>Meal<select><option>none<option>fish</select></label>", "Meal: none (☐ fish)", ["☐ fish"]),
        (
            "<label>Days<select multiple><option selected>Mo<option>Tu<option selected>We</select></label>",
            "Days: Mo, We (☐ Tu)",
            ["☐ Tu"],
        ),
        ("<label>Wishes</label><textarea>Ring\ntwice</textarea>", "Wishes: Ring\ntwice", []),
        ("<label><input type=checkbox checked> Insured</label>", "Insured: yes", []),
        ("<input type=checkbox id=d><label for=d>Driver</label>", "Driver: no", []),
        (
            "<fieldset><legend>Seat</legend><label><input type=radio>aisle</label>"
            "<label><input type=radio checked>window</label></fieldset>",
            "Seat\n\naisle: no\nwindow: yes",
            [],
        ),
        (
            "<p>Allergies: <input type=checkbox> yes <input type=checkbox checked> no",
            "Allergies: no (☐ yes)",
            ["☐ yes"],
        ),
        (
            "<table><tr><th>Part<th>Count<tr><td><label for=q>Bolts</label><td><input id=q value=40></table>",
            "Part\tCount\nBolts\t40",
            [],
        ),
        ("<label for=p>Password</label><input id=p type=password value=x><input type=hidden value=t>", "Password", []),
        ("<label>Code</label><input style='display:none' value=77>", "Code: 77", []),
        ("<label>A<button>b</button></label><input type=submit value=Send>", "A", []),
    ],
)
def test_a_form_says_what_was_entered(tmp_path: Path, body: str, text: str, hidden: list[str]) -> None:
    document = page(tmp_path, f"<form>{body}</form>")
    assert (document.text, unseen(document)) == (text, hidden)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<ol start=7><li>a<li>b</ol>", "7. a\n8. b"),
        ("<ol><li>a<li value=12>b<li>c</ol>", "1. a\n12. b\n13. c"),
        ("<ol reversed><li>a<li>b<li>c</ol>", "3. a\n2. b\n1. c"),
        ("<ol reversed start=9><li>a<li>b</ol>", "9. a\n8. b"),
        ("<ol type=A><li>a<li>b</ol><ol type=i start=9><li>c<li>d</ol>", "A. a\nB. b\nix. c\nx. d"),
        ("<ol><li>a<ul><li>b</ul><li>c</ol>", "1. a\n- b\n2. c"),
        ("<details><summary>Fees</summary><p>None.</details>", "Fees\n\nNone."),
        (
            "<figure><img src=m.png alt='Map: pier 6'><figcaption>The port</figcaption></figure>",
            "Map: pier 6\n\nThe port",
        ),
        (
            "<p><abbr title='Value added tax'>VAT</abbr> and <abbr title='Value added tax'>VAT</abbr>",
            "VAT (Value added tax) and VAT",
        ),
        ("<p><ruby>紙<rp>(</rp><rt>かみ</rt><rp>)</rp></ruby>", "紙(かみ)"),
    ],
)
def test_lists_pictures_and_short_forms_are_said(tmp_path: Path, body: str, text: str) -> None:
    assert page(tmp_path, body).text == text


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("<a href='https://a.example/forms/f 2.pdf'>form</a>", "form (https://a.example/forms/f 2.pdf)"),
        ("<a href='plans/roof.dwg'>plan</a>", "plan (plans/roof.dwg)"),
        ("<a href='mailto:desk%40a.example?subject=Hi'>the desk</a>", "the desk (desk@a.example)"),
        ("<a href='mailto:desk@a.example'>desk@a.example</a>", "desk@a.example"),
        ("<a href='tel:+45 55 01 63'>call</a>", "call (+45 55 01 63)"),
        ("<a href='tel:+4531550163'>31 55 01 63</a>", "31 55 01 63"),
        ("<a href='https://b.example/rules'>rules</a>", "rules (https://b.example/rules)"),
        ("<a href='https://www.b.example/'>b.example</a>", "b.example"),
        ("<a href='https://own.example/rules'>rules</a>", "rules"),
        ("<a href='/rules.html'>rules</a>", "rules"),
        ("<a href='#top'>top</a><a href='javascript:go()'>go</a>", "topgo"),
        (f"<a href='https://b.example/?q={'x' * 200}'>ad</a>", "ad"),
        ("<nav><a href='https://b.example/f.pdf'>form</a></nav>text", "text"),
    ],
)
def test_addresses_of_links_that_lead_elsewhere_stand_behind_them(tmp_path: Path, link: str, text: str) -> None:
    assert page(tmp_path, f"<link rel=canonical href='https://own.example/page'><p>{link}").text == text


def test_where_a_page_comes_from_is_told_by_what_a_browser_wrote_into_it(tmp_path: Path) -> None:
    saved = "<!-- saved from url=(0022)https://own.example/a -->"
    assert page(tmp_path, f"{saved}<p><a href='https://own.example/b'>b</a>").text == "b"
    assert (
        page(tmp_path, "<base href='https://own.example/x/'><a href=f.pdf>b</a>").text
        == "b (https://own.example/x/f.pdf)"
    )


def test_an_address_that_cannot_be_parsed_is_left_out() -> None:
    assert shown_address("http://[::1") == ""
    assert with_address("text ", "a.pdf") == "text (a.pdf) "
    assert with_address("", "a.pdf") == "(a.pdf)"


def test_numbers_of_lists_are_written_as_asked() -> None:
    assert [numeral(n, "a") for n in (1, 26, 27, 702, 703)] == ["a", "z", "aa", "zz", "aaa"]
    assert [numeral(n, "I") for n in (4, 9, 14, 1999, 3999)] == ["IV", "IX", "XIV", "MCMXCIX", "MMMCMXCIX"]
    assert [numeral(n, kind) for n, kind in ((0, "a"), (-1, "i"), (5000, "i"), (7, "1"))] == ["0", "-1", "5000", "7"]

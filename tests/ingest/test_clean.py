from __future__ import annotations

import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import clean
from ingest.characters import characters
from ingest.remarks import Remark
from rag_app.language.reading import lexicon

repair = partial(clean.repair, lexicon=lexicon())

PROSE = (
    "The company designs and sells devices, and it reports its results for every\n"
    "quarter of the year. Revenue rose because more people bought telephones and\n"
    "fewer of them sent the telephones back to the shops where they had bought the\n"
    "things in the first place. Costs rose as well."
)


def one(page: str) -> str:
    [text] = repair([page])
    return text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("eﬃcient ﬁnance ﬂow oﬀer baﬄe ﬅay ﬆ", "efficient finance flow offer baffle stay st"),
        ("cafe\u0301", "café"),
        ("co\u00adoperate", "cooperate"),
        ("a\u00a0b\u2003c\u3000d\te", "a b c d e"),
        ("zero\u200bwidth\ufeff \u202eabc\u202c\u200e", "zerowidth abc"),
        ("nul\0bell\x07del\x7fc1\x9b", "nulbelldelc1"),
        ("lone \ud800 half, pair \ud83d\ude00", "lone half, pair 😀"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\r\nb\rc\x85d\u2028e", "a\nb\nc\nd\ne"),
        ("a \n \n \n\n b", "a\n\nb"),
        ("\uf0b7 item", "• item"),
        ("net (22 ) and (1,191 )", "net (22) and (1,191)"),
        ("Risk Factors ........... 12", "Risk Factors 12"),
        ("I n  J u n e  2 0 1 7 ,  a  G o o g l e  t e a m", "In June 2017, a Google team"),
        ("1  2  3  4  5  6  7  8  9  1  2", "1 2 3 4 5 6 7 8 9 1 2"),
    ],
)
def test_characters_are_normalised(raw: str, expected: str) -> None:
    assert characters(raw) == expected


@given(st.text())
def test_normalising_twice_changes_nothing_and_leaves_only_clean_characters(text: str) -> None:
    once = characters(text)
    assert characters(once) == once
    assert once == once.strip()
    assert "  " not in once
    assert not set(once) & set("\f\r\t\0\u00ad\u200b\ufeff\u00a0")
    once.encode("utf-8")


@given(st.lists(st.text(alphabet="ab C1.-\n\f\u00ad,(•", max_size=200), max_size=6))
def test_repair_keeps_pages_and_never_loses_a_letter_but_in_repeated_lines(pages: list[str]) -> None:
    repaired = repair(pages)
    assert len(repaired) == len(pages)
    for raw, text in zip(pages, repaired, strict=True):
        assert "\f" not in text
        assert bool(text) == bool(characters(raw))
        assert "\n\n\n" not in text


def test_wrapped_prose_becomes_one_line() -> None:
    assert one(PROSE) == PROSE.replace("\n", " ")


def test_a_short_last_line_ends_the_paragraph() -> None:
    assert one(PROSE + "\n" + PROSE) == (PROSE + "\n\n" + PROSE).replace("\n", " ").replace("  ", "\n\n")


def test_headings_items_and_blank_lines_stay_real_breaks() -> None:
    page = (
        f"Results of the Year\n{PROSE}\nRisks\n{PROSE}\n\n• first point\n• second point\n1. one\n2. two\n(a) x\n- dash"
    )
    flat = PROSE.replace("\n", " ")
    assert one(page) == (
        f"Results of the Year\n{flat}\n\nRisks\n{flat}\n\n• first point\n• second point\n1. one\n2. two\n(a) x\n- dash"
    )


def test_a_heading_after_a_full_line_is_not_joined_to_it() -> None:
    full = PROSE.rsplit("\n", 1)[0].removesuffix(" the") + " all."
    assert one(f"{full}\nMarket Platforms\n{PROSE}").split("\n")[2] == "Market Platforms"


def test_table_rows_keep_lines_of_their_own() -> None:
    rows = [
        "Net sales $ 37,472 $ 35,870 $ 129,850 $ 116,486",
        "Operating income 13,914 12,916 48,778 40,751",
        "Change in fair value (3,150) 217 (9,959) (558)",
        "Other — — 1 —",
    ]
    assert one(f"{PROSE}\n" + "\n".join(rows)).split("\n")[-4:] == rows


def test_a_wrapped_label_is_joined_to_its_figures() -> None:
    page = (
        "Total income 1 2\nTotal change in unrealized gains on marketable debt\nsecurities (3,055) 163\n"
        "Currency adjustments, net of tax of $39 and\n$36 (537) (2,142)"
    )
    assert one(page).split("\n") == [
        "Total income 1 2",
        "Total change in unrealized gains on marketable debt securities (3,055) 163",
        "Currency adjustments, net of tax of $39 and $36 (537) (2,142)",
    ]


def test_cells_on_lines_of_their_own_become_a_row() -> None:
    assert one("Net sales\n37,472\n35,870\nCosts\n13,914\n12,916") == "Net sales 37,472 35,870\nCosts 13,914 12,916"


def test_the_dates_over_a_table_form_one_line() -> None:
    assert one("Three Months Ended\nJune 25,\n2022\nJune 26,\n2021\nNet income 5 6") == (
        "Three Months Ended\nJune 25, 2022 June 26, 2021\nNet income 5 6"
    )


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("the infor-", "mation was", "the information was"),
        ("the infor\u00ad", "mation was", "the information was"),
        ("a long-", "term plan", "a long-term plan"),
        ("the year-over-", "year rise", "the year-over-year rise"),
        ("a mark-", "to-market rule", "a mark-to-market rule"),
        ("by e-", "mail only", "by e-mail only"),
        ("with COVID-", "19 cases", "with COVID-19 cases"),
        ("the years 2019-", "2020 were", "the years 2019-2020 were"),
        ("at Hewlett-", "Packard we", "at Hewlett-Packard we"),
        ("the short-", "and long-term debt", "the short- and long-term debt"),
        ("die Vor-", "und Nachteile", "die Vor- und Nachteile"),
    ],
)
def test_words_broken_at_a_line_end_are_mended(left: str, right: str, expected: str) -> None:
    assert one(f"{left}\n{right}") == expected


def test_a_compound_seen_elsewhere_in_the_document_keeps_its_hyphen() -> None:
    assert repair(["the anti-\nhero left", "An anti-hero stays."])[0] == "the anti-hero left"
    assert repair(["the anti-\nhero left", "An antihero stays."])[0] == "the antihero left"


def test_markdown_keeps_its_tables_headings_and_code() -> None:
    page = "# Title\nsome text,\nwrapped\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nfor x in the\nlist of\n```\nend"
    assert one(page) == page.replace("text,\nwrapped", "text, wrapped")


def test_chinese_lines_are_joined_without_a_space() -> None:
    line = "这是一个很长的段落用来测试换行的处理方式是否正确因为中文没有空格所以需要特别小心"
    assert one(f"{line}\n{line}。") == f"{line}{line}。"


def test_running_heads_are_kept_once_and_page_numbers_go() -> None:
    topics = ["apples", "pears", "plums", "figs", "dates"]
    pages = [f"ACME Annual Report\nChapter on {topic}\nA text on {topic}.\nAcme | Form 10 | {n}\n{n}" for n, topic in
             enumerate(topics, start=7)]  # fmt: skip
    texts = [f"Chapter on {topic}\nA text on {topic}." for topic in topics]
    assert repair(pages) == [f"ACME Annual Report\n{texts[0]}\n\nAcme | Form 10 | 7", *texts[1:]]


def test_heads_that_change_on_the_page_number_line_are_kept_once_each() -> None:
    sections = ["Balance Sheet", "Income", "Income", "Notes", "Notes", "Controls"]
    pages = [
        f"Text {word}.\n{section} {n}" for n, (section, word) in enumerate(zip(sections, "abcdef", strict=True), 3)
    ]
    kept = ("\n\nBalance Sheet 3", "\n\nIncome 4", "", "\n\nNotes 6", "", "\n\nControls 8")
    assert repair(pages) == [f"Text {word}.{foot}" for word, foot in zip("abcdef", kept, strict=True)]


def test_headings_whose_numbers_happen_to_count_the_pages_stay() -> None:
    titles = ("Work", "Leave", "Expenses", "Safety")
    pages = [f"{n} {title}\nA text about {title}." for n, title in enumerate(titles, start=1)]
    assert repair(pages) == pages
    heads = [f"{n} Staff handbook\nA text about {title}." for n, title in enumerate(titles, start=1)]
    texts = [f"A text about {title}." for title in titles]
    assert repair(heads) == [f"1 Staff handbook\n{texts[0]}", *texts[1:]]


@pytest.mark.parametrize("number", ["Page {} of 9", "page {}", "- {} -", "{} of 9", "Seite {} von 9"])
def test_explicit_page_numbers_go_where_their_sequence_proves_them(number: str) -> None:
    pages = [f"{number.format(n)}\nText.\n{number.format(n)}" for n in (3, 4)]
    assert repair(pages) == ["Text.", "Text."]
    assert one(pages[0]) == f"{number.format(3)}\nText.\n{number.format(3)}"


def test_the_numbers_of_letters_of_one_page_and_of_two_go() -> None:
    letters = [f"Dear {name},\nPage {n} of {total}" for name, total in (("Ann", 1), ("Bob", 2), ("Cy", 1))
               for n in range(1, total + 1)]  # fmt: skip
    assert repair(letters) == ["Dear Ann,", "Dear Bob,", "Dear Bob,", "Dear Cy,"]


def test_roman_page_numbers_go() -> None:
    assert repair([f"Text {word}.\n{numeral}" for word, numeral in (("a", "iii"), ("b", "iv"), ("c", "v"))]) == [
        "Text a.",
        "Text b.",
        "Text c.",
    ]


def test_totals_at_the_foot_of_pages_stay() -> None:
    pages = [
        f"Invoice of {name}\nTotal {amount}"
        for name, amount in zip(("Ann", "Bob", "Cy", "Di"), (120, 75, 310, 48), strict=True)
    ]
    assert repair(pages) == pages


def test_a_lone_figure_at_the_foot_of_one_page_stays() -> None:
    assert repair(["The answer is\n42", "Another page."]) == ["The answer is 42", "Another page."]


def test_a_page_of_nothing_but_repeated_lines_keeps_them() -> None:
    assert repair(["Draft\nOne.", "Draft", "Draft\nTwo.", "Draft\nThree."]) == [
        "Draft\nOne.",
        "Draft",
        "Two.",
        "Three.",
    ]


@pytest.mark.parametrize(
    "head", ["Invoice no. {}", "Day {}", "Invoice no.\n{}", "{} March", "Claim | {}", "Lesson {} / 4"]
)
@pytest.mark.parametrize("first", [4, 2031])
def test_numbers_of_things_that_happen_to_count_the_pages_stay(head: str, first: int) -> None:
    pages = [f"{head.format(n)}\nA text about {name}." for n, name in enumerate(("Ann", "Bob", "Cy", "Di"), first)]
    assert repair(pages) == pages


def test_a_number_beside_the_words_is_kept_also_where_the_page_has_its_own() -> None:
    pages = [f"Day {n}\nWe walk to {place}.\n{n}" for n, place in enumerate(("Ely", "Ware", "Diss"), 1)]
    assert repair(pages) == [page[:-2] for page in pages]
    pages = [f"Chapter {n}\nA text about {place}.\nThe long way home {n} / 3"
             for n, place in enumerate(("Ely", "Ware", "Diss"), 1)]  # fmt: skip
    texts = [page.rpartition("\n")[0] for page in pages]
    assert repair(pages) == [f"{texts[0]}\n\nThe long way home 1 / 3", *texts[1:]]


def test_a_head_is_kept_wherever_a_part_of_it_changes() -> None:
    parts = (1, 1, 2, 2, 1)
    pages = [
        f"Handbook, edition 2\nSection {part}\nText {'abcde'[n]}.\nPage {n + 1} of 5" for n, part in enumerate(parts)
    ]
    heads = ("Handbook, edition 2\nSection 1\n", "", "Section 2\n", "", "Section 1\n")
    assert repair(pages) == [f"{head}Text {word}." for head, word in zip(heads, "abcde", strict=True)]


def test_heads_and_feet_stand_outside_the_sentence_that_runs_over_the_page() -> None:
    above, below = PROSE.rsplit("\n", 1)
    texts = (f"A text.\n\n{above}", f"{below}\n\nMore on it.", "Another text.", "The last text.")
    pages = [f"Day {n}\n{text}\nAsk the guide at the gate" for n, text in enumerate(texts, 1)]
    flat = above.replace("\n", " ")
    assert repair(pages) == [
        f"Day 1\nA text.\n\nAsk the guide at the gate\n\n{flat}",
        f"{below}\n\nDay 2\n\nMore on it.",
        "Day 3\nAnother text.",
        "Day 4\nThe last text.",
    ]


def test_the_names_of_columns_stay_above_the_figures_of_each_page() -> None:
    pages = [f"Item Stock Price\nNail {n} 52 7.{n}0\nScrew {n} 61 8.{n}1" for n in range(11, 15)]
    assert repair(pages) == pages


def test_it_is_said_what_was_set_aside() -> None:
    pages = [f"Bank of Ely | Account 44-71\nA text {word}.\nPage {n} of 3" for n, word in enumerate("abc", 1)]
    done = clean.arranged(pages, lexicon())
    assert done.texts == ["Bank of Ely | Account 44-71\nA text a.", "A text b.", "A text c."]
    assert done.remarks == (
        Remark("line_repeated", (2, 3), "Bank of Ely | Account 44-71"),
        Remark("page_numbers", (1, 2, 3), "Page 1 of 3"),
    )


@given(
    st.lists(
        st.lists(st.sampled_from(["Head 1", "Head 2", "Page 1", "7", "Sum 5 6", "a text", "so that"]), max_size=6),
        max_size=8,
    )
)
def test_no_line_goes_that_is_neither_kept_on_another_page_nor_told_of(pages: list[list[str]]) -> None:
    raw = ["\n".join(page) for page in pages]
    done = clean.arranged(raw, lexicon())
    letters = "".join("".join(done.texts).split())
    told = [remark for remark in done.remarks if remark.code == "page_numbers"]
    for number, page in enumerate(pages, 1):
        for line in page:
            numbered = any(number in remark.pages for remark in told) and line in {"Page 1", "7"}
            assert "".join(line.split()) in letters or numbered


def test_cleaning_is_faster_than_a_hundred_pages_a_second() -> None:
    pages = [f"Running head {n}\n" + "\n".join([PROSE, "Net sales $ 1,234 $ 5,678"] * 8) for n in range(200)]
    started = time.process_time()
    repair(pages)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("text", ["(" * 50_000, "a-\n" * 20_000, ". " * 50_000, "1 " * 50_000, "a " * 50_000])
def test_hostile_pages_take_linear_time(text: str) -> None:
    started = time.process_time()
    repair([text])
    assert time.process_time() - started < 5


def test_two_pages_are_enough_for_a_line_with_the_number_of_its_page() -> None:
    pages = [
        "The rent is due on the third day.\nLease of the mill, no. 14 - page 1",
        "Keys go back.\nLease of the mill, no. 14 - page 2",
    ]
    whole = clean.arranged(pages, lexicon())
    assert [text.split("\n\n") for text in whole.texts] == [
        ["The rent is due on the third day.", "Lease of the mill, no. 14 - page 1"],
        ["Keys go back."],
    ]
    assert [remark.code for remark in whole.remarks] == ["line_repeated"]

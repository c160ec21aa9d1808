from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from legacy_texts import LEGACY, told_apart

from ingest import read
from ingest.decode import decode, decoded, stated_encoding

if TYPE_CHECKING:
    from pathlib import Path

LOST = "bytes at 1 place are no characters: \ufffd stands for them"


def test_texts_of_seventeen_languages_are_told_apart_in_their_older_encodings() -> None:
    results = told_apart()
    assert len(results) == 140
    wrong = [(one.language, one.encoding, one.text) for one in results if not one.right]
    assert wrong == [("German", "mac_roman", LEGACY["German"].texts[2])]  # three letters of a table, that say so little
    assert all(one.doubtful for one in results if not one.right)
    assert sum(one.doubtful for one in results) <= 20


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("It’s 5 € a day", "cp1252"),
        ("20 °C – “warm”", "cp1252"),
        ("Café Grüß Gott", "cp1252"),
        ("Vier Äpfel", "cp1252"),
        ("São Paulo", "cp1252"),
        ("Цена: три рубля", "koi8_r"),
        ("příliš žluťoučký kůň", "cp1250"),
        ("€ 12,50; ½ m²", "cp1252"),
        ("Café", "utf-16-le"),
        ("Κλειδί, κάτω", "utf-16-be"),
        ("会合は木曜日、午後七時に。", "utf-16-le"),
        ("a wide text", "utf-32-be"),
    ],
)
def test_a_few_words_are_told_apart_too(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("language", LEGACY)
def test_one_bad_byte_costs_one_character(language: str) -> None:
    for text in LEGACY[language].texts:
        raw = text.encode()
        begin = raw.index(b" ") if b" " in raw else 0
        content = decoded(raw[:begin] + b"\xff" + raw[begin:])
        assert content.text.replace("\ufffd", "", 1) == text
        assert [remark.text for remark in content.remarks] == [LOST]


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("gb2312", "gbk", "联系人：朱镕基，伍仟元"),
        ("ISO-8859-1", "cp1252", "“20 €”"),
        ("windows-1251", "cp1251", "4500 рублей"),
        ("shift_jis", "cp932", "①番、髙橋"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
        ("big5", "big5hkscs", "中環嘅士多"),
        ("x-sjis", "cp932", "緑茶"),
        ('"koi8-r"', "koi8_r", "Ключ"),
        ("iso-8859-9", "cp1254", "Beşiktaş €"),
        ("utf8x", "utf-8", "Größe"),
        ("tis-620", "cp874", "ราคา €"),
        ("iso-2022-jp", "iso2022_jp", "緑茶です"),
        ("utf-16", "utf-16-le", "wide"),
    ],
)
def test_what_is_declared_holds_as_in_browsers(declared: str, encoding: str, text: str) -> None:
    content = decoded(text.encode(encoding), declared)
    assert (content.text, content.remarks) == (text, ())


@pytest.mark.parametrize(
    ("declared", "encoding", "text", "remark"),
    [
        ("iso-8859-1", "utf-8", "Grüße", "it says that it is written in iso-8859-1, but was read as UTF-8"),
        ("gb2312", "utf-8", "钥匙挂在门旁边", "it says that it is written in gb2312, but was read as UTF-8"),
        (
            "utf-8",
            "cp1251",
            "Ключ висит у двери в подвал",
            "it says that it is written in utf-8, but was read as Windows-1251",
        ),
        ("gb2312", "gb18030", "租金每月伍仟元，押金一万元，租期一年，到期续约。\udcff", None),
    ],
)
def test_what_is_declared_and_does_not_fit_is_said(declared: str, encoding: str, text: str, remark: str | None) -> None:
    content = decoded(text.encode(encoding, "surrogateescape" if remark is None else "strict"), declared)
    assert content.text == text.replace("\udcff", "\ufffd")
    assert content.remarks[0].text == (remark or LOST)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b'<?xml version="1.0" encoding="windows-1251"?>\n<a/>', "windows-1251"),
        (b"#!/usr/bin/python\n# -*- coding: koi8-r -*-\n", "koi8-r"),
        (b"\\documentclass{book}\n\\usepackage[latin2]{inputenc}\n", "latin2"),
        (b"% \\usepackage[latin2]{inputenc}\n", None),
        (b'<?xml version="1.0" encoding="UTF-16"?>', "utf-8"),
        (b"the encoding: latin1", None),
    ],
)
def test_a_file_states_its_encoding(head: bytes, encoding: str | None) -> None:
    assert stated_encoding(head) == encoding


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("rates.csv", "plat;cena\nzupa ogórkowa;12,50\nłosoś;31,00\nżurek;9,90\n".encode("cp1250"), "żurek\t9,90"),
        ("menu.csv", "品目,値段\n天ぷら,980円\n味噌汁,150円\n".encode("cp932"), "味噌汁\t150円"),
        (
            "konto.xml",
            '<?xml version="1.0" encoding="koi8-r"?><a>сдача 17 рублей</a>'.encode("koi8_r"),
            "сдача 17 рублей",
        ),
        (
            "notiz.txt",
            "Der Käse reift zwölf Wochen. \udcfe Öfter wenden.".encode("utf-8", "surrogateescape"),
            "zwölf",
        ),
        ("page.html", "<meta charset=windows-1253><p>τιμή: δέκα ευρώ".encode("cp1253"), "τιμή: δέκα ευρώ"),
        ("paper.tex", "\\usepackage[latin2]{inputenc}\nŘíp".encode("iso8859_2"), "Říp"),
        ("note.md", "# Ключи\n\nВисят у входа.\n".encode("mac_cyrillic"), "Ключи\nВисят у входа."),
        ("old.py", "# coding: latin-1\nname = 'Müller'\n".encode("cp1252"), "name = 'Müller'"),
    ],
)
def test_files_of_every_kind_are_read_so(tmp_path: Path, name: str, raw: bytes, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    document = read(path)
    assert text in document.text
    lost = (
        ["bytes at 1 place are no characters: \ufffd stands for them"] if b"\xfe" in raw and name == "notiz.txt" else []
    )
    assert list(document.warnings) == lost


def test_letters_far_down_in_a_long_file_are_found() -> None:
    long = b"plain line\n" * 100_000 + "Ключ висит у двери в подвал\n".encode("cp1251")
    assert decode(long).endswith("у двери в подвал\n")


@pytest.mark.timeout(20)
def test_a_long_line_of_letters_is_told_apart_in_time() -> None:
    assert decode("Ключ висит у двери. ".encode("cp1251") * 500_000).startswith("Ключ висит")
    assert decode(bytes(range(128, 256)) * 100_000)

"""Read documents that are easily read wrongly, and print for each whether what it says is there, and nothing else.

Run: python benchmarks/faults.py FOLDER [--cases FILE]

FOLDER holds the documents. A line of FILE, by default `faults.jsonl`, names one of them, the kind of fault, texts that
a reader of the document sees and texts that are not to be seen: what is hidden or struck out counts as not shown. What
lies in a document, such as an attachment, is read with it. No model is needed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import DocumentError, read
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest import Document

CASES = Path(__file__).with_suffix(".jsonl")


def seen(document: Document) -> Iterator[str]:
    """Yield the text of each page that is not hidden, with those of the documents in it."""
    for page in document.pages:
        kept, last = [], 0
        for start, end in page.hidden:
            kept.append(page.text[last:start])
            last = end
        yield "".join([*kept, page.text[last:]])
    for member in document.members:
        yield from seen(member.document)


def faults(path: Path, shown: list[str], not_shown: list[str]) -> tuple[list[str], str]:
    """Return what is wrong with the text of a file, and what the receipt says of it."""
    try:
        document = read(path, lexicon=lexicon())
    except DocumentError as error:
        return [error.reason], ""
    text = "\n".join(seen(document))
    missing = [f"lacks “{one}”" for one in shown if one not in text]
    wrong = [f"shows “{one}”" for one in not_shown if one in text]
    return missing + wrong, "; ".join(document.warnings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=Path, default=CASES)
    options = parser.parse_args()
    cases = [json.loads(line) for line in options.cases.read_text(encoding="utf-8").splitlines()]
    counts: Counter[str] = Counter()
    print("| file | kind | read rightly | receipt |\n|---|---|---|---|")
    for case in cases:
        found, receipt = faults(options.folder / case["file"], case["shown"], case["not_shown"])
        counts["right" if not found else "wrong"] += 1
        print(f"| {case['file']} | {case['kind']} | {'; '.join(found) or 'yes'} | {receipt} |")
    print(f"\n{counts['right']} of {len(cases)} right")


if __name__ == "__main__":
    main()

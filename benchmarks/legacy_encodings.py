"""How often is the encoding of a text told rightly that does not state it, short ones included? Needs no model.

Prints for each language and encoding the share of its texts that come out as they were, and how many of all have a
remark that they may be wrong.
"""

from __future__ import annotations

import argparse
from itertools import groupby

from legacy_texts import Told, told_apart


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    results = told_apart()
    print("| language | encoding | right |\n|---|---|--:|")
    for (language, encoding), some in groupby(results, key=lambda one: (one.language, one.encoding)):
        print(f"| {language} | {encoding} | {_share(list(some))} |")
    wrong = [one for one in results if not one.right]
    print(f"\nRight: {_share(results)}; with a word of doubt: {sum(one.doubtful for one in results)}, ", end="")
    print(f"of the {len(wrong)} wrong ones {sum(one.doubtful for one in wrong)}.")


def _share(results: list[Told]) -> str:
    return f"{sum(one.right for one in results)} of {len(results)}"


if __name__ == "__main__":
    main()

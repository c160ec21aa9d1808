from __future__ import annotations

import re
from xml.etree import ElementTree

from rag_app.evaluation.plot import Point, scatter

POINTS = [
    Point("dense", 0.02, 0.7, 0.65, 0.75),
    Point("dense <best>", 0.9, 0.72, 0.7, 0.8),
    Point("zero", 0.0, 0.1, 0, 0.2),
]


def circles(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)]


def test_slower_is_further_right_and_better_is_higher() -> None:
    dense, best, zero = circles(scatter(POINTS, "Quality", "nDCG@10"))
    assert zero[0] < dense[0] < best[0]
    assert best[1] < dense[1] < zero[1]


def test_it_is_well_formed_inside_its_frame_and_names_are_text() -> None:
    svg = scatter(POINTS, "A & B", "nDCG@10")
    root = ElementTree.fromstring(svg)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A & B", "dense", "dense <best>", "seconds per question"} <= set(texts)
    assert all(0 <= x <= 720 and 0 <= y <= 420 for x, y in circles(svg))


def test_names_of_equal_systems_do_not_cover_each_other() -> None:
    svg = scatter([Point("one", 1, 0.5, 0.4, 0.6), Point("two", 1, 0.5, 0.4, 0.6)], "t", "q")
    one, two = (float(re.search(rf'y="([\d.]+)"[^>]*>{name}<', svg)[1]) for name in ("one", "two"))  # type: ignore[index]
    assert abs(one - two) >= 12
    assert len(circles(svg)) == 2

"""Figures for Prometheus: requests, answers and their seconds; no question and no document is among them."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKETS = (0.5, 1, 2, 5, 10, 20, 60, 120)


class Metrics:
    """Counts since the start of the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._answers: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def requested(self, method: str, route: str, status: int) -> None:
        """Count a request; `route` is the pattern of its path, so that paths cannot fill the memory."""
        with self._lock:
            self._requests[method, route, status] += 1

    def answered(self, status: str, seconds: float, prompt: int, completion: int) -> None:
        """Count an answer, its seconds and tokens."""
        with self._lock:
            self._answers[status] += 1
            self._tokens["prompt"] += prompt
            self._tokens["completion"] += completion
            self._seconds += seconds
            self._buckets[bisect_left(BUCKETS, seconds)] += 1

    def text(self, inside: int, documents: int) -> str:
        """Return everything in the text format of Prometheus."""
        with self._lock:
            lines = [*self._request_lines()]
            lines += self._answer_lines()
            lines += self._second_lines()
        lines += _gauge("rag_queue", inside)
        lines += _gauge("rag_documents", documents)
        return "\n".join(lines) + "\n"

    def _request_lines(self) -> Iterator[str]:
        yield "# TYPE rag_requests_total counter"
        for (method, route, status), n in sorted(self._requests.items()):
            yield f'rag_requests_total{{method="{method}",route="{route}",status="{status}"}} {n}'

    def _answer_lines(self) -> Iterator[str]:
        yield "# TYPE rag_answers_total counter"
        for status, n in sorted(self._answers.items()):
            yield f'rag_answers_total{{status="{status}"}} {n}'
        yield "# TYPE rag_tokens_total counter"
        for kind, n in sorted(self._tokens.items()):
            yield f'rag_tokens_total{{kind="{kind}"}} {n}'

    def _second_lines(self) -> Iterator[str]:
        """Yield the histogram of seconds: for each bound the answers that took at most so long."""
        yield "# TYPE rag_answer_seconds histogram"
        bounds = (*map(str, BUCKETS), "+Inf")
        total = 0
        for bound, n in zip(bounds, self._buckets, strict=True):
            total += n
            yield f'rag_answer_seconds_bucket{{le="{bound}"}} {total}'
        yield f"rag_answer_seconds_sum {self._seconds:.3f}"
        yield f"rag_answer_seconds_count {total}"


def _gauge(name: str, value: int) -> tuple[str, str]:
    return f"# TYPE {name} gauge", f"{name} {value}"

"""Figures for Prometheus: requests, answers and their seconds; no question and no document is among them."""

from __future__ import annotations

import threading
from collections import Counter

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
            self._buckets[next((i for i, most in enumerate(BUCKETS) if seconds <= most), len(BUCKETS))] += 1

    def text(self, inside: int, documents: int) -> str:
        """Return everything in the text format of Prometheus."""
        with self._lock:
            lines = ["# TYPE rag_requests_total counter"]
            lines += [
                f'rag_requests_total{{method="{method}",route="{route}",status="{status}"}} {n}'
                for (method, route, status), n in sorted(self._requests.items())
            ]
            lines.append("# TYPE rag_answers_total counter")
            lines += [f'rag_answers_total{{status="{status}"}} {n}' for status, n in sorted(self._answers.items())]
            lines.append("# TYPE rag_tokens_total counter")
            lines += [f'rag_tokens_total{{kind="{kind}"}} {n}' for kind, n in sorted(self._tokens.items())]
            lines.append("# TYPE rag_answer_seconds histogram")
            total = 0
            for most, n in zip((*map(str, BUCKETS), "+Inf"), self._buckets, strict=True):
                total += n
                lines.append(f'rag_answer_seconds_bucket{{le="{most}"}} {total}')
            lines += [f"rag_answer_seconds_sum {self._seconds:.3f}", f"rag_answer_seconds_count {total}"]
        lines += ["# TYPE rag_queue gauge", f"rag_queue {inside}", "# TYPE rag_documents gauge"]
        return "\n".join([*lines, f"rag_documents {documents}", ""])

"""When a question is refused, fitted to a library's own documents and kept with them."""

from __future__ import annotations

import json
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from rag_app.answering.proved import look
from rag_app.answering.stages import program_calibration
from rag_app.errors import UsageError
from rag_app.models.catalogue import measured_as
from rag_app.proof.calibrate import calibrated, examples
from rag_app.proof.refusal import CALIBRATION, state_of, supplied
from rag_app.reports import CalibrationReport
from rag_app.types import Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rag_app.answering.stages import Stages
    from rag_app.config import Settings
    from rag_app.models.loaded import Models
    from rag_app.proof.refusal import Look
    from rag_app.reports import RefusalState
    from rag_app.storage.selection import Selection
    from rag_app.storage.store import Store
    from rag_app.types import MadeQuestion


class OwnCalibration:
    """The calibration that a library keeps."""

    def __init__(self, store: Store, settings: Settings, models: Models) -> None:
        self._store = store
        self._settings = settings
        self._models = models

    def need_documents(self) -> None:
        """Raise UsageError where there are too few to calibrate with."""
        if self._store.document_count() < 2:
            raise UsageError(
                "Calibration needs at least two documents: each question is also asked without the one that answers.",
                hint="Add more with `rag ingest PATH`.",
            )

    def fit(
        self,
        made: Iterable[MadeQuestion],
        stages: Callable[[Selection], Stages],
        told: Callable[[int], None],
    ) -> CalibrationReport:
        """Fit it to questions, keep it and return how it does.

        Args:
            made: with answers.
            stages: to answer from these documents.
            told: how many questions are done.

        Raises:
            UsageError: there are too few questions.
            LibraryBusy: another process is writing.
        """
        begun = perf_counter()

        def seen(question: str, without: str | None) -> Look | None:
            return look(question, stages(self._all_but(without)))

        found = list(examples(made, seen, told))
        program = program_calibration(self._models)
        own, before = calibrated(found, program)
        own = replace(own, reranker=self._settings.reranker, generator=self._settings.generator)
        self._keep(json.dumps(own.as_json()))
        changed = own.second != program.second
        return CalibrationReport(self.state(), before.missed, before.false, changed, perf_counter() - begun)

    def reset(self) -> None:
        """Forget it; that of the program counts again."""
        self._keep("")

    def state(self) -> RefusalState:
        """Tell which calibration counts."""
        settings = self._settings
        program = supplied(measured_as("reranker", settings), measured_as("generator", settings))
        return state_of(self._store.get(CALIBRATION), settings.reranker, settings.generator, program)

    def _all_but(self, path: str | None) -> Selection:
        chosen = self._store.select(Filter())
        rest = {key: document for key, document in chosen.documents.items() if document != path}
        return replace(chosen, documents=rest)

    def _keep(self, text: str) -> None:
        with self._store.writing():
            try:
                with self._store.together():
                    self._store.set(CALIBRATION, text)
            finally:
                self._store.seal()

"""The models of a library: what is loaded, when, and by whom it is shared."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from rag_app.errors import LibraryClosed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag_app.config import Settings
    from rag_app.models.catalogue import InstalledModel, ModelRole
    from rag_app.models.embedder import Embedder
    from rag_app.models.generator import Generator
    from rag_app.models.reranker import Reranker

    Provider = Callable[[Settings], "Models"]

T = TypeVar("T")


class Weights(Protocol):
    """Which model it is."""

    @property
    def name(self) -> str:
        """As the user calls it."""
        ...

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights."""
        ...


class Models(Protocol):
    """What a library reads and writes with; any number of threads and of libraries may share one."""

    @property
    def embedder_weights(self) -> Weights:
        """Which bi-encoder `embedder` is; nothing is loaded to tell."""
        ...

    @property
    def embedder(self) -> Embedder:
        """The bi-encoder."""
        ...

    @property
    def reranker(self) -> Reranker:
        """The cross-encoder."""
        ...

    @property
    def generator(self) -> Generator:
        """What writes."""
        ...

    @property
    def generator_measured_as(self) -> str:
        """The name under which its numbers were measured, else ""; nothing is loaded to tell."""
        ...

    def use_reranker(self, reranker: Reranker) -> None:
        """Let this one score from now on."""
        ...

    def generators(self) -> list[str]:
        """List the generators that are installed."""
        ...

    def use_generator(self, name: str) -> None:
        """Let another installed generator write from now on."""
        ...

    def close(self) -> None:
        """Let go of the models; none can be had afterwards."""
        ...


class LoadedModels:
    """The models that the settings name, each loaded when it is first needed, by whichever thread needs it."""

    def __init__(
        self,
        settings: Settings,
        *,
        embedder: Embedder | None = None,
        reranker: Reranker | None = None,
        generator: Generator | None = None,
    ) -> None:
        """Take the settings, and models that are loaded already and stand for those that the settings name."""
        self._settings = settings
        self._embedder = _Once(self._load_embedder, embedder)
        self._reranker = _Once(self._load_reranker, reranker)
        self._generator = _Once(self._load_generator, generator)

    @property
    def embedder_weights(self) -> Weights:
        """Which bi-encoder `embedder` is; nothing is loaded to tell.

        Raises:
            ModelMissing: it is not installed.
        """
        return self._embedder.made or self._installed("embedder")

    @property
    def embedder(self) -> Embedder:
        """The bi-encoder; as all three it takes seconds the first time, and raises ModelError."""
        return self._embedder.get()

    @property
    def reranker(self) -> Reranker:
        """The cross-encoder."""
        return self._reranker.get()

    @property
    def generator(self) -> Generator:
        """What writes."""
        return self._generator.get()

    @property
    def generator_measured_as(self) -> str:
        """The name under which its numbers were measured, else ""; it need not be installed to tell."""
        from rag_app.models.catalogue import measured_as

        made = self._generator.made
        return made.numbers.model if made else measured_as("generator", self._settings)

    def use_reranker(self, reranker: Reranker) -> None:
        """Let this one score from now on."""
        self._reranker.put(reranker)

    def generators(self) -> list[str]:
        """List the generators that are installed, by the names that `use_generator` takes."""
        from rag_app.models.catalogue import generators

        return generators(self._settings)

    def use_generator(self, name: str) -> None:
        """Let another installed generator write from now on; it is loaded when it is needed.

        Raises:
            ModelMissing, ModelDamaged, ModelError: as for `catalogue.resolve`.
        """
        from rag_app.models.catalogue import resolve

        resolve(name, "generator", self._settings)
        if name != self._settings.generator:
            self._settings = replace(self._settings, generator=name)
            self._generator.put(None)

    def close(self) -> None:
        """Let go of the models; whoever is using one keeps it until it is done."""
        for one in (self._embedder, self._reranker, self._generator):
            one.close()

    def _load_embedder(self) -> Embedder:
        from rag_app.models.embedder import open_embedder

        return open_embedder(self._installed("embedder"), self._settings)

    def _load_reranker(self) -> Reranker:
        from rag_app.models.reranker import open_reranker

        return open_reranker(self._installed("reranker"), self._settings)

    def _load_generator(self) -> Generator:
        from rag_app.models.generator import open_generator

        return open_generator(self._installed("generator"), self._settings)

    def _installed(self, role: ModelRole) -> InstalledModel:
        from rag_app.models.catalogue import chosen, resolve

        return resolve(chosen(self._settings)[role], role, self._settings)


_provider: ContextVar[Provider] = ContextVar("provider", default=LoadedModels)


def models_for(settings: Settings) -> Models:
    """Return what a library has that is handed no models: the ones that its settings name."""
    return _provider.get()(settings)


@contextmanager
def providing(provider: Provider) -> Iterator[None]:
    """Let `models_for` return what `provider` makes of the settings until the block ends, in this context only."""
    before = _provider.set(provider)
    try:
        yield
    finally:
        _provider.reset(before)


class _Once(Generic[T]):
    """A value that is made once; threads that ask for it meanwhile wait for the one that makes it."""

    def __init__(self, make: Callable[[], T], made: T | None = None) -> None:
        self.made = made
        self._make = make
        self._lock = threading.Lock()
        self._closed = False

    def get(self) -> T:
        with self._lock:
            if self._closed:
                raise LibraryClosed("The models were let go of when their library was closed.")
            if self.made is None:
                self.made = self._make()
            return self.made

    def put(self, value: T | None) -> None:
        """Have `value` instead; None makes it anew."""
        with self._lock:
            self.made = value

    def close(self) -> None:
        with self._lock:
            self._closed, self.made = True, None

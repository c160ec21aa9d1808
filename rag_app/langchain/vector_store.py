"""The one door to langchain-community: a library as a community `FAISS` vector store, for chains that expect one.

That package is sunset, and its own saving pickles; nothing here saves or loads its files, and nothing on the way from
a question to an answer imports this module.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Protocol

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from rag_app.errors import UsageError
from rag_app.storage.faiss_index import flat_index

if TYPE_CHECKING:
    from langchain_community.vectorstores import FAISS

    from rag_app.models.embedder import Embedder
    from rag_app.storage.passages import StoredPassage
    from rag_app.types import Vectors


class LibraryEmbeddings(Embeddings):
    """A library's bi-encoder as LangChain embeddings, with its query and passage prompts."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return a vector for each passage."""
        vectors: list[list[float]] = self._embedder.embed_passages(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        vector: list[float] = self._embedder.embed_question(text).tolist()
        return vector


class Vectored(Protocol):
    """A library, as far as a vector store needs it."""

    @property
    def embedder(self) -> Embedder:
        """The bi-encoder of the vectors."""
        ...

    def passages_and_vectors(self) -> tuple[list[StoredPassage], Vectors]:
        """Return n passages and their (n, d) rows."""
        ...


def to_vector_store(library: Vectored) -> FAISS:
    """Copy the library's passages and vectors into a LangChain community `FAISS` store, kept in memory.

    It scores by inner product, the cosine of unit vectors, and its ranking is that of
    `library.search(..., mode="dense", rerank=False)`. Each document's metadata says document, page, start and end.

    Raises:
        UsageError: the library is empty.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package announces its own end at import
        from langchain_community.docstore.in_memory import InMemoryDocstore
        from langchain_community.vectorstores import FAISS
        from langchain_community.vectorstores.utils import DistanceStrategy

    passages, vectors = library.passages_and_vectors()
    if not passages:
        raise UsageError("An empty library cannot be exported.", hint="Add documents with `rag ingest PATH`.")
    documents = {
        str(passage.id): Document(
            passage.text,
            id=str(passage.id),
            metadata={
                "document": passage.document,
                "title": passage.title,
                "page": passage.page,
                "page_label": passage.page_label,
                "start": passage.start,
                "end": passage.end,
            },
        )
        for passage in passages
    }
    return FAISS(
        embedding_function=LibraryEmbeddings(library.embedder),
        index=flat_index(vectors),
        docstore=InMemoryDocstore(documents),
        index_to_docstore_id=dict(enumerate(documents)),
        distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
    )

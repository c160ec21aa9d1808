from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fakes import WordEmbedder

from rag_app.errors import UsageError
from rag_app.langchain.vector_store import LibraryEmbeddings, to_vector_store

if TYPE_CHECKING:
    from rag_app.library import Library

NOTICE = "How long is the notice period?"


def test_the_store_ranks_as_dense_search_does_with_cosines_for_scores(library: Library) -> None:
    store = to_vector_store(library)
    for question in (NOTICE, "the dishwasher and the cat", "a cat or a dog in the lease"):
        hits = library.search(question, 3, mode="dense", rerank=False)
        found = store.similarity_search_with_score(question, k=3)
        assert [(document.page_content, float(score)) for document, score in found] == [
            (hit.text, pytest.approx(hit.score, abs=1e-5)) for hit in hits
        ]
        assert [document.page_content for document in store.similarity_search(question, k=2)] == [
            hit.text for hit in hits[:2]
        ]


def test_every_document_says_where_it_stands(library: Library) -> None:
    [document] = to_vector_store(library).similarity_search("dishwasher filter", k=1)
    place = document.metadata
    assert set(place) == {"document", "title", "page", "page_label", "start", "end"}
    assert library.read(place["document"]).text[place["start"] : place["end"]] == document.page_content
    assert (place["title"], place["page"]) == ("Dishwasher Manual", 1)


def test_the_store_is_a_copy_that_later_changes_leave_alone(library: Library) -> None:
    store = to_vector_store(library)
    library.remove(["lease.pdf"])
    assert len(store.similarity_search(NOTICE, k=10)) == 3


def test_the_store_works_as_a_langchain_retriever(library: Library) -> None:
    retriever = to_vector_store(library).as_retriever(search_kwargs={"k": 1})
    [document] = retriever.invoke("dishwasher filter")
    assert document.metadata["title"] == "Dishwasher Manual"


def test_an_empty_library_cannot_be_exported(empty_library: Library) -> None:
    with pytest.raises(UsageError, match=r"^An empty library cannot be exported\.$") as caught:
        to_vector_store(empty_library)
    assert "rag ingest" in caught.value.hint


def test_langchain_embeddings_are_those_of_the_library() -> None:
    embedder = WordEmbedder()
    embeddings = LibraryEmbeddings(embedder)
    assert embeddings.embed_query("two words") == embedder.embed_question("two words").tolist()
    assert embeddings.embed_documents(["one", "two words"]) == embedder.embed_passages(["one", "two words"]).tolist()


@pytest.mark.slow
def test_searching_and_asking_do_not_import_the_community_package() -> None:
    modules = "rag_app.langchain.retriever, rag_app.answering.answer, rag_app.cli.app"
    code = f"import sys, {modules}; print('langchain_community' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

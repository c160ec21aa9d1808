"""Run the pipeline of the LangChain tutorials and rag-app side by side, on the same PDFs and the same weights.

The tutorial's side is made of LangChain's own parts with the tutorials' parameters: PyPDFLoader,
RecursiveCharacterTextSplitter(1000, 200), HuggingFaceEmbeddings, FAISS, 50 candidates, HuggingFaceCrossEncoder, top 5,
ChatLlamaCpp. Both sides use all cores, take turns, and have been warmed up; loading models is not counted.

Run: python benchmarks/tutorial_pipeline.py [PDF or folder ...] [--questions FILE] [--limit N] [--passages N]
     [--rounds N] [--generate N] [--only STAGE ...] [--json FILE]

Exit status: 1 when the two sides' vectors of a passage differ by more than rounding (cosine below 0.999).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ingest import discover
from rag_app import Library, config
from rag_app.models.catalogue import conventions, resolve
from rag_app.models.embedder import BiEncoder
from rag_app.models.encoder import open_encoder
from rag_app.models.numbers import reranker_numbers
from rag_app.models.reranker import CrossEncoder
from rag_app.models.threads import available_threads
from rag_app.types import Answer, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    from rag_app.config import Settings
    from rag_app.models.encoder import Encoder

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
STAGES = ("embed", "rerank", "ingest", "retrieve")

CHUNK, OVERLAP = 1000, 200  # characters
CANDIDATES, KEPT = 50, 5
LEAST_COSINE = 0.999
NEAR_TIE = 0.1  # logits; bf16 rounding was seen to move a score by up to 0.091

# The question-answering prompt of LangChain's retrieval tutorial.
SYSTEM = (
    "You are an assistant for question-answering tasks. Use the following pieces of retrieved context to answer the "
    "question. If you don't know the answer, just say that you don't know. Use three sentences maximum and keep the "
    "answer concise.\n\nContext: {context}"
)


@dataclass(frozen=True)
class Turn:
    """What one piece of work took."""

    seconds: float
    processor: float | None = None  # seconds of all threads together
    others: float | None = None  # share of the cores that other processes used meanwhile; None: not known


@dataclass
class Stage:
    """Both sides doing the same work, turn by turn."""

    name: str
    tutorial: list[Turn] = field(default_factory=list)
    rag_app: list[Turn] = field(default_factory=list)

    def turn(self, tutorial: Callable[[], Any], rag_app: Callable[[], Any]) -> tuple[Any, Any]:
        """Time both and return what they return; who goes first changes from turn to turn."""
        if len(self.tutorial) % 2:
            second = timed(rag_app, self.rag_app)
            return timed(tutorial, self.tutorial), second
        first = timed(tutorial, self.tutorial)
        return first, timed(rag_app, self.rag_app)

    @property
    def times_as_fast(self) -> float:
        return median(turn.seconds for turn in self.tutorial) / median(turn.seconds for turn in self.rag_app)

    @property
    def times_the_work(self) -> float | None:
        """The same ratio in processor seconds, which other processes disturb less."""
        tutorial, rag_app = ([turn.processor or 0.0 for turn in side] for side in (self.tutorial, self.rag_app))
        return median(tutorial) / median(rag_app) if all(rag_app) else None

    def row(self) -> str:
        """Return the stage as a line of the Markdown table."""
        left, right = (seconds(median(turn.seconds for turn in side)) for side in (self.tutorial, self.rag_app))
        return f"| {self.name} | {left} | {right} | {self.times_as_fast:.1f} |"


@dataclass
class Report:
    """What is printed: stages for the table, and remarks below it."""

    head: list[str]
    stages: list[Stage] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return everything, every turn included."""
        stages = [
            asdict(stage) | {"times_as_fast": stage.times_as_fast, "times_the_work": stage.times_the_work}
            for stage in self.stages
        ]
        return {"head": self.head, "stages": stages, "remarks": self.remarks, "figures": self.figures}


@dataclass(frozen=True)
class Tutorial:
    """LangChain's parts with the tutorials' parameters."""

    embeddings: Any  # HuggingFaceEmbeddings
    cross_encoder: Any  # HuggingFaceCrossEncoder

    def chunks(self, files: Sequence[Path]) -> list[Document]:
        """Read and split the PDFs."""
        from langchain_community.document_loaders import PyPDFLoader
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        pages = [page for file in files for page in PyPDFLoader(str(file)).load()]
        splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)
        return splitter.split_documents(pages)

    def index(self, chunks: list[Document]) -> Any:
        """Embed the chunks into a FAISS vector store."""
        from langchain_community.vectorstores import FAISS

        return FAISS.from_documents(chunks, self.embeddings)

    def retriever(self, index: Any) -> BaseRetriever:
        """Return the two stages of search."""
        from langchain_classic.retrievers import ContextualCompressionRetriever
        from langchain_classic.retrievers.document_compressors import CrossEncoderReranker

        return ContextualCompressionRetriever(
            base_compressor=CrossEncoderReranker(model=self.cross_encoder, top_n=KEPT),
            base_retriever=index.as_retriever(search_kwargs={"k": CANDIDATES}),
        )

    def chain(self, index: Any, model: Path, threads: int) -> Any:
        """Return retrieval and generation as one chain."""
        from langchain_classic.chains import create_retrieval_chain
        from langchain_classic.chains.combine_documents import create_stuff_documents_chain
        from langchain_community.chat_models import ChatLlamaCpp
        from langchain_core.prompts import ChatPromptTemplate

        chat = ChatLlamaCpp(
            model_path=str(model), n_ctx=4096, max_tokens=256, temperature=0, n_threads=threads, verbose=False
        )
        prompt = ChatPromptTemplate.from_messages([("system", SYSTEM), ("human", "{input}")])
        return create_retrieval_chain(self.retriever(index), create_stuff_documents_chain(chat, prompt))


@dataclass(frozen=True)
class Ours:
    """The same stages of rag-app."""

    settings: Settings
    embedder: BiEncoder
    reranker: CrossEncoder
    precision: str

    @contextmanager
    def library(self, folder: Path, warm_up: list[str]) -> Iterator[Library]:
        """Open an empty library, its embedder loaded and warm."""
        with Library.open(folder, settings=self.settings) as library:
            library.embedder.embed_passages(warm_up)
            yield library


def load_tutorial(settings: Settings) -> Tutorial:
    """Load the models as the tutorials do: sentence-transformers on torch, float32."""
    import torch
    from langchain_community.cross_encoders import HuggingFaceCrossEncoder
    from langchain_community.embeddings import HuggingFaceEmbeddings

    torch.set_num_threads(available_threads(settings))
    device = {"device": "cpu"}
    return Tutorial(
        HuggingFaceEmbeddings(
            model_name=str(resolve(settings.embedder, "embedder", settings).path), model_kwargs=device
        ),
        HuggingFaceCrossEncoder(
            model_name=str(resolve(settings.reranker, "reranker", settings).path), model_kwargs=device
        ),
    )


def load_ours(settings: Settings) -> Ours:
    def encoder(name: str, kind: Any) -> tuple[Any, Any, Encoder]:
        model = resolve(name, kind, settings)
        rules = conventions(model)
        return model, rules, open_encoder(model, kind, rules.max_tokens, settings)

    model, rules, first = encoder(settings.embedder, "embedder")
    embedder = BiEncoder(model.name, model.fingerprint, first, rules)
    model, _, second = encoder(settings.reranker, "reranker")
    precision = " and ".join(dict.fromkeys((first.precision, second.precision)))
    return Ours(settings, embedder, CrossEncoder(model.name, second, reranker_numbers(model)), precision)


def embedding(tutorial: Tutorial, ours: Ours, texts: list[str], rounds: int, report: Report) -> bool:
    """Embed the same texts with both; tell whether the vectors agree."""
    import numpy as np

    stage = Stage(f"embed {len(texts)} passages")
    ours.embedder.embed_passages(texts)
    tutorial.embeddings.embed_documents(texts[: len(texts) // 4 + 1])
    for n in range(rounds):
        theirs, vectors = stage.turn(
            lambda: tutorial.embeddings.embed_documents(texts), lambda: ours.embedder.embed_passages(texts)
        )
        tell(f"embed: round {n + 1} of {rounds}")
    reference = np.asarray(theirs)
    cosines = (reference / np.linalg.norm(reference, axis=1, keepdims=True) * vectors).sum(axis=1)
    least, mean = float(cosines.min()), float(cosines.mean())
    tokens = ours.embedder.count_tokens(texts)
    report.stages.append(stage)
    report.remarks.append(
        f"Vectors of the same {len(texts)} passages (median {median(tokens):.0f} tokens): "
        f"cosine between the two sides {least:.5f} at least, {mean:.5f} on average."
    )
    report.figures |= {"least_cosine": least, "mean_cosine": mean}
    return least >= LEAST_COSINE


def reranking(tutorial: Tutorial, ours: Ours, pools: dict[str, list[str]], report: Report) -> None:
    """Score the same passages for the same questions with both, and compare orders and scores."""
    import numpy as np

    sizes = {len(texts) for texts in pools.values()}
    stage = Stage(f"rerank {max(sizes)} passages")

    def theirs(question: str, texts: list[str]) -> Any:
        return np.asarray(tutorial.cross_encoder.score([(question, text) for text in texts]), np.float64)

    for question, texts in list(pools.items())[:2]:
        theirs(question, texts), ours.reranker.score(question, texts)
    comparisons = []
    for n, (question, texts) in enumerate(pools.items(), 1):
        a, b = stage.turn(lambda: theirs(question, texts), lambda: ours.reranker.score(question, texts))  # noqa: B023
        comparisons.append(compare(texts, a, np.asarray(b, np.float64)))
        tell(f"rerank: question {n} of {len(pools)}")
    question, texts = next(iter(pools.items()))
    shift_theirs = batch_shift(theirs, question, texts)
    shift_ours = batch_shift(ours.reranker.score, question, texts)
    same = sum(comparison.same_order for comparison in comparisons)
    tied = sum(comparison.gap <= NEAR_TIE for comparison in comparisons)
    lengths = [n for texts in pools.values() for n in ours.embedder.count_tokens(texts)]
    report.stages.append(stage)
    report.remarks += [
        f"Passages reranked: median {median(lengths):.0f} tokens, without the question.",
        f"Order of the top {KEPT}: the same for {same} of {len(comparisons)} questions, for {tied} where passages "
        f"within {NEAR_TIE} logits may change places; the same passages, in any order, for "
        f"{sum(comparison.same_set for comparison in comparisons)}.",
        f"Kendall's tau of all {max(sizes)}: {median(comparison.tau for comparison in comparisons):.4f} (median), "
        f"{min(comparison.tau for comparison in comparisons):.4f} (least).",
        f"Largest difference of a score between the sides: {max(c.difference for c in comparisons):.3f} logits; "
        f"passages that change places in the top {KEPT} are {max(c.gap for c in comparisons):.3f} apart at most.",
        f"Largest change of a score when the batch has other passages: tutorial {shift_theirs:.2g}, "
        f"rag-app {shift_ours:.2g}.",
    ]
    report.figures |= {
        "same_top": same,
        "same_top_but_near_ties": tied,
        "questions": len(comparisons),
        "comparisons": [asdict(comparison) for comparison in comparisons],
        "batch_shift": {"tutorial": shift_theirs, "rag_app": shift_ours},
    }


@dataclass(frozen=True)
class Comparison:
    """Two sides' scores of the same passages for one question."""

    same_order: bool  # of the top 5
    same_set: bool
    tau: float  # Kendall's, of all
    difference: float  # largest between two scores of one passage
    gap: float  # largest, in the tutorial's scores, between two passages that change places in the top 5; 0: none do


def compare(texts: list[str], a: Any, b: Any) -> Comparison:
    """Compare scores `a` of the tutorial with `b` of rag-app."""
    import numpy as np

    # Passages are compared by their text: a document may hold the same one twice.
    first, second = (np.argsort(-scores, kind="stable")[:KEPT] for scores in (a, b))
    top_a, top_b = [texts[row] for row in first], [texts[row] for row in second]
    gaps = [
        abs(float(a[i] - a[j]))
        for i in {*first, *second}
        for j in {*first, *second}
        if (a[i] - a[j]) * (b[i] - b[j]) < 0 and texts[i] != texts[j]
    ]
    return Comparison(
        top_a == top_b, sorted(top_a) == sorted(top_b), kendall(a, b), float(abs(a - b).max()), max(gaps, default=0.0)
    )


def kendall(a: Any, b: Any) -> float:
    """Return Kendall's tau-b of two lists of scores."""
    import numpy as np

    upper = np.triu_indices(len(a), 1)
    left, right = (np.sign(scores[:, None] - scores[None, :])[upper] for scores in (a, b))
    return float((left * right).sum() / max(np.sqrt((left**2).sum() * (right**2).sum()), 1.0))


def batch_shift(score: Callable[[str, list[str]], Any], question: str, texts: list[str]) -> float:
    """Return the largest change of a passage's score when it is scored among other passages, in logits."""
    whole = score(question, texts)
    rows = list(range(len(texts)))
    random.Random(1).shuffle(rows)
    largest = 0.0
    for first in range(0, len(rows), 7):
        part = rows[first : first + 7]
        scores = score(question, [texts[row] for row in part])
        largest = max(largest, *(abs(float(scores[n] - whole[row])) for n, row in enumerate(part)))
    return largest


def ingestion(
    tutorial: Tutorial, ours: Ours, files: list[Path], warm_up: list[str], rounds: int, report: Report
) -> Any:
    """Read, split, embed and index the PDFs with both; return the tutorial's index."""
    stage = Stage(f"ingest {len(files)} PDF{'s' if len(files) > 1 else ''}")
    for n in range(rounds):
        with tempfile.TemporaryDirectory() as folder, ours.library(Path(folder) / "library", warm_up) as library:
            index, done = stage.turn(
                lambda: tutorial.index(tutorial.chunks(files)),
                lambda: library.ingest(files),
            )
        tell(f"ingest: round {n + 1} of {rounds}")
    passages = sum(document.chunks for document in done.documents)
    pages = sum(document.pages for document in done.documents)
    theirs = len(index.index_to_docstore_id)
    report.stages.append(stage)
    report.remarks.append(
        f"Ingestion: {pages} pages, {theirs} passages (tutorial, index in memory, cut at 256 tokens by the model) "
        f"and {passages} (rag-app, none longer than 256 tokens, committed to disk)."
    )
    report.figures |= {"pages": pages, "passages": {"tutorial": theirs, "rag_app": passages}}
    return index


def retrieval(retriever: BaseRetriever, library: Library, questions: list[str], report: Report) -> None:
    """Ask both for five passages: embed the question, search, rerank."""
    stage = Stage(f"find {KEPT} passages for a question")
    for question in questions[:2]:
        retriever.invoke(question), library.search(question)
    for n, question in enumerate(questions, 1):
        stage.turn(lambda: retriever.invoke(question), lambda: library.search(question))  # noqa: B023
        tell(f"retrieve: question {n} of {len(questions)}")
    report.stages.append(stage)


def generation(chain: Any, library: Library, questions: list[str], report: Report) -> None:
    """Have both answer each question once: a second time the prompt would be in the cache."""
    first, whole, answers = Stage("first word of an answer"), Stage("whole answer"), []
    answer_of_chain(chain, "What is this about?")
    answer_of_library(library, "What is this about?")
    for n, question in enumerate(questions, 1):
        (said, theirs), (answer, ours) = whole.turn(
            lambda: answer_of_chain(chain, question),  # noqa: B023
            lambda: answer_of_library(library, question),  # noqa: B023
        )
        first.tutorial.append(Turn(theirs))
        first.rag_app.append(Turn(ours))
        answers.append({"question": question, "tutorial": said, "rag_app": answer.answer, "status": answer.status})
        tell(f"generate: question {n} of {len(questions)}")
    report.stages += [first, whole]
    found = sum(answer["status"] != "not_found" for answer in answers)
    report.remarks.append(
        f"Questions answered by rag-app: {found} of {len(answers)}. ChatLlamaCpp stuffed with {KEPT} passages "
        f"and with its default n_batch of 8; rag-app with the sentences that the cross-encoder picks, quotes checked."
    )
    report.figures["answers"] = answers


def answer_of_chain(chain: Any, question: str) -> tuple[str, float]:
    """Return the chain's answer and the seconds to its first word."""
    begun, first, text = time.perf_counter(), 0.0, ""
    for event in chain.stream({"input": question}):
        text += event.get("answer", "")
        if text.strip():
            first = first or time.perf_counter() - begun
    return text, first or time.perf_counter() - begun


def answer_of_library(library: Library, question: str) -> tuple[Answer, float]:
    """Return the library's answer and the seconds to its first word."""
    begun, first = time.perf_counter(), 0.0
    for event in library.stream(question):
        if isinstance(event, Token) and event.text.strip():
            first = first or time.perf_counter() - begun
    assert isinstance(event, Answer)
    return event, first or time.perf_counter() - begun


def disturbance(stages: Sequence[Stage]) -> list[str]:
    """Say how much of the machine others took, and how the sides compare by the processor's time."""
    ratios = ", ".join(f"{stage.name} {stage.times_the_work:.1f}" for stage in stages if stage.times_the_work)
    turns = [turn.others for stage in stages for turn in [*stage.tutorial, *stage.rag_app]]
    others = [share for share in turns if share is not None]
    remarks = [f"Times as fast in processor seconds, which other processes disturb less: {ratios}."]
    if others:
        remarks.append(
            f"Other processes took {median(others):.0%} of the cores meanwhile (median; most {max(others):.0%})."
        )
    return remarks


def sample(chunks: list[Document], n: int, ours: Ours) -> list[str]:
    """Return `n` chunks from all over the documents, each cut to the tokens that the embedder reads."""
    step = max(len(chunks) / n, 1.0)
    picked = [chunks[int(row * step)].page_content for row in range(min(n, len(chunks)))]
    room = ours.embedder.max_tokens - ours.embedder.special_tokens
    return [shortened(text, room, ours.embedder.count_tokens) for text in picked if text.strip()]


def shortened(text: str, tokens: int, count: Callable[[Sequence[str]], list[int]]) -> str:
    """Drop words from the end until the text has at most so many tokens."""
    while (excess := count([text])[0] - tokens) > 0:
        words = text.split()
        text = " ".join(words[: -max(excess // 4, 1)]) if len(words) > 1 else text[: len(text) - excess]
    return text


def timed(work: Callable[[], Any], turns: list[Turn]) -> Any:
    """Return the result of `work`, and note what it took."""
    begun, used, all_used = time.perf_counter(), time.process_time(), machine_time()
    result = work()
    wall, own = time.perf_counter() - begun, time.process_time() - used
    others = None
    if all_used is not None and (now := machine_time()) is not None:
        others = max(now - all_used - own, 0.0) / (wall * (os.cpu_count() or 1))
    turns.append(Turn(wall, own, others))
    return result


def machine_time() -> float | None:
    """Return the processor seconds that all processes have used, where /proc tells."""
    try:
        user, nice, system, _idle, _wait, *rest = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def tell(text: str) -> None:
    print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)


def hush() -> None:
    """Silence what the libraries say of their own deprecation and progress; errors still come through."""
    from transformers.utils import logging as transformers_logging

    # A filter does not last: LangChain's packages put their own before it when they are imported.
    warnings.showwarning = lambda *_, **__: None
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()


def head(settings: Settings, ours: Ours) -> list[str]:
    packages = ("torch", "openvino", "sentence-transformers", "langchain", "langchain-community", "llama-cpp-python")
    return [
        f"{processor()}, {available_threads(settings)} cores, {platform.system()}, Python {platform.python_version()}; "
        f"load {', '.join(f'{load:.1f}' for load in os.getloadavg())}",
        ", ".join(f"{name} {version(name)}" for name in packages),
        f"{settings.embedder}, {settings.reranker}: torch f32 (tutorial), {settings.engine} {ours.precision} (rag-app)",
    ]


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def measure(options: argparse.Namespace, settings: Settings) -> tuple[Report, bool]:
    """Run the stages that were asked for; tell whether the vectors agree."""
    files = [file for file in discover(options.documents).files if file.suffix.lower() == ".pdf"]
    if not files:
        raise SystemExit(f"No PDF in {', '.join(map(str, options.documents))}.")
    asked = [json.loads(line) for line in options.questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    asked = [line for line in asked if not line.get("history")]  # the tutorial has no conversation
    questions = spread([line["question"] for line in asked], options.limit)
    answerable = [line["question"] for line in asked if line.get("answers", True)]
    tell("loading models")
    ours, tutorial = load_ours(settings), load_tutorial(settings)
    index: Any = None
    report, agree = Report(head(settings, ours)), True
    chunks = tutorial.chunks(files)
    if not chunks:
        raise SystemExit("PyPDFLoader finds no text in these PDFs.")
    texts = sample(chunks, options.passages, ours)
    if "embed" in options.only:
        agree = embedding(tutorial, ours, texts, options.rounds, report)
    if "ingest" in options.only:
        index = ingestion(tutorial, ours, files, texts[:50], options.rounds, report)
    if {"rerank", "retrieve"} & {*options.only} or options.generate:
        tell("building the tutorial's index")
        index = index or tutorial.index(chunks)
    if "rerank" in options.only:
        pools = {q: [d.page_content for d in index.similarity_search(q, k=CANDIDATES)] for q in questions}
        reranking(tutorial, ours, pools, report)
    if "retrieve" in options.only or options.generate:
        with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "l", settings=settings) as library:
            tell("building rag-app's library")
            library.ingest(files)
            if "retrieve" in options.only:
                retrieval(tutorial.retriever(index), library, questions, report)
            if options.generate:
                model = resolve(settings.generator, "generator", settings).path
                chain = tutorial.chain(index, model, available_threads(settings))
                generation(chain, library, spread(answerable, options.generate), report)
    tell("")
    print("\r", end="", file=sys.stderr)
    return report, agree


def spread(items: list[str], n: int) -> list[str]:
    """Return `n` of the items, from all over the list and without repetition."""
    items = list(dict.fromkeys(items))
    return [items[int(row * len(items) / n)] for row in range(n)] if n < len(items) else items


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, nargs="*", default=[SAMPLES], help="PDF files and folders")
    parser.add_argument("--questions", type=Path, default=SAMPLES / "questions.jsonl", help='a "question" on each line')
    parser.add_argument("--limit", type=int, default=20, help="questions to ask")
    parser.add_argument("--passages", type=int, default=300, help="passages to embed")
    parser.add_argument("--rounds", type=int, default=3, help="turns at embedding and at ingestion")
    parser.add_argument("--generate", type=int, default=0, metavar="N", help="also answer N questions")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=STAGES, metavar="STAGE", help=", ".join(STAGES))
    parser.add_argument("--json", type=Path, help="write every turn here")
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"  # both sides read model folders; neither may look for newer ones meanwhile
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    hush()
    report, agree = measure(options, config.load())
    print("\n".join(report.head), end="\n\n")
    print("| stage | tutorial | rag-app | times as fast |\n|---|---|---|---|")
    print("\n".join(stage.row() for stage in report.stages), end="\n\n")
    print("\n".join(f"- {remark}" for remark in [*report.remarks, *disturbance(report.stages)]))
    if options.json:
        options.json.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if not agree:
        sys.exit(f"The sides' vectors differ: cosine {report.figures['least_cosine']:.5f}, below {LEAST_COSINE}.")


if __name__ == "__main__":
    main()

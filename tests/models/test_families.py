"""Models of each family, made here with random weights, read as sentence-transformers itself reads them."""

from __future__ import annotations

import json
import logging
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from exact_index import ExactIndex
from fakes import make_settings

from rag_app.config import load
from rag_app.errors import LibraryMismatch, ModelError
from rag_app.library import Library
from rag_app.models.catalogue import conventions, halves, resolve
from rag_app.models.embedder import open_embedder
from rag_app.models.families import families, family_of
from rag_app.models.reranker import open_reranker
from rag_app.storage.vector_index import VectorIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag_app.models.embedder import BiEncoder
    from rag_app.types import Vectors

pytestmark = pytest.mark.slow

TEXT = "the a cat dog sat ran tax year which when query passage instruct : represent this sentence web search"
WORDS = TEXT.split()
PASSAGES = ["the cat sat", "tax year", "a dog ran the year the cat sat when the dog ran", "", "zebra " * 60]
QUESTIONS = ["which cat", "when tax year"]
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
SMALL = {**SIZES, "max_position_embeddings": 40, "vocab_size": len(WORDS) + 5, "initializer_range": 0.6}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Loading and converting with other people's libraries warns of what is theirs."""
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def write_transformer(folder: Path, kind: str, seed: int = 0, *, typed: bool = True, **changes: Any) -> Path:
    """Write a transformer with random weights and a tokenizer of a few words; `typed`: it tells pairs apart."""
    import torch
    import transformers
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    torch.manual_seed(seed)
    name = "DPR" if kind.startswith("DPR") else kind.partition("For")[0].removesuffix("Model")
    config = getattr(transformers, f"{name}Config")
    values = {**SMALL, **changes}
    if "Roberta" in kind:
        values["max_position_embeddings"] = 42  # the first two are not used
    if "DistilBert" in kind:
        names = {"hidden_size": "dim", "num_hidden_layers": "n_layers", "num_attention_heads": "n_heads"}
        values = {names.get(key, key).replace("intermediate_size", "hidden_dim"): v for key, v in values.items()}
    model = getattr(transformers, kind)(config(**values))
    model.save_pretrained(folder)
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate([*marks, *WORDS])}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    pair = "[CLS] $A [SEP] $B [SEP]" if "Roberta" in kind else "[CLS] $A [SEP] $B:1 [SEP]:1"
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair=pair, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    inputs = ["input_ids", "attention_mask", *["token_type_ids"] * (typed and kind.startswith("Bert"))]
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=40, model_input_names=inputs, **names
    )
    fast.save_pretrained(folder)
    return folder


def write_modules(folder: Path, pooling: str, *, normalize: bool, prompts: dict[str, str] | None = None) -> None:
    """Make it a sentence-transformers folder."""
    kinds = ["Transformer", "Pooling", *["Normalize"] * normalize]
    places = ["", "1_Pooling", "2_Normalize"]
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (kind, path) in enumerate(zip(kinds, places, strict=False))
    ]
    write_json(folder / "modules.json", modules)
    write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": 16, f"pooling_mode_{pooling}": True})
    (folder / "2_Normalize").mkdir()
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 40, "do_lower_case": False})
    if prompts:
        write_json(folder / "config_sentence_transformers.json", {"prompts": prompts})


class Case(NamedTuple):
    """A model, and what is read with it."""

    name: str
    kind: str  # of transformer
    pooling: str | None  # None: no sentence-transformers folder
    normalize: bool  # whether it does so itself
    prompts: dict[str, str]  # that its texts have to be read with
    in_folder: bool  # whether the folder says so
    similarity: str


INSTRUCT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
REPRESENT = "Represent this sentence for searching relevant passages: "
OWN = {"query": "search query : ", "document": "search passage : "}
CASES = [
    Case("tiny-sbert", "BertModel", "mean_tokens", True, {}, False, "cosine"),
    Case(
        "tiny-e5-small",
        "BertModel",
        "mean_tokens",
        True,
        {"query": "query: ", "document": "passage: "},
        False,
        "cosine",
    ),
    Case("tiny-e5-base-instruct", "XLMRobertaModel", "mean_tokens", True, {"query": INSTRUCT}, False, "cosine"),
    Case("bge-small-en-tiny", "BertModel", "cls_token", True, {"query": REPRESENT}, False, "cosine"),
    Case("bge-base-en-bare", "BertModel", None, False, {"query": REPRESENT}, False, "cosine"),
    Case("multi-qa-tiny-dot-v1", "DistilBertModel", "cls_token", False, {}, False, "dot"),
    Case("tiny-asymmetric", "BertModel", "mean_tokens", False, OWN, True, "cosine"),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Path]:
    made: Case = request.param
    folder = tmp_path_factory.mktemp("models") / made.name
    write_transformer(folder, made.kind, seed=CASES.index(made))
    if made.pooling:
        prompts = made.prompts if made.in_folder else None
        write_modules(folder, made.pooling, normalize=made.normalize, prompts=prompts)
    return made, folder


def open_at(folder: Path, tmp_path: Path, engine: str) -> BiEncoder:
    settings = make_settings(tmp_path, engine=engine, threads=1)
    return open_embedder(resolve(str(folder), "embedder", settings), settings)


def tolerance(embedder: BiEncoder, expected: Vectors) -> float:
    """Return how far vectors may be off: bfloat16 keeps 8 bits."""
    precise = getattr(embedder._encoder, "precision", "f32") == "f32"
    return float(np.abs(expected).max()) * (1e-4 if precise else 0.06)


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_vectors_are_those_of_sentence_transformers(case: tuple[Case, Path], tmp_path: Path, engine: str) -> None:
    from sentence_transformers import SentenceTransformer

    made, folder = case
    reference = SentenceTransformer(str(folder), device="cpu", prompts=None if made.in_folder else made.prompts)
    if made.pooling is None:
        reference[1] = type(reference[1])(16, "cls")
    unit = made.similarity == "cosine"
    embedder = open_at(folder, tmp_path, engine)
    passages = reference.encode_document(PASSAGES, normalize_embeddings=unit)
    questions = reference.encode_query(QUESTIONS, normalize_embeddings=unit)
    found = embedder.embed_passages(PASSAGES), np.stack([embedder.embed_question(text) for text in QUESTIONS])
    assert (embedder.dimensions, embedder.max_tokens) == (16, 40)
    assert found[0] == pytest.approx(passages, abs=tolerance(embedder, passages))
    assert found[1] == pytest.approx(questions, abs=tolerance(embedder, questions))
    lengths = np.linalg.norm(found[0], axis=1)
    assert bool(np.allclose(lengths, 1, atol=1e-3)) == unit


def test_each_family_is_told_by_its_names() -> None:
    names = {
        "all-MiniLM-L6-v2": "SBERT",
        "make5": "SBERT",
        "intfloat/e5-small-v2": "E5",
        "intfloat/multilingual-e5-base": "E5",
        "intfloat/multilingual-e5-large-instruct": "E5 instruct",
        "BAAI/bge-base-en-v1.5": "BGE, English",
        "BAAI/bge-small-zh-v1.5": "BGE, Chinese",
        "BAAI/bge-m3": "BGE M3",
        "Snowflake/snowflake-arctic-embed-m-v1.5": "Arctic and mxbai",
        "Snowflake/snowflake-arctic-embed-m-v2.0": "SBERT",  # has another prompt, in its folder
        "mixedbread-ai/mxbai-embed-large-v1": "Arctic and mxbai",
        "sentence-transformers/facebook-dpr-ctx_encoder-single-nq-base": "DPR",
        "facebook/contriever-msmarco": "Contriever",
        "sentence-transformers/msmarco-distilbert-base-tas-b": "SBERT, dot product",
        "sentence-transformers/msmarco-bert-base-dot-v5": "SBERT, dot product",
        "sentence-transformers/multi-qa-MiniLM-L6-cos-v1": "SBERT",
    }
    assert {name: family_of(name).name for name in names} == names
    assert {family.similarity for family in families()} == {"cosine", "dot"}


# Two encoders


@pytest.fixture(scope="module", params=["sentence-transformers", "its publisher"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A question encoder and a context encoder in one folder, in the form of either."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    own = request.param == "its publisher"
    for seed, (side, kind) in enumerate(
        {"question_encoder": "DPRQuestionEncoder", "ctx_encoder": "DPRContextEncoder"}.items()
    ):
        write_transformer(folder / side, kind if own else "BertModel", seed=seed)
        if not own:
            write_modules(folder / side, "cls_token", normalize=False)
    return folder


def reference_vectors(folder: Path, texts: list[str]) -> Vectors:
    """Compute the vectors as the form of the folder has it."""
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer

    if (folder / "modules.json").exists():
        return SentenceTransformer(str(folder), device="cpu").encode(texts)
    kind = transformers.DPRQuestionEncoder if folder.name == "question_encoder" else transformers.DPRContextEncoder
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(str(folder))
    tokens = tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=40)
    with torch.inference_mode():
        return kind.from_pretrained(str(folder))(**tokens).pooler_output.numpy()


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_a_pair_reads_questions_with_one_encoder_and_passages_with_the_other(
    pair: Path, tmp_path: Path, engine: str
) -> None:
    embedder = open_at(pair, tmp_path, engine)
    passages = reference_vectors(pair / "ctx_encoder", PASSAGES)
    questions = reference_vectors(pair / "question_encoder", QUESTIONS)
    found = embedder.embed_passages(PASSAGES)
    asked = np.stack([embedder.embed_question(text) for text in QUESTIONS])
    assert found == pytest.approx(passages, abs=tolerance(embedder, passages))
    assert asked == pytest.approx(questions, abs=tolerance(embedder, questions))
    ids = np.arange(len(PASSAGES))
    index, exact = VectorIndex.build(ids, found), ExactIndex(ids, found)
    for question in asked:
        ranked = index.search(question, 3)
        assert ranked == exact.search(question, 3)
        assert [passage for passage, _ in ranked] == np.argsort(-(found @ question), kind="stable")[:3].tolist()


def test_a_pair_compares_by_dot_product_and_has_one_fingerprint_of_both(pair: Path, tmp_path: Path) -> None:
    model = resolve(str(pair), "embedder", make_settings(tmp_path))
    rules = conventions(model)
    assert (rules.similarity, rules.normalize, rules.pooling, rules.dimensions) == ("dot", False, "cls", 16)
    both = halves(model)
    assert both is not None
    assert len({model.fingerprint, *(half.fingerprint for half in both)}) == 3
    weights = pair / "question_encoder" / "model.safetensors"
    kept = weights.read_bytes()
    weights.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    assert resolve(str(pair), "embedder", make_settings(tmp_path)).fingerprint != model.fingerprint
    weights.write_bytes(kept)


def test_a_library_changes_from_cosines_to_the_dot_products_of_a_pair(pair: Path, tmp_path: Path) -> None:
    plain = write_transformer(tmp_path / "plain", "BertModel", seed=9, hidden_size=8)
    for n, text in enumerate(text for text in PASSAGES if text.strip()):
        (tmp_path / f"{n}.txt").write_text(f"{text}.")
    settings = make_settings(tmp_path, embedder=str(plain), engine="torch", threads=1, passage_tokens=32)
    with Library.open(settings=settings) as library:
        library.ingest(sorted(tmp_path.glob("*.txt")))
        cosines = library.passages_and_vectors()[1]
        assert np.linalg.norm(cosines, axis=1) == pytest.approx(np.ones(len(cosines)), abs=1e-5)
    with Library.open(settings=replace(settings, embedder=str(pair))) as library:
        with pytest.raises(LibraryMismatch, match="was built with the embedder"):
            library.search("which cat", mode="dense", rerank=False)
        assert library.rebuild().embedder == str(pair)
        passages, vectors = library.passages_and_vectors()
        products = vectors @ library.embedder.embed_question("which cat")
        hits = library.search("which cat", 3, mode="dense", rerank=False)
        order = np.argsort(-products)[:3]
        assert [(hit.document, hit.start) for hit in hits] == [(passages[n].document, passages[n].start) for n in order]
        assert [hit.score for hit in hits] == pytest.approx(products[order].tolist(), rel=1e-5)
        assert np.linalg.norm(vectors, axis=1).min() > 1.5
        assert library.verify(None).differences == ()


def test_half_a_pair_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = write_transformer(tmp_path / "facebook-dpr-question_encoder-single-nq-base", "BertModel")
    with pytest.raises(ModelError, match="is one half of a pair") as caught:
        open_at(folder, tmp_path, "torch")
    assert "as question_encoder and ctx_encoder" in caught.value.hint


def test_two_encoders_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    write_transformer(tmp_path / "m/question_encoder", "BertModel")
    write_transformer(tmp_path / "m/ctx_encoder", "BertModel", hidden_size=8)
    with pytest.raises(ModelError, match="do not belong together: 16 dimensions and dot similarity, 8 dimensions"):
        open_at(tmp_path / "m", tmp_path, "torch")


@pytest.mark.parametrize(
    ("file", "value", "message"),
    [
        ("config_sentence_transformers.json", {"similarity_fn_name": "euclidean"}, "compares vectors by euclidean"),
        ("modules.json", [{"path": "", "type": "sentence_transformers.models.Router"}], "in one folder of modules"),
        ("1_Pooling/config.json", {"include_prompt": False}, "leaves its prompt out"),
    ],
)
def test_what_could_not_be_used_as_it_was_trained_is_refused(
    tmp_path: Path, file: str, value: object, message: str
) -> None:
    write_json(tmp_path / "m/config.json", {"hidden_size": 8})
    (tmp_path / "m/model.safetensors").write_bytes(b"")
    write_json(tmp_path / "m" / file, value)
    with pytest.raises(ModelError, match=message):
        conventions(resolve(str(tmp_path / "m"), "embedder", make_settings(tmp_path)))


def test_a_change_of_pooling_converts_anew(tmp_path: Path) -> None:
    folder = write_transformer(tmp_path / "tiny", "BertModel")
    mean = open_at(folder, tmp_path, "openvino").embed_question("the cat")
    write_modules(folder, "cls_token", normalize=True)
    assert np.abs(open_at(folder, tmp_path, "openvino").embed_question("the cat") - mean).max() > 0.01


# Cross-encoders


def open_tiny(folder: Path, tmp_path: Path, engine: str) -> Any:
    settings = make_settings(tmp_path, engine=engine, threads=1)
    return open_reranker(resolve(str(folder), "reranker", settings), settings)


@pytest.mark.parametrize("engine", ["openvino", "torch"])
@pytest.mark.parametrize(
    ("kind", "labels", "activation"),
    [
        ("BertForSequenceClassification", 1, None),
        ("BertForSequenceClassification, untyped", 1, None),
        ("BertForSequenceClassification", 1, "torch.nn.modules.activation.Sigmoid"),
        ("BertForSequenceClassification", 2, None),
        ("XLMRobertaForSequenceClassification", 1, "torch.nn.modules.linear.Identity"),
        ("DistilBertForSequenceClassification", 2, None),
    ],
)
def test_scores_are_the_logits_of_sentence_transformers(
    tmp_path: Path, engine: str, kind: str, labels: int, activation: str | None
) -> None:
    import torch
    from sentence_transformers import CrossEncoder

    extra = {"sentence_transformers": {"activation_fn": activation}} if activation else {}
    kind, _, untyped = kind.partition(", ")
    folder = write_transformer(tmp_path / "tiny", kind, typed=not untyped, num_labels=labels, **extra)
    pairs = [(QUESTIONS[0], text) for text in PASSAGES]
    reference = CrossEncoder(str(folder), device="cpu").predict(pairs, activation_fn=torch.nn.Identity())
    expected = reference if labels == 1 else reference[:, 1] - reference[:, 0]
    reranker = open_tiny(folder, tmp_path, engine)
    off = 1e-4 if reranker._encoder.precision == "f32" else 0.1 * float(np.abs(reference).max())
    assert reranker.score(QUESTIONS[0], PASSAGES) == pytest.approx(expected, abs=off)


def test_a_classifier_of_three_is_no_reranker(tmp_path: Path) -> None:
    folder = write_transformer(tmp_path / "nli", "BertForSequenceClassification", num_labels=3)
    with pytest.raises(ModelError, match="nli sorts a pair into 3 classes; a reranker gives it one score, or two"):
        open_tiny(folder, tmp_path, "torch")


@pytest.mark.models
@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_bge_reads_questions_and_passages_as_sentence_transformers_does(tmp_path: Path, engine: str) -> None:
    from sentence_transformers import SentenceTransformer

    settings = load(flags={"engine": engine})
    model = resolve("bge-small-en-v1.5-int8", "embedder", settings)
    reference = SentenceTransformer(str(model.path), device="cpu")
    texts = ["The gate closes at nine in the evening.", "Bees dance to tell each other where flowers are."]
    pairs = []
    for one in (model, replace(model, spec=None)):  # by the registry, and by the folder alone
        embedder = open_embedder(one, settings)
        pairs += [
            (embedder.embed_passages(texts), reference.encode_document(texts)),
            (embedder.embed_question("When is it shut?"), reference.encode_query("When is it shut?")),
        ]
    for found, expected in pairs:
        assert float((found * expected).sum(axis=-1).min()) >= 0.999
        assert engine == "openvino" or found == pytest.approx(expected, abs=1e-4)

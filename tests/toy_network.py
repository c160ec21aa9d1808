"""Encoders that compute something at once: a tokenizer of single letters and a network that adds up its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import openvino
from openvino import opset13 as ops
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

if TYPE_CHECKING:
    from pathlib import Path

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefgh"]


def word_tokenizer() -> Tokenizer:
    """Return a tokenizer of single letters that marks a text and a pair as BERT does."""
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def write_model(folder: Path) -> Path:
    """Write a network of three outputs: the sums of the ids, of the mask, and of the ids weighted by their type."""
    inputs = {
        name: ops.parameter([-1, -1], np.int64, name) for name in ("input_ids", "attention_mask", "token_type_ids")
    }
    for name, node in inputs.items():
        node.output(0).set_names({name})
    ids, mask, types = inputs.values()
    sums = [ops.reduce_sum(node, [1], keep_dims=True) for node in (ids, mask, ops.multiply(ids, types))]
    output = ops.convert(ops.concat(sums, axis=1), "f32")
    folder.mkdir(parents=True, exist_ok=True)
    openvino.save_model(openvino.Model([output], list(inputs.values()), "sums"), str(folder / "model.xml"))
    word_tokenizer().save(str(folder / "tokenizer.json"))
    return folder

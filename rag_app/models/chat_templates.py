"""How each family of language models marks the turns of a conversation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """How a family of models marks turns; our own, so that no template from a file is ever run."""

    opening: str  # before the content; $role is replaced
    closing: str
    start: str = ""  # before everything
    assistant: str = "assistant"  # this family's name for the role
    has_system: bool = True  # else the system text goes before the first user turn


TEMPLATES = {
    "chatml": ChatTemplate("<|im_start|>$role\n", "<|im_end|>\n"),
    "llama3": ChatTemplate("<|start_header_id|>$role<|end_header_id|>\n\n", "<|eot_id|>", start="<|begin_of_text|>"),
    "gemma": ChatTemplate(
        "<start_of_turn>$role\n", "<end_of_turn>\n", start="<bos>", assistant="model", has_system=False
    ),
    "phi3": ChatTemplate("<|$role|>\n", "<|end|>\n"),
    "zephyr": ChatTemplate("<|$role|>\n", "</s>\n"),
}
SIGNS = {  # a control token that only one family has
    "<|im_start|>": "chatml",
    "<|start_header_id|>": "llama3",
    "<start_of_turn>": "gemma",
    "<|end|>": "phi3",
    "<|assistant|>": "zephyr",
}

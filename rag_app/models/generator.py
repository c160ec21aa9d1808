"""The local language model, through llama.cpp: greedy, streamed, one question at a time."""

from __future__ import annotations

import codecs
import copy
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self

from rag_app.errors import ModelError, UsageError
from rag_app.models.chat_templates import SIGNS, TEMPLATES, ChatTemplate
from rag_app.models.numbers import GeneratorNumbers, generator_numbers
from rag_app.models.prompt_cache import Heads
from rag_app.models.stopping import Stopped
from rag_app.models.threads import Crew, available_threads, let_waiting_threads_sleep
from rag_app.models.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app.config import Settings
    from rag_app.models.catalogue import InstalledModel
    from rag_app.models.threads import Threads

_BATCH = 512  # tokens that are read at once
_HEAD = 128  # tokens; to read fewer again takes no longer than to bring them back
_CHOICES = 256  # likeliest tokens that a form is asked about before the answer is ended


class Form(Protocol):
    """What an answer may look like, decided piece by piece."""

    def allows(self, written: str, piece: str) -> bool:
        """Tell whether `piece` may follow `written`."""
        ...

    def complete(self, written: str) -> bool:
        """Tell whether the answer may end after `written`."""
        ...

    def finished(self, written: str) -> bool:
        """Tell whether the answer must end after `written`."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the prompt; its content is data and cannot contain the model's control tokens."""

    role: str  # system, user or assistant
    content: str
    kept: bool = False  # the same from call to call: what the model makes of it is kept, also on disk; no user's words


@dataclass(slots=True)
class Usage:
    """Tokens of one generation, filled in while it runs, or of several."""

    prompt: int = 0
    evaluated: int = 0  # the rest was found in the prefix cache
    completion: int = 0
    certainty: float = 0.0  # mean log-likelihood of the tokens written; 0 is certain

    def add(self, other: Usage) -> None:
        """Add the tokens of another one."""
        self.prompt += other.prompt
        self.evaluated += other.evaluated
        self.completion += other.completion


class Generator(Protocol):
    """Writes text after a prompt."""

    name: str
    numbers: GeneratorNumbers  # what its likelihoods and preferences are worth

    @property
    def context(self) -> int:
        """Tokens of prompt and answer together."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        ...

    def stream(
        self, messages: Sequence[Message], usage: Usage, *, max_tokens: int, form: Form | None = None
    ) -> Iterator[str]:
        """Yield the answer in pieces; closing the iterator stops the model."""
        ...

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return by how many logits the model would rather begin its reply with `one` than with `other`."""
        ...

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        """Return for each of some words the logit with which the reply would begin with it."""
        ...


@dataclass(slots=True)
class _Turn:
    """Who may use the model now."""

    turns: Turns = field(default_factory=Turns)
    writer: int | None = None  # the thread whose turn it is
    threads: Threads | None = None  # of the model, as they were set last
    ends: Sequence[int] = ()  # of the stretches that its cache holds, in tokens


@dataclass(frozen=True, slots=True)
class _Prompt:
    """What is read before a reply."""

    tokens: list[int]
    head: int  # tokens at its beginning whose state is kept
    ends: list[int]  # where the stretches end that are read at once, the whole last


class LlamaGenerator:
    """A GGUF model in this process. It writes one answer at a time, in the order in which they are asked for.

    A stream has the model from its first piece to its last, or until it is closed or collected.
    """

    def __init__(
        self,
        name: str,
        model: Any,
        template: ChatTemplate,
        heads: Heads | None = None,
        crew: Crew | None = None,
        numbers: GeneratorNumbers | None = None,
    ) -> None:
        """Take a loaded model.

        Args:
            name: of the model.
            model: llama.cpp's.
            template: of its family.
            heads: keep what it has read before the last message of a prompt.
            crew: says how many threads suit what is free; else there are as many as it was loaded with.
            numbers: of the model; else they are those of one that was not measured.
        """
        self.numbers = numbers or GeneratorNumbers()
        self._crew = crew
        self.name = name
        self._heads = heads
        self.context = model.n_ctx()
        self._model = model
        self._template = template
        self._turn = _Turn()
        self._stop: Callable[[], bool] | None = None
        self._total: Usage | None = None

    def until(self, stop: Callable[[], bool]) -> Self:
        """Return the same generator, which asks `stop` also while it reads a prompt, and then raises Stopped.

        Only a processor can be stopped so; a graphics card reads to the end of the batch.
        """
        stoppable = copy.copy(self)
        stoppable._stop = stop
        return stoppable

    def counting(self, total: Usage) -> Self:
        """Return the same generator, which adds to `total` what `preference` and `leanings` read."""
        counting = copy.copy(self)
        counting._total = total
        return counting

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        return len(self._tokens(text, control=False))

    def stream(
        self, messages: Sequence[Message], usage: Usage, *, max_tokens: int, form: Form | None = None
    ) -> Iterator[str]:
        """Yield the answer in pieces, greedily; closing the iterator stops the model.

        Args:
            messages: the prompt. What the model makes of the first ones is kept from call to call, as far as they say
                so; of the others, until another prompt is read: what comes after a reply costs its own tokens only.
            usage: filled in while the answer is written.
            max_tokens: most tokens of the answer.
            form: which pieces may come; the likeliest that it allows is taken.

        Raises:
            UsageError: the prompt does not fit the context, or this thread has not closed its last answer.
        """
        prompt = self._fitting(messages, max_tokens)
        with self._alone():
            usage.prompt, usage.completion, usage.certainty = len(prompt.tokens), 0, 0.0
            try:
                usage.evaluated = self._read(prompt)
                yield from self._write(usage, max_tokens, form)
            except BaseException:
                self._model.reset()  # an interrupted evaluation leaves the cache in doubt
                raise

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return by how many logits the model would rather begin its reply with `one` than with `other`.

        Raises:
            UsageError: as for `leanings`.
        """
        first, second = self.leanings(messages, (one, other))
        return first - second

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        """Return for each of some words the logit with which the reply would begin with it.

        A word is taken in lower case and capitalised, whichever is likelier, by its first token.

        Raises:
            UsageError: the prompt does not fit the context.
        """
        prompt = self._fitting(messages, 1)
        with self._alone():
            try:
                evaluated = self._read(prompt)
            except BaseException:
                self._model.reset()
                raise
            if self._total is not None:
                self._total.add(Usage(len(prompt.tokens), evaluated))
            logits = self._logits()
            return [
                max(float(logits[self._tokens(form, control=False)[0]]) for form in (word.lower(), word.capitalize()))
                for word in words
            ]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other thread writes an answer; this one would wait for itself without an end."""
        thread = threading.get_ident()
        if self._turn.writer == thread:
            raise UsageError(
                "An answer is still being written; close it first.",
                hint="Read the stream to its end, or call its close().",
            )
        with self._turn.turns.turn():
            self._turn.writer = thread
            try:
                yield
            finally:
                self._turn.writer = None

    def _fitting(self, messages: Sequence[Message], max_tokens: int) -> _Prompt:
        prompt = self._prompt(messages)
        if len(prompt.tokens) + max_tokens > self.context:
            raise UsageError(
                f"The question and its passages take {len(prompt.tokens)} tokens; the generator holds {self.context}.",
                hint="Ask a shorter question, or set a larger `context`.",
            )
        return prompt

    def _logits(self) -> Any:
        import numpy as np

        return np.ctypeslib.as_array(self._model._ctx.get_logits(), shape=(self._model.n_vocab(),))

    def _read(self, prompt: _Prompt) -> int:
        """Evaluate the prompt, all but what is known of it; return how many tokens that was.

        It is always read in the same stretches, and taken up only where one of them ended: the last digits of logits
        depend on how many tokens are evaluated at once, and must not on what was asked before.
        """
        tokens, known = prompt.tokens, self._known(prompt)
        evaluated = 0
        if known < prompt.head and self._heads is not None and prompt.head >= _HEAD:
            first = tokens[: prompt.head]
            if not self._restored(first):
                evaluated += self._evaluate(first, 0)
                self._heads.put(first, self._state())
            known = prompt.head
        for end in prompt.ends:
            if end > known:
                evaluated += self._evaluate(tokens[:end], known)
                known = end
        self._turn.ends = prompt.ends
        return evaluated

    def _known(self, prompt: _Prompt) -> int:
        """Return where the last stretch ends that was read so before; the last one is always read, for its logits."""
        tokens = prompt.tokens
        ends = [end for end in self._turn.ends if end in prompt.ends and end < len(tokens)]
        read = self._model.input_ids[: self._model.n_tokens].tolist()
        return max((end for end in ends if end <= len(read) and read[:end] == tokens[:end]), default=0)

    def _evaluate(self, tokens: list[int], known: int) -> int:
        """Evaluate all but the first `known` of `tokens`, which the cache holds; return how many that was."""
        self._turn.ends = ()  # until all of it is read
        self._model.n_tokens = known
        with self._stoppable():
            for begin in range(known, len(tokens), _BATCH):  # at each, others may have come or gone
                self._man()
                self._model.eval(tokens[begin : begin + _BATCH])
        return len(tokens) - known

    def _state(self) -> bytes:
        """Return what the model has made of the tokens it has read."""
        import ctypes

        import llama_cpp

        context = self._model._ctx.ctx
        size = llama_cpp.llama_state_seq_get_size(context, 0)
        data = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data(context, data, size, 0)
        return bytes(memoryview(data)[:written])

    def _restored(self, tokens: list[int]) -> bool:
        """Bring back the state after `tokens`; False where it is not kept."""
        import ctypes

        import llama_cpp

        state = self._heads.get(tokens) if self._heads else None
        if state is None:
            return False
        model = self._model
        data = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if llama_cpp.llama_state_seq_set_data(model._ctx.ctx, data, len(state), 0) == 0:
            model.reset()
            return False
        model.input_ids[: len(tokens)] = tokens
        model.n_tokens = len(tokens)
        return True

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        """Let llama.cpp ask between two steps of its computation whether to go on."""
        if self._stop is None:
            yield
            return
        import llama_cpp

        stop, context = self._stop, self._model._ctx.ctx
        callback = llama_cpp.ggml_abort_callback(lambda _: stop())  # has to live as long as llama.cpp may call it
        llama_cpp.llama_set_abort_callback(context, callback, None)
        try:
            yield
        except RuntimeError:
            if stop():
                raise Stopped from None
            raise
        finally:
            llama_cpp.llama_set_abort_callback(context, llama_cpp.ggml_abort_callback(), None)

    def _write(self, usage: Usage, max_tokens: int, form: Form | None) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        written = ""
        while usage.completion < max_tokens:
            token = self._choose(written, decoder.getstate(), form)
            if token is None:
                break
            usage.completion += 1
            usage.certainty += (self._likelihood(token) - usage.certainty) / usage.completion
            piece = decoder.decode(self._bytes(token))
            if piece:
                written += piece
                yield piece
                if form and form.finished(written):
                    break
            self._man()
            self._model.eval([token])

    def _man(self) -> None:
        """Take as many threads as suit what is free now."""
        threads = self._crew.size() if self._crew else None
        if threads and threads != self._turn.threads:
            import llama_cpp

            self._turn.threads = threads
            llama_cpp.llama_set_n_threads(self._model._ctx.ctx, threads.writing, threads.reading)

    def _choose(self, written: str, state: Any, form: Form | None) -> int | None:
        """Return the likeliest token that the form allows; None where the answer ends."""
        import numpy as np

        logits = self._logits()
        best = int(logits.argmax())
        if form is None:
            return None if self._ends(best) else best
        if self._fits(best, written, state, form):
            return None if self._ends(best) else best
        likeliest = np.argpartition(logits, -_CHOICES)[-_CHOICES:]
        for token in likeliest[np.argsort(-logits[likeliest], kind="stable")].tolist():
            if self._fits(token, written, state, form):
                return None if self._ends(token) else token
        return None

    def _likelihood(self, token: int) -> float:
        """Return the log-likelihood of `token` to come next."""
        import numpy as np

        logits = self._logits()
        best = float(logits.max())
        return float(logits[token]) - best - float(np.log(np.exp(logits - best).sum()))

    def _fits(self, token: int, written: str, state: Any, form: Form) -> bool:
        if self._ends(token):
            return form.complete(written)
        data = self._bytes(token)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        decoder.setstate(state)
        piece = decoder.decode(data)
        if decoder.getstate()[0]:  # the start of a character: judge it by the lowest one it can become
            piece += _least(decoder.getstate()[0])
        return bool(piece) and "\ufffd" not in piece and form.allows(written, piece)

    def _ends(self, token: int) -> bool:
        import llama_cpp

        return bool(llama_cpp.llama_vocab_is_eog(self._model._model.vocab, token))

    def _bytes(self, token: int) -> bytes:
        data: bytes = self._model.detokenize([token])
        return data

    def _prompt(self, messages: Sequence[Message]) -> _Prompt:
        """Return the tokens of a prompt, and where the stretches end in which they are read: at each reply."""
        template, tokens = self._template, self._tokens(self._template.start, control=True)
        head, ends, kept = 0, [], True
        for message in _without_system(messages) if not template.has_system else messages:
            tokens += self._opening(message.role)
            if message.role == "assistant" and not kept:
                ends.append(len(tokens))
            tokens += self._tokens(message.content, control=False)
            tokens += self._tokens(template.closing, control=True)
            kept = kept and message.kept
            head = len(tokens) if kept else head
        tokens += self._opening("assistant")
        return _Prompt(tokens, head, [*([head] if head else []), *ends, len(tokens)])

    def _opening(self, role: str) -> list[int]:
        name = self._template.assistant if role == "assistant" else role
        return self._tokens(self._template.opening.replace("$role", name), control=True)

    def _tokens(self, text: str, *, control: bool) -> list[int]:
        tokens: list[int] = self._model.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=control)
        return tokens


def open_generator(model: InstalledModel, settings: Settings) -> LlamaGenerator:
    """Load a GGUF file; takes seconds.

    Raises:
        ModelError: llama.cpp cannot load it.
    """
    let_waiting_threads_sleep()
    import llama_cpp

    threads = available_threads(settings)
    gpu = llama_cpp.llama_supports_gpu_offload()
    try:
        llama = llama_cpp.Llama(
            model_path=str(model.path),
            n_ctx=settings.context,
            n_batch=_BATCH,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=settings.gpu_layers if gpu else 0,
            verbose=False,
        )
    except (ValueError, OSError, RuntimeError) as error:
        raise ModelError(
            f"llama.cpp cannot load {model.path}: {error}.",
            hint="Check that the file is a whole GGUF model, or run `rag models pull`.",
        ) from error
    family = (model.spec.chat if model.spec else None) or family_of(llama.metadata.get("tokenizer.chat_template", ""))
    heads = Heads(settings.models / ".heads", f"{model.fingerprint} {llama_cpp.__version__}")
    numbers = generator_numbers(model, int(llama_cpp.llama_model_n_params(llama._model.model)))
    return LlamaGenerator(model.name, llama, TEMPLATES[family], heads, Crew(settings), numbers)


def family_of(template: str) -> str:
    """Name the family whose marks occur in a model file's own chat template, which itself is never run."""
    return next((family for sign, family in SIGNS.items() if sign in template), "chatml")


def _without_system(messages: Sequence[Message]) -> list[Message]:
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if not system or not rest:
        return rest
    kept = rest[0].kept and all(message.kept for message in messages if message.role == "system")
    return [Message(rest[0].role, f"{system}\n\n{rest[0].content}", kept), *rest[1:]]


def _least(lead: bytes) -> str:
    """Return the lowest character whose UTF-8 form starts with `lead`."""
    size = 2 if lead[0] < 0xE0 else 3 if lead[0] < 0xF0 else 4
    for second in (b"\x80", b"\x90", b"\xa0"):  # the lowest after most bytes, after F0, and after E0
        try:
            return (lead + second + b"\x80\x80")[:size].decode("utf-8")
        except UnicodeDecodeError:
            continue
    return "\ufffd"

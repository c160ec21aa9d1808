"""The process that reads files on behalf of another: `python -m ingest.worker MEMORY`.

The words of languages and then requests come on standard input, answers go to standard output, all as messages of
`wire`. It ends when its input does.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, BinaryIO

from ingest import wire
from ingest.lexicon import Lexicon, from_lists
from ingest.limits import OUT_OF_MEMORY, SECONDS_A_SCAN, TERMS, Terms, allow_cpu, confine, peak_memory, seconds
from ingest.types import DocumentError

if TYPE_CHECKING:
    from ingest.wire import Message

_ASIDE = 10  # niceness: whoever waits for an answer goes first
_TIRED = 0.4  # of the memory: a process that has used more is not used again
_COLLECT_AFTER = 50_000  # new objects; a table has up to a million of them, in no circle that had to be found
_LOOK_EVERY = 0.2  # seconds, at the memory where the system does not


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when work ends
    if hasattr(os, "nice"):
        os.nice(max(0, _ASIDE - os.nice(0)))
    memory = int(sys.argv[1])
    requests, answers = _channels()
    sys.dont_write_bytecode = True
    gc.set_threshold(_COLLECT_AFTER)
    watched = confine(memory)
    queue: SimpleQueue[Message] = SimpleQueue()
    threading.Thread(target=_listen, args=(requests, queue, None if watched else memory), daemon=True).start()
    _send(answers, {"ready": True})
    lexicon = from_lists(queue.get()["lexicon"])
    while True:
        _answer(queue.get(), answers, lexicon)
        _send(answers, {"end": True, "tired": peak_memory() > _TIRED * memory})


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """Take the two pipes away from where a library might print to or read from them."""
    channels = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    return os.fdopen(channels[0], "rb", buffering=0), os.fdopen(channels[1], "wb", buffering=0)


def _listen(requests: BinaryIO, queue: SimpleQueue[Message], memory: int | None) -> None:
    """Pass requests on; end the process, whatever it does, when there is nobody left to answer."""
    try:
        while True:
            while memory is not None and not select.select([requests], [], [], _LOOK_EVERY)[0]:
                if peak_memory() > memory:
                    os._exit(OUT_OF_MEMORY)
            header = _read(requests, wire.HEADER)
            queue.put(wire.unpack(_read(requests, wire.size(header))))
    finally:
        os._exit(0)


def _read(stream: BinaryIO, count: int) -> bytes:
    content = b""
    while len(content) < count:
        piece = stream.read(count - len(content))
        if not piece:
            raise EOFError
        content += piece
    return content


def _send(answers: BinaryIO, message: Message) -> None:
    content = memoryview(wire.pack(message))
    while content:
        content = content[answers.write(content) :]


def _answer(request: Message, answers: BinaryIO, lexicon: Lexicon) -> None:
    path = Path(request["path"])

    def tell(news: Message) -> None:
        if "pages" in news:
            allow_cpu(seconds(news["pages"]))
        _send(answers, news)

    allow_cpu(seconds(0))
    TERMS.set(Terms(native=request["native"], members=request["members"], alarms=True, tell=tell))
    try:
        if request["pages"]:
            _recognise(path, request, answers, lexicon)
        else:
            _read_text(path, request["password"], answers, lexicon)
    except DocumentError as error:
        _send(answers, {"error": wire.one_line(error.reason), "code": error.code})
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _read_text(path: Path, password: str | None, answers: BinaryIO, lexicon: Lexicon) -> None:
    from ingest.read import read

    for message in wire.messages(read(path, password, lexicon)):
        _send(answers, message)


def _recognise(path: Path, request: Message, answers: BinaryIO, lexicon: Lexicon) -> None:
    """Recognise pages of a file, or of a member of it."""
    from ingest.read import members_named
    from ingest.readers.ocr import recognise

    password, member = request["password"], request["member"]
    allow_cpu(SECONDS_A_SCAN)
    for file in members_named(path, member, password) if member else [path]:
        for number, page in recognise(file, password, request["pages"], lexicon):
            allow_cpu(SECONDS_A_SCAN)
            _send(answers, wire.recognition(number, page))


if __name__ == "__main__":
    main()

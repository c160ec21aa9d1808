"""Rich text as Outlook packs it ([MS-OXRTFCP])."""

from __future__ import annotations

import struct

_RING = 4096  # bytes
_PACKED, _PLAIN = b"LZFu", b"MELA"
_MOST = 50_000_000  # bytes
_KNOWN = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the ring holds before anything is unpacked: the words that most such texts have."""


def unpacked_rtf(raw: bytes) -> bytes:
    """Return the rich text; what is damaged or too long ends early."""
    if len(raw) < 16:
        return b""
    size, kind = struct.unpack_from("<I4s", raw, 4)
    if kind == _PLAIN:
        return raw[16 : 16 + size]
    return _unpacked(raw[16:], min(size, _MOST)) if kind == _PACKED else b""


def _unpacked(packed: bytes, size: int) -> bytes:
    ring, at = bytearray(_KNOWN.ljust(_RING, b"\0")), len(_KNOWN)
    found, place = bytearray(), 0
    while place < len(packed) and len(found) < size:
        flags, place = packed[place], place + 1
        for bit in range(8):
            if not flags >> bit & 1:
                piece, place = packed[place : place + 1], place + 1
            else:
                token, place = int.from_bytes(packed[place : place + 2].ljust(2, b"\0"), "big"), place + 2
                start, length = token >> 4, (token & 15) + 2
                if start == at:
                    return bytes(found[:size])
                piece = b""
                for step in range(length):  # it may read what it is writing
                    byte = ring[(start + step) % _RING]
                    ring[at] = byte
                    at = (at + 1) % _RING
                    piece += bytes((byte,))
                found += piece
                continue
            for byte in piece:
                ring[at] = byte
                at = (at + 1) % _RING
            found += piece
    return bytes(found[:size])

"""Header and raw bytes as one value for the browser, and back: a packet.

4 bytes   length of the header, little-endian
header    JSON: {"v": 1, "runs": [{"run", "from", "to", "info"?, "state", "quantities", "records", "planes"?}],
          "blobs": [[at, size], …]}
body      image sheets exactly as they lie on disk (WebP), points as little-endian float32
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Body:
    """Blobs of one packet, each put in once."""

    parts: list[bytes] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    size: int = 0

    def add(self, blob: bytes) -> int:
        self.places.append((self.size, len(blob)))
        self.parts.append(blob)
        self.size += len(blob)
        return len(self.places) - 1


def assemble(runs: list[dict[str, Any]], body: Body, **more: Any) -> bytes:
    """Header and body as one value."""
    header = json.dumps({"v": 1, "runs": runs, "blobs": body.places, **more}, separators=(",", ":")).encode()
    return struct.pack("<I", len(header)) + header + b"".join(body.parts)


def header_of(packet: bytes) -> dict[str, Any]:
    """The header of a packet."""
    (size,) = struct.unpack_from("<I", packet)
    return json.loads(packet[4 : 4 + size])


def blob_of(packet: bytes, number: int) -> bytes:
    """One blob of a packet."""
    (size,) = struct.unpack_from("<I", packet)
    at, length = header_of(packet)["blobs"][number]
    return packet[4 + size + at : 4 + size + at + length]


def extended(packet: bytes, **more: Any) -> bytes:
    """The packet with more words in its header."""
    (size,) = struct.unpack_from("<I", packet)
    header = json.dumps({**header_of(packet), **more}, separators=(",", ":")).encode()
    return struct.pack("<I", len(header)) + header + packet[4 + size :]

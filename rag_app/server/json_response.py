"""JSON that goes out: plain ASCII, so that what UTF-8 cannot hold, such as half of a file name, is an escape."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse


class Json(JSONResponse):
    """A response of JSON."""

    def render(self, content: Any) -> bytes:
        """Return the JSON text."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")

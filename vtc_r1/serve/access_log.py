"""The access log: a line for every response, on standard error."""

import json
import sys
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class AccessLog(StrEnum):
    """The form of the access log."""

    NONE = "none"
    TEXT = "text"
    JSON = "json"


@dataclass
class Access:
    """One request and its response.

    Attributes:
        status: of the response; 0 if none was sent.
        size: bytes of its body.
        solve: id of the solve that it began.
    """

    scope: MutableMapping[str, Any]
    began: float
    status: int = 0
    size: int = 0
    solve: str | None = None

    def write(self, form: AccessLog) -> None:
        """Write the line; the query is left out, and a key is named by its hash, as in stored solves."""
        if form is AccessLog.NONE:
            return
        path = self.scope.get("raw_path") or self.scope["path"].encode()
        client = self.scope.get("client")
        fields = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "client": client[0] if client else None,
            "owner": self.scope.get("vtc_owner") or None,
            "method": self.scope["method"],
            "path": path.decode("ascii", "backslashreplace")[:500],
            "status": self.status,
            "bytes": self.size,
            "seconds": round(time.monotonic() - self.began, 3),
            "solve": self.solve,
        }
        if form is AccessLog.JSON:
            line = json.dumps(fields)
        else:
            line = " ".join("-" if value is None else str(value) for value in fields.values())
        print(line, file=sys.stderr, flush=True)

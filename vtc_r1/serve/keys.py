"""API keys: who may ask, and whose solves are whose."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from vtc_r1.disk.access import finite
from vtc_r1.errors import UsageError
from vtc_r1.serve.refusal import Refusal

EVERYONE = ""
"""Owner of all solves where no key is asked for."""
COOKIE = "vtc_session"


class Keys:
    """The keys that this server knows; without any, everyone may ask.

    The page keeps no key: it gets a cookie that proves that it had one, until the server ends.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._owners = {_hash(key): _hash(key)[:16] for key in keys}
        self._secret = secrets.token_bytes(32)

    def __bool__(self) -> bool:
        return bool(self._owners)

    def bearer(self, headers: Mapping[str, str]) -> str:
        """Return whose request it is, by its Authorization header; raises Refusal."""
        if not self._owners:
            return EVERYONE
        kind, _, key = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not key.strip():
            raise _unknown("No API key is given: send 'Authorization: Bearer KEY'.")
        return self.owner(key.strip())

    def owner(self, key: str) -> str:
        """Return whose key it is; raises Refusal."""
        given = _hash(key)
        for known, owner in self._owners.items():
            if hmac.compare_digest(known, given):
                return owner
        raise _unknown("Incorrect API key provided.")

    def cookie(self, owner: str) -> str:
        """Return what proves that a page had the key."""
        return f"{owner}.{self._seal(owner)}"

    def session(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
        """Return whose request it is, by its cookie or its Authorization header; raises Refusal."""
        owner, _, seal = cookies.get(COOKIE, "").partition(".")
        if self._owners and owner and hmac.compare_digest(seal.encode(), self._seal(owner).encode()):
            return owner
        return self.bearer(headers)

    def _seal(self, owner: str) -> str:
        return hmac.new(self._secret, owner.encode(), hashlib.sha256).hexdigest()


def read_keys(path: Path | None, environment: Mapping[str, str]) -> list[str]:
    """Read keys from a file, one a line, and from VTC_SERVE_API_KEYS, with commas; raises UsageError."""
    found = environment.get("VTC_SERVE_API_KEYS", "").split(",")
    if path is not None:
        try:
            lines = finite(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--api-key-file {path}: cannot be read ({error})") from error
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not keys:
            raise UsageError(f"--api-key-file {path}: holds no key; write one a line")
        found += keys
    return list(dict.fromkeys(key.strip() for key in found if key.strip()))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _unknown(message: str) -> Refusal:
    return Refusal(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})

"""API keys: who may send requests, and which solves belong to whom."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from starlette.requests import HTTPConnection

from vtc_r1.disk.access import finite
from vtc_r1.errors import UsageError
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.throttle import Throttle

EVERYONE = ""  #: owner of all solves if no key is required
COOKIE = "vtc_session"
VARIABLE = "VTC_SERVE_API_KEYS"
METRICS_VARIABLE = "VTC_SERVE_METRICS_TOKEN"


class Keys:
    """The keys that this server accepts; without any, no key is required.

    The page stores no key: it gets a signed cookie, which is valid until the server ends.

    Args:
        keys: the keys.
        metrics_token: what reads the metrics, instead of a key; none if it is empty.
    """

    def __init__(self, keys: Iterable[str] = (), metrics_token: str = "") -> None:
        self._owners = {_hash(key): _hash(key)[:16] for key in keys}
        self._metrics = _hash(metrics_token) if metrics_token else None
        self._secret = secrets.token_bytes(32)
        self._throttle = Throttle()

    def __len__(self) -> int:
        return len(self._owners)

    def bearer(self, request: HTTPConnection) -> str:
        """Return the owner of a request by its Authorization header; raises Refusal."""
        if not self._owners:
            return EVERYONE
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not key.strip():
            raise _unknown("No API key provided: send 'Authorization: Bearer KEY'.")
        return self.owner(key.strip(), request)

    def metrics(self, request: HTTPConnection) -> str:
        """Check that a client may read the metrics: by their token if there is one, else by its API key."""
        if self._metrics is None:
            return self.bearer(request)
        client = request.client.host if request.client else ""
        self._throttle.check(client)
        given = _hash(request.headers.get("authorization", "").partition(" ")[2].strip())
        if hmac.compare_digest(self._metrics, given):
            return EVERYONE
        self._throttle.count(client, given)
        raise _unknown("Send the token of the metrics: 'Authorization: Bearer TOKEN'.")

    def owner(self, key: str, request: HTTPConnection) -> str:
        """Return the owner of a key that a client gives; raises Refusal."""
        client = request.client.host if request.client else ""
        self._throttle.check(client)
        given = _hash(key)
        for known, owner in self._owners.items():
            if hmac.compare_digest(known, given):
                return owner
        self._throttle.count(client, given)
        raise _unknown("Incorrect API key provided.")

    def cookie(self, owner: str) -> str:
        """Return the value of the session cookie: the owner, and a signature."""
        return f"{owner}.{self._sign(owner)}"

    def session(self, request: HTTPConnection) -> str:
        """Return the owner of a request by its cookie or its Authorization header; raises Refusal."""
        owner, _, signature = request.cookies.get(COOKIE, "").partition(".")
        if self._owners and owner and hmac.compare_digest(signature.encode(), self._sign(owner).encode()):
            return owner
        return self.bearer(request)

    def _sign(self, owner: str) -> str:
        return hmac.new(self._secret, owner.encode(), hashlib.sha256).hexdigest()


def read_keys(path: Path | None, environment: Mapping[str, str]) -> list[str]:
    """Read keys from a file, one per line, and VTC_SERVE_API_KEYS, comma-separated; raises UsageError."""
    found = _keys(VARIABLE, environment.get(VARIABLE, "").split(","))
    if environment.get(VARIABLE) and not found:
        raise UsageError(f"{VARIABLE}: contains no key; unset it, or separate keys by commas")
    if path is not None:
        try:
            lines = finite(path).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--api-key-file {path}: cannot be read ({error})") from error
        keys = _keys(f"--api-key-file {path}", [line for line in lines if not line.lstrip().startswith("#")])
        if not keys:
            raise UsageError(f"--api-key-file {path}: contains no key; write one per line")
        found += keys
    return list(dict.fromkeys(found))


def read_metrics_token(environment: Mapping[str, str]) -> str:
    """Read VTC_SERVE_METRICS_TOKEN, empty if it is not set; raises UsageError."""
    given = environment.get(METRICS_VARIABLE, "")
    found = _keys(METRICS_VARIABLE, [given])
    if given and not found:
        raise UsageError(f"{METRICS_VARIABLE}: contains no token; unset it, or give one")
    return found[0] if found else ""


def _keys(where: str, texts: Iterable[str]) -> list[str]:
    """Return the texts that are not empty; raises UsageError for one that no client could send."""
    keys = [text.strip() for text in texts if text.strip()]
    for key in keys:
        if not key.isascii() or not key.isprintable() or " " in key:
            raise UsageError(
                f"{where}: a key of {len(key)} characters has spaces or characters beyond ASCII, which "
                "clients cannot send; make keys of letters, digits and punctuation"
            )
    return keys


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _unknown(message: str) -> Refusal:
    return Refusal(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})

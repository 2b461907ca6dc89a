"""A hub with one data set, over a real socket: what `huggingface_hub` and `datasets` ask of the real one."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves `files` as the data set `name`; `asked` lists the requests."""

    def __init__(self, name: str, files: dict[str, bytes]) -> None:
        self.name, self.files, self.asked = name, files, list[str]()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.asked.append(f"{self.command} {self.path}")
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                status, headers, sent = hub.answer(unquote(urlsplit(self.path).path), body)
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(sent)

            do_HEAD = do_POST = do_GET  # noqa: N815

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer one request with a status, headers and a body."""
        as_json = {"Content-Type": "application/json", "X-Repo-Commit": COMMIT}
        api, resolve = f"/api/datasets/{self.name}", f"/datasets/{self.name}/resolve/"
        if path in (api, f"{api}/revision/{COMMIT}", f"{api}/revision/main"):
            siblings = [{"rfilename": name} for name in self.files]
            about = {"id": self.name, "sha": COMMIT, "siblings": siblings, "private": False, "gated": False}
            return 200, as_json, json.dumps(about).encode()
        if path.startswith(f"{api}/tree/"):
            return 200, as_json, json.dumps([*map(self._entry, self.files)]).encode()
        if path.startswith(f"{api}/paths-info/"):
            wanted = [name for name in self.files if name in unquote(body.decode())]
            return 200, as_json, json.dumps([*map(self._entry, wanted)]).encode()
        if path.startswith(resolve) and (
            data := self.files.get(path.removeprefix(resolve).partition("/")[2])
        ):
            return 200, {"X-Repo-Commit": COMMIT, "ETag": f'"{self._hash(data)}"'}, data
        missing = {**as_json, "X-Error-Code": "EntryNotFound" if self.name in path else "RepoNotFound"}
        return 404, missing, b'{"error": "not found"}'

    def _entry(self, name: str) -> dict[str, Any]:
        data = self.files[name]
        return {"type": "file", "path": name, "size": len(data), "oid": self._hash(data)}

    def _hash(self, data: bytes) -> str:
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()

"""Server-sent events: parses the data of each from bytes in arbitrary pieces.

Source: the event stream format of the HTML standard.
"""

_MARK = b"\xef\xbb\xbf"
DONE = b"[DONE]"  #: data of the event that ends a stream of OpenAI's protocol
ENDED = {"object": "done", "choices": ()}  #: stands for that event among the parsed JSON


class EventParser:
    """Collects bytes until events are complete. Lines end with LF, CRLF or CR; comments are ignored."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._began = self._after_return = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Add bytes; return the data of the completed events, the lines of each joined by LF."""
        text = self._rest + piece
        if not self._began:
            if len(text) < len(_MARK) and _MARK.startswith(text):
                self._rest = text
                return []
            self._began, text = True, text.removeprefix(_MARK)
        if self._after_return and text:
            self._after_return, text = False, text.removeprefix(b"\n")
        self._after_return = self._after_return or text.endswith(b"\r")
        lines = text.splitlines()
        self._rest = lines.pop() if lines and not text.endswith((b"\n", b"\r")) else b""
        events = []
        for line in lines:
            if line:
                self._take(line)
            elif self._data:
                events.append(b"\n".join(self._data))
                self._data = []
        return events

    def _take(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
        elif line == b"data":
            self._data.append(b"")

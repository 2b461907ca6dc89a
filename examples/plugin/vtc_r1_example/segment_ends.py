"""A segment end: after a number of lines."""

from pydantic import Field

from vtc_r1.segments import End
from vtc_r1.spec import Options


class After(Options):
    """`after`: how many lines a segment has."""

    after: int = Field(4, ge=1)


class Lines(End[After]):
    """After a number of lines, while the segment is streamed; at the token limit if there are fewer."""

    watches = True

    def cut(self, text: str, most: float, seen: int = 0) -> int | None:
        """Return where the last line of the segment ends, None if it has not ended yet."""
        lines = text.splitlines(keepends=True)[: self.options.after]
        whole = len(lines) == self.options.after and lines[-1].endswith("\n")
        return len("".join(lines)) if whole else None

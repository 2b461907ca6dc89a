"""A segment end: after so many lines."""

from pydantic import Field

from vtc_r1.segments import End
from vtc_r1.spec import Options


class After(Options):
    """`after`: how many lines a segment has."""

    after: int = Field(4, ge=1)


class Lines(End[After]):
    """Behind so many lines, while the segment is streamed; at the token limit where there are fewer."""

    watches = True

    def cut(self, text: str, most: float, seen: int = 0) -> int | None:
        """Return where the last line of the segment ends, None where it has yet to come."""
        lines = text.splitlines(keepends=True)[: self.options.after]
        whole = len(lines) == self.options.after and lines[-1].endswith("\n")
        return len("".join(lines)) if whole else None

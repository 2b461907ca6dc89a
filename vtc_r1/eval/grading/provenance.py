"""What a verdict depends on besides the answer: package versions, our own code, the gold answers."""

import hashlib
import json
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from pydantic import Field

from vtc_r1.configuration import Record
from vtc_r1.eval.problem import Problem
from vtc_r1.plugins import versions_of

PACKAGES = ("math-verify", "sympy", "latex2sympy2_extended", "antlr4-python3-runtime", "mpmath")
_HERE = Path(__file__).parent
_SOURCES = (
    *sorted([*_HERE.glob("*.py"), *_HERE.glob("*.toml")]),
    _HERE.parent / "scoring.py",
    _HERE.parents[1] / "answers.py",
)
_SHOWN = 8  #: digits of a hash shown in a message


class Grading(Record):
    """The code and data that the verdicts of a run were made with."""

    versions: dict[str, str] = Field(description="versions of the installed packages for computer algebra.")
    code: str = Field(description="SHA-256 of the sources that extract and compare answers.")
    golds: str = Field(description="SHA-256 of the gold answers, including choices and metrics.")

    @classmethod
    def of(cls, problems: Iterable[Problem], judge: object = None) -> "Grading":
        """Return the current record for these problems and a grader, of a plug-in too."""
        versions = _versions() | versions_of(type(judge))
        return cls(versions=versions, code=_code(type(judge)), golds=golds_of(problems))

    def difference(self, other: "Grading", *, golds: bool = True) -> str | None:
        """Name the difference from another record, None if the verdicts of both are comparable.

        Args:
            other: the other record.
            golds: compare the gold answers too; False if one has more problems than the other.
        """
        for package in dict.fromkeys((*PACKAGES, *self.versions, *other.versions)):
            ours, theirs = (one.versions.get(package, "none") for one in (self, other))
            if ours != theirs:
                return f"{package} {ours} and {theirs}"
        if self.code != other.code:
            return f"grading code {self.code[:_SHOWN]} and {other.code[:_SHOWN]}"
        return "other gold answers" if golds and self.golds != other.golds else None


def golds_of(problems: Iterable[Problem]) -> str:
    """Return a hash of the gold answers to `problems`, independent of their order."""
    rows = sorted(
        json.dumps([one.id, one.answer, *one.answers, one.choices, one.metric], ensure_ascii=True)
        for one in problems
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _code(kind: type) -> str:
    digest = hashlib.sha256()
    ours = kind.__module__.startswith("vtc_r1.")
    source = None if ours else getattr(sys.modules[kind.__module__], "__file__", None)
    for path in (*_SOURCES, *([] if source is None else [Path(source)])):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()


@cache
def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _versions() -> dict[str, str]:
    found = {package: _installed(package) for package in PACKAGES}
    return {package: version for package, version in found.items() if version is not None}

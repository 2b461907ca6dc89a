"""Commands of the documentation that print an answer: it is right, or the line says that it is wrong."""

import contextlib
import io
import math
import re
import shlex
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

pytest.importorskip("torch", reason="the embedded model needs the extra local")

from vtc_r1 import Solver
from vtc_r1.cli.main import app
from vtc_r1.storage import load_trace, parse_trace

pytestmark = pytest.mark.model

ROOT = Path(__file__).parents[1]
CARD = ROOT / "vtc_r1" / "backends" / "nano" / "README.md"
TROUBLE = ROOT / "docs" / "troubleshooting.md"
"""The page that shows what goes wrong; tests/docs runs it."""
PAGES = [
    page
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", CARD, *sorted((ROOT / "docs").rglob("*.md")))
    if page != TROUBLE
]
NOT_HERE = ("--base-url", "--model ", "…", "vtc_r1_example")
"""What a line has that needs another model than the embedded one, a plug-in, or stands for something else."""
FILES = "command-line.md"
"""The page whose `printf` lines write the files that others name, too."""


@dataclass(frozen=True)
class Line:
    """A line of a page's shell blocks, without its comment."""

    words: str
    comment: str

    @property
    def solves(self) -> bool:
        return bool(re.search(r"(^|&& |\| )vtc-r1 solve\b", self.words))


def lines(page: Path) -> list[Line]:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    found = []
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            words, _, comment = line.partition(" # ")
            found.append(Line(words.strip(), comment.strip()))
    return found


def here(page: Path) -> list[Line]:
    """The lines of a page that the embedded model answers, and those that they need."""
    usable = [line for line in lines(page) if not any(part in line.words for part in NOT_HERE)]
    needs = r"printf |vtc-r1 view runs/first|vtc-r1 probe .*--out (runs/probe|probes/quick)$"
    return [line for line in usable if line.solves or re.match(needs, line.words)]


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


ANSWERED = [page for page in PAGES if any(line.solves for line in here(page))]


def answer_of(question: str, folder: Path, documents: list[str]) -> str:
    """Work a question out, by other code than that of the package."""
    text = question.replace(" ", "")
    if documents:
        pairs = [line.split("=") for name in documents for line in (folder / name).read_text().split()]
        return dict(pairs)[text.rstrip("?")]
    if found := re.fullmatch(r"gcd\((\d+),(\d+)\)", text):
        return str(math.gcd(int(found[1]), int(found[2])))
    if found := re.fullmatch(r"(\d+)\^(\d+)mod(\d+)", text):
        return str(pow(int(found[1]), int(found[2]), int(found[3])))
    if found := re.fullmatch(r"(\d+)inbase(\d)", text):
        number, digits = int(found[1]), ""
        while number:
            number, digit = divmod(number, int(found[2]))
            digits = f"{digit}{digits}"
        return digits
    if "x" in text:
        left, right = re.sub(r"(\d)x", r"\1*x", text).split("=")
        at = [value(left.replace("x", f"({x})")) - value(right) for x in (0, 1)]
        return str(Fraction(-at[0], at[1] - at[0]))
    return str(value(text))


def value(text: str) -> int:
    assert re.fullmatch(r"[\d()+*-]+", text), text
    return int(eval(text))  # noqa: S307  # digits and operators alone


def questions(folder: Path, words: list[str], given: str) -> tuple[list[str], list[str]]:
    """The questions that a command asks, and the documents that come with them."""
    documents = [words[at + 1] for at, word in enumerate(words) if word == "--context"]
    if "--batch" in words:
        rows = (folder / words[words.index("--batch") + 1]).read_text().splitlines()
        return [row for row in rows if row.strip()], documents
    asked = words[words.index("solve") + 1]
    return [given.strip() if asked == "-" else asked], documents


def answers(folder: Path, words: list[str], out: str) -> list[str | None]:
    """What a command answered, question by question."""
    if "--batch" in words:
        rows = (folder / words[words.index("--out") + 1]).read_text().splitlines()
        return [trace.answer for trace in sorted(map(parse_trace, rows), key=lambda trace: trace.index or 0)]
    if "--json" in words:
        return [parse_trace(out).answer]
    return [out.rstrip("\n").split("\n")[-1] or None]


def run(line: Line, folder: Path) -> None:
    """Run a line that solves, and look at what it answers."""
    before, _, command = line.words.rpartition("vtc-r1 solve")
    words = ["solve", *shlex.split(command)]
    given = shlex.split(before.removesuffix("| "))[1] if before.startswith("echo ") else ""
    done = CliRunner().invoke(app, words, input=given)
    assert done.exception is None or isinstance(done.exception, SystemExit), (line, done.exception)
    asked, documents = questions(folder, words, given)
    right = [answer_of(question, folder, documents) for question in asked]
    found = answers(folder, words, done.stdout)
    if line.comment.startswith("wrong") or "wrong answer" in line.comment:
        assert found != right and "warning: " in done.stderr, (line, found, right, done.stderr)
        told = re.match(r"wrong: (-?\d+)", line.comment)
        assert told is None or found == [told[1]], (line, found)
        return
    assert (done.exit_code, found) == (0, right), (line, found, right, done.stderr)
    told = re.match(r"-?\d+\b", line.comment)
    assert told is None or found == [told[0]], line
    if any(each in line.words for each in ("--memory", "--profile", "--density", "--segment-end")):
        return  # what is right may be outside of the training all the same
    assert "warning: " not in done.stderr, (line, done.stderr)


@pytest.mark.parametrize("page", ANSWERED, ids=names)
def test_what_a_page_answers_is_right_or_called_wrong(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = [line for line in lines(ROOT / "docs" / FILES) if line.words.startswith("printf ")]
    for line in [*written, *here(page)]:
        if line.words.startswith("printf "):
            subprocess.run(line.words, shell=True, cwd=tmp_path, check=True)
        elif line.solves:
            run(line, tmp_path)
        else:
            done = CliRunner().invoke(app, shlex.split(line.words)[1:])
            assert done.exit_code == 0, (line, done.output)
            if "view" in line.words and "--html" not in line.words:
                trace = load_trace(tmp_path / "runs" / "first")
                right = answer_of(trace.question, tmp_path, [])
                assert done.stdout.rstrip("\n").split("\n")[-1] == trace.answer == right


def test_every_solve_is_run_or_names_another_model() -> None:
    """No line is left out for another reason (or for a plug-in), and there are enough to mean something."""
    every = [(page, line) for page in PAGES for line in lines(page) if line.solves]
    run_here = [(page, line) for page in ANSWERED for line in here(page) if line.solves]
    left_out = [line.words for page, line in every if (page, line) not in run_here]
    others = ("--base-url", "--model ", "vtc_r1_example")
    assert all(any(other in words for other in others) for words in left_out), left_out
    assert len(run_here) >= 20 and {ROOT / "README.md", CARD} <= {page for page, _ in run_here}


def test_what_is_said_to_be_wrong_is_rare() -> None:
    called = [line for page in ANSWERED for line in here(page) if line.solves and "wrong" in line.comment]
    assert len(called) <= 4, called


def snippets() -> list[tuple[Path, str]]:
    """Python that asks the embedded model."""
    found = []
    for page in PAGES:
        for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            if re.search(r"Solver\(\)|\.chat\.completions\.create", code) and "print(" in code:
                found.append((page, code))
    return found


def check_printed(code: str, out: str) -> None:
    """Compare what a snippet printed with what its questions come to."""
    printed = out.splitlines()
    for question in re.findall(r'\.solve\("([^"]+)"\)|"content": "([^"]+)"', code):
        right = answer_of(next(filter(None, question)), ROOT, [])
        assert any(right in line.split(" ") for line in printed), (right, printed)
    for listed in re.findall(r"\.map\(\[([^]]+)\]", code):
        right = [answer_of(question, ROOT, []) for question in re.findall(r'"([^"]+)"', listed)]
        numbered = [f"{at} {answer}" for at, answer in enumerate(right)]
        assert set(numbered) <= set(printed) or " ".join(right) in printed, (right, printed)


@pytest.mark.parametrize(
    ("page", "code"), snippets(), ids=lambda part: "" if isinstance(part, str) else names(part)
)
def test_what_a_snippet_prints_is_right(page: Path, code: str, tmp_path: Path) -> None:
    out = io.StringIO()
    with contextlib.ExitStack() as stack:
        if "chat.completions" in code:
            pytest.importorskip("fastapi")
            from tests.serve.running import running

            server = stack.enter_context(running(Solver()))
            code = code.replace("http://127.0.0.1:8000", server.url)
        stack.enter_context(contextlib.redirect_stdout(out))
        given: dict[str, Any] = {"__name__": "snippet"}
        exec(compile(code, names(page), "exec"), given)  # noqa: S102
        if isinstance(solver := given.get("solver"), Solver):
            solver.close()
    check_printed(code, out.getvalue())


def test_there_are_snippets_of_a_program_and_of_a_client() -> None:
    assert {page.name for page, _ in snippets()} >= {"README.md", "start.md", "serving.md"}

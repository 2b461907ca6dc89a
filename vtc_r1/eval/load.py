"""Load problems from a benchmark's name or a file of rows."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from vtc_r1.disk.access import finite
from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.benchmark import Benchmark, Fields, Part, benchmark
from vtc_r1.eval.columns import (
    column,
    gold_answer,
    has,
    inside,
    listed,
    nested,
    right_letter,
    shuffled,
    text,
    value,
    with_choices,
    with_instruction,
)
from vtc_r1.eval.drawn import Lookups, lookup_problems
from vtc_r1.eval.drawn import problems as drawn_problems
from vtc_r1.eval.hub import hub_rows
from vtc_r1.eval.longcontext import LongContext
from vtc_r1.eval.longcontext import problems as long_problems
from vtc_r1.eval.problem import Passage, Problem
from vtc_r1.eval.rows import Row, file_rows

_IDS = ("id", "unique_id", "uuid")


@dataclass(frozen=True)
class LoadedBenchmark:
    """A benchmark with its problems.

    Attributes:
        benchmark: what is asked and how it is graded.
        problems: its problems, in the order of the data.
        revision: identifies the rows: a commit on the hub, the hash of a file, or a seed.
        fingerprint: a hash of everything that determines the questions and their grading.
    """

    benchmark: Benchmark
    problems: tuple[Problem, ...]
    revision: str
    fingerprint: str


def load(
    name: str | Path | None = None,
    *,
    file: Path | None = None,
    question_field: str | None = None,
    answer_field: str | None = None,
    id_field: str | None = None,
) -> LoadedBenchmark:
    """Load a benchmark with its problems.

    Args:
        name: a shipped benchmark, or the path of a TOML file; None for the rows of `file` alone.
        file: rows as JSON lines, a JSON array, CSV or Parquet, instead of the benchmark's own data set.
        question_field: the column of the question, instead of the benchmark's; `prompt.0.content` is a part
            of the value of column `prompt`.
        answer_field: the column of the gold answer, which is then used unchanged.
        id_field: the column of the id; by default, for a file alone, `id`, `unique_id` or `uuid`.

    Raises:
        UnknownName: there is no benchmark with that name.
        BenchmarkError: the data is not available, or a row is not a valid problem; says which and why.
        MissingExtra: the package that reads the data is not installed.
    """
    if name is None and file is None:
        raise BenchmarkError("no benchmark: give its name, or a file of rows with --file")
    chosen = benchmark(name) if name is not None else _of_file(file or Path())
    chosen = _with_fields(chosen, question_field, answer_field, id_field)
    if file is not None:
        revision, rows = _hashed(file), file_rows(file)
        problems = tuple(_problems(chosen, rows, str(file), guess_id=name is None and id_field is None))
    elif chosen.generated is not None:
        revision, problems = f"seed {chosen.generated.seed}", tuple(_drawn(chosen))
    elif chosen.dataset is None:
        raise BenchmarkError(f"benchmark {chosen.name} names no data set: pass its rows with --file")
    else:
        revision, rows = hub_rows(chosen)
        problems = tuple(_problems(chosen, rows, chosen.dataset))
    return LoadedBenchmark(chosen, problems, revision, _fingerprint(chosen, problems))


def load_all(
    names: Sequence[str],
    *,
    file: Path | None = None,
    question: str | None = None,
    answer: str | None = None,
    identity: str | None = None,
) -> list[LoadedBenchmark]:
    """Load several benchmarks, each once; `file` and field names are allowed with a single benchmark only.

    Raises what `load` raises, and BenchmarkError if a file or fields are given for several benchmarks.
    """
    each: list[str | None] = [*dict.fromkeys(names)]
    if len(each) > 1 and (file or question or answer or identity):
        raise BenchmarkError("--file and the --…-field flags work with one benchmark at a time")
    return [
        load(name, file=file, question_field=question, answer_field=answer, id_field=identity)
        for name in each or [None]
    ]


def _drawn(chosen: Benchmark) -> list[Problem]:
    """Draw the problems of a benchmark without a data set."""
    wanted = chosen.generated
    if isinstance(wanted, LongContext):
        return long_problems(wanted)
    if isinstance(wanted, Lookups):
        return lookup_problems(wanted)
    assert wanted is not None
    return drawn_problems(wanted.problems, wanted.seed, wanted.kind)


def _of_file(file: Path) -> Benchmark:
    name = "".join(letter if letter.isalnum() else "-" for letter in file.stem.lower()).strip("-") or "file"
    return Benchmark(name=name if name.isascii() else "file", title=file.name)


def _with_fields(
    chosen: Benchmark, question: str | None, answer: str | None, identity: str | None
) -> Benchmark:
    given = {"question": question, "answer": answer, "id": identity}
    fields = chosen.fields.model_copy(update={key: value for key, value in given.items() if value})
    return chosen.model_copy(update={"fields": fields, "gold": "column" if answer else chosen.gold})


def _hashed(file: Path) -> str:
    try:
        return f"sha256:{hashlib.sha256(finite(file).read_bytes()).hexdigest()}"
    except OSError:
        return "unread"


def _problems(
    chosen: Benchmark, rows: Iterable[tuple[str, Row]], source: str, *, guess_id: bool = False
) -> Iterator[Problem]:
    """Turn every row into a problem; raises BenchmarkError for the first invalid row."""
    seen: dict[str, str] = {}
    fields = chosen.fields
    for number, (place, row) in enumerate(rows):
        if guess_id and number == 0:
            fields = fields.model_copy(update={"id": next((one for one in _IDS if one in row), None)})
        where = f"{source}: {place}"
        problem = _problem(chosen, fields, row, number, where)
        if problem.id in seen:
            raise BenchmarkError(
                f"{where}: id {problem.id!r} was already used on {seen[problem.id]}: make the ids unique, "
                "or name another column with --id-field"
            )
        seen[problem.id] = place
        yield problem


def _problem(chosen: Benchmark, fields: Fields, row: Row, number: int, where: str) -> Problem:
    question = _question(fields, row, where)
    name, part = _part(chosen, fields, row, where)
    if part is not None:
        question = part.ask(question)
    if not question.strip():
        raise BenchmarkError(f"{where}: the question is empty; remove the row or name another column")
    golds = _golds(chosen, fields, row, where)
    answer, choices = golds[0], tuple[str, ...]()
    if chosen.grader == "choice":
        question, choices, answer = _with_choices(chosen, fields, row, question, where)
        golds = [answer]
    identity = (
        str(number)
        if _is_numbered(fields, row)
        else text(row, column(row, fields.id or (), where, "id"), where, "id")
    )
    return Problem(
        id=f"{name}/{identity}" if name else identity,
        question=question,
        answer=answer,
        level=_level(_optional(row, fields.level), chosen.level_bounds),
        subject=name or _optional(row, fields.subject),
        choices=choices,
        extra={name: _plain(value(row, name)) for name in fields.extra if has(row, name)},
        answers=tuple(golds) if len(golds) > 1 else (),
        metric=part.metric if part else chosen.metric,
        context=_context(fields, part, row, where),
    )


def _is_numbered(fields: Fields, row: Row) -> bool:
    names = fields.id
    return names is None or (isinstance(names, tuple) and not any(has(row, name) for name in names))


def _question(fields: Fields, row: Row, where: str) -> str:
    name = column(row, fields.question, where, "question")
    asked, given = text(row, name, where, "question"), value(row, name)
    if given is not None and not isinstance(given, str):
        raise BenchmarkError(
            f"{where}: the question is not a text ({asked[:60]!r}); remove the row or name another "
            "column with --question-field"
        )
    if fields.before is None or not has(row, fields.before):
        return asked
    before = text(row, fields.before, where, "before").strip()
    return f"{before}\n\n{asked}" if before else asked


def _golds(chosen: Benchmark, fields: Fields, row: Row, where: str) -> list[str]:
    """Return every gold answer of a row; raises BenchmarkError if it has none."""
    name = column(row, fields.answer, where, "answer")
    given = value(row, name)
    several = given if isinstance(given, list) else [given]
    if isinstance(given, dict) or any(isinstance(one, (dict, list)) for one in several):
        raise BenchmarkError(nested(given, name, where, "answer"))
    golds = [gold for one in several if (gold := gold_answer(one, chosen.gold))]
    if not golds:
        raise BenchmarkError(
            f"{where}: no gold answer in {name!r} ({str(given)[:60]!r}); "
            "remove the row or name another column with --answer-field"
        )
    return list(dict.fromkeys(golds))


def _with_choices(
    chosen: Benchmark, fields: Fields, row: Row, question: str, where: str
) -> tuple[str, tuple[str, ...], str]:
    """Return the question with its choices, the choices, and the letter of the right one."""
    name = column(row, fields.answer, where, "answer")
    given = value(row, name)
    if fields.incorrect:
        wrong = [
            text(row, column(row, one, where, "incorrect"), where, "incorrect") for one in fields.incorrect
        ]
        choices, answer = shuffled(
            question, gold_answer(given, chosen.gold), [one.strip() for one in wrong], chosen.choices_seed
        )
        return with_choices(question, choices), choices, answer
    if fields.choices:
        choices = _choices(fields.choices, row, where)
        asked = with_choices(question, choices)
    else:
        choices, asked = inside(question), with_instruction(question)
    letter = right_letter(given, choices)
    if letter is None:
        raise BenchmarkError(
            f"{where}: gold answer {str(given)[:60]!r} is none of the {len(choices)} choices: give a letter, "
            "an index from 0 or the text of a choice, or name another column with --answer-field"
        )
    return asked, choices, letter


def _choices(names: str | tuple[str, ...], row: Row, where: str) -> tuple[str, ...]:
    if isinstance(names, tuple):
        found = [text(row, column(row, one, where, "choices"), where, "choices").strip() for one in names]
        return tuple(found)
    choices = listed(value(row, column(row, names, where, "choices")))
    if choices is None or not 2 <= len(choices) <= len(ascii_uppercase):
        raise BenchmarkError(
            f"{where}: column {names!r} does not hold a list of 2 to {len(ascii_uppercase)} choices; remove "
            "the row or name another column with fields.choices"
        )
    return choices


def _part(chosen: Benchmark, fields: Fields, row: Row, where: str) -> tuple[str | None, Part | None]:
    """Return a row's task with its name; raises BenchmarkError if the benchmark has no such task."""
    if not chosen.tasks or fields.task is None:
        return None, None
    name = text(row, column(row, fields.task, where, "task"), where, "task")
    if name not in chosen.tasks:
        known = ", ".join(chosen.tasks)
        raise BenchmarkError(
            f"{where}: {chosen.name} has no task {name!r}: remove the row; its tasks are {known}"
        )
    return name, chosen.tasks[name]


def _context(fields: Fields, part: Part | None, row: Row, where: str) -> tuple[Passage, ...]:
    if fields.context is None:
        return ()
    found = text(row, column(row, fields.context, where, "context"), where, "context")
    if not found.strip():
        raise BenchmarkError(f"{where}: the context is empty; remove the row or name another column")
    kind = part.kind if part else "text"
    return (Passage(name="document.txt" if kind != "code" else "document", text=found, kind=kind),)


def _level(level: str | None, bounds: tuple[int, ...]) -> str | None:
    """Return the range that a number lies in; anything else is returned unchanged."""
    if not bounds or level is None or not level.isdecimal():
        return level
    names = [f"{bound // 1000}k" if bound % 1000 == 0 else str(bound) for bound in bounds]
    above = sum(int(level) >= bound for bound in bounds)
    return f"{names[-1]}+" if above == len(bounds) else f"{names[above - 1] if above else 0}-{names[above]}"


def _optional(row: Row, name: str | None) -> str | None:
    if name is None or not has(row, name) or value(row, name) is None:
        return None
    found = value(row, name)
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def _plain(found: Any) -> Any:
    """Convert a value to what JSON can represent."""
    return json.loads(json.dumps(found, default=str))


def _fingerprint(chosen: Benchmark, problems: Iterable[Problem]) -> str:
    """Hash the questions and how they are graded; titles and published figures do not count."""
    kept = chosen.model_dump(mode="json", include={"prompts", "grader", "rules"})
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode())
    for problem in problems:
        digest.update(json.dumps(problem.identity, sort_keys=True).encode())
    return digest.hexdigest()

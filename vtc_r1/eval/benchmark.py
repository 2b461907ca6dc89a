"""A benchmark: which rows it has, what it asks, how answers are graded. One TOML file each."""

import re
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from vtc_r1.configuration import Record, Sampling
from vtc_r1.documents import Kind
from vtc_r1.errors import BenchmarkError, UnknownName, UsageError
from vtc_r1.eval.columns import Gold
from vtc_r1.eval.drawn import Lookups
from vtc_r1.eval.grading.extraction import RULES, Rule
from vtc_r1.eval.grading.graders import GRADERS
from vtc_r1.eval.longcontext import LongContext
from vtc_r1.eval.scoring import Metric
from vtc_r1.spec import chosen

_LABEL = re.compile(r"(\w+:) *\{input\}")
_SHIPPED = resources.files("vtc_r1.eval") / "benchmarks"


class Fields(Record):
    """Which column holds what; `a.b.0` is a part of the value of column `a`."""

    #: the column of the question; of several names, the first that the data has
    question: str | tuple[str, ...] = ("problem", "question")
    answer: str | tuple[str, ...] = "answer"  #: the column of the gold answer; likewise
    #: the column of the id; of several names, the first that the data has. With None, or if the data has none
    #: of them, rows are numbered from 0
    id: str | tuple[str, ...] | None = None
    before: str | None = None  #: the column of a text to put before the question
    level: str | None = None  #: the column of the level
    subject: str | None = None  #: the column of the subject
    incorrect: tuple[str, ...] = ()  #: the columns of the wrong choices, if `answer` holds the right one
    #: the column of a list of choices, or one column for each, if `answer` holds a letter, an index from 0 or
    #: the text of the right one. With the grader `choice` and neither of the two, the choices are read from
    #: the question
    choices: str | tuple[str, ...] = ()
    extra: tuple[str, ...] = ()  #: columns to keep on the problem
    context: str | None = None  #: the column of the document that the question is about
    #: the column that names the row's task, for a benchmark with several tasks; likewise
    task: str | tuple[str, ...] | None = None


class Part(Record):
    """One task of a benchmark that has several; its name is also the configuration of its rows on the hub."""

    question: str = Field(
        default="{input}",
        description="the question template; `{input}` is replaced by the row's own question.",
    )
    metric: Metric = Field(description="how an answer is scored.")
    kind: Kind = Field(default="text", description="the kind of document.")

    def ask(self, question: str) -> str:
        """Insert a row's question; a label that it begins with, such as `Question:`, is not repeated."""
        label = _LABEL.search(self.question)
        own = question.strip()
        if label is not None and own.lower().startswith(label[1].lower()):
            own = own[len(label[1]) :].strip()
        return self.question.replace("{input}", own).strip()


class Reference(Record):
    """A published figure to compare with ours."""

    model: str = Field(description="what was evaluated.")
    method: str = Field(description="how it was trained or run.")
    accuracy: float = Field(ge=0, le=100, description="percent.")
    latency: float | None = Field(default=None, description="seconds as published, None if they were not.")
    source: str = Field(description="where it was published.")
    grading: str = Field(default="", description="how answers were graded there, if more loosely than here.")


def looser_grading(references: Sequence[Reference]) -> list[str]:
    """Return one sentence for each source whose figures were graded less strictly than ours."""
    found = {one.source: one.grading for one in references if one.grading}
    return [f"{source} graded more loosely than this program: {how}." for source, how in found.items()]


class Generated(Record):
    """Problems that are drawn rather than loaded."""

    kind: Literal["arithmetic", "chains"] = "arithmetic"
    problems: int = Field(ge=1)
    seed: int = 0


class Benchmark(Record):
    """Everything about a benchmark except its rows."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")  #: its name on the command line
    title: str  #: its name in reports
    description: str = ""  #: what it asks, in one sentence
    dataset: str | None = None  #: the hub data set, None if the problems are generated or come from a file
    config: str | None = None  #: its configuration
    split: str = "test"  #: its split
    #: how problems are drawn, for a benchmark without a data set
    generated: Generated | Lookups | LongContext | None = None
    #: its tasks by name, if it has several; the name becomes the problems' subject
    tasks: dict[str, Part] = Field(default_factory=dict)
    #: how answers are scored, for the grader `scored` and a benchmark without tasks
    metric: Metric | None = None
    #: turn a numeric level into a range: `0-4k`, `4k-8k`, `8k+` for 4000 and 8000
    level_bounds: tuple[int, ...] = ()
    fields: Fields = Fields()  #: which columns hold what
    gold: Gold = "column"  #: how the gold answer is extracted from its column
    choices_seed: int = 0  #: the seed for shuffling choices; each question has its own order
    prompts: str = "model"  #: the prompt set; `model` stands for that of the model's preset
    grader: str = "mathematics"  #: the grader, as `name`, `module:Class` or either with `:key=value,…`
    #: the extraction rules that count, in order of precedence
    rules: tuple[Rule, ...] = Field(RULES[:-1], min_length=1)
    samples: int = Field(1, ge=1)  #: solves of each problem
    #: sampling parameters; missing ones come from the preset
    sampling: dict[str, float | int] = Field(default_factory=dict)
    reference: tuple[Reference, ...] = ()  #: published figures

    @model_validator(mode="after")
    def _whole(self) -> Self:
        Sampling.model_validate(self.sampling)
        if self.dataset and self.generated:
            raise ValueError("dataset and generated are both given: keep one")
        if (self.fields.incorrect or self.fields.choices) and self.grader != "choice":
            raise ValueError('fields.incorrect and fields.choices go with grader = "choice"')
        if self.fields.incorrect and self.fields.choices:
            raise ValueError("fields.incorrect and fields.choices are both given: keep one")
        if self.tasks and not self.fields.task:
            raise ValueError("tasks need fields.task: the column that names the task of a row")
        scored = self.grader == "scored"
        if scored != bool(self.tasks or self.metric or isinstance(self.generated, LongContext)):
            raise ValueError("grader scored goes with a metric, with tasks, or with a generated long context")
        return self


def benchmark_names() -> list[str]:
    """Return the names of the benchmarks that ship with the package."""
    return sorted(Path(entry.name).stem for entry in _SHIPPED.iterdir() if entry.name.endswith(".toml"))


def benchmark(name: str | Path) -> Benchmark:
    """Read a shipped benchmark by name, or one of your own by the path of its TOML file.

    Raises:
        UnknownName: neither a shipped benchmark nor a file.
        BenchmarkError: the file cannot be read or is not a valid benchmark.
    """
    if str(name) in benchmark_names():
        return _read(Path(str(_SHIPPED / f"{name}.toml")))
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        raise UnknownName("benchmark", str(name), benchmark_names())
    return _read(path)


def _read(path: Path) -> Benchmark:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        found = Benchmark.model_validate({"name": path.stem.lower(), **values})
        chosen(GRADERS, found.grader, trusted=True)
        return found
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BenchmarkError(f"benchmark {path}: cannot be read ({error})") from error
    except UsageError as error:
        raise BenchmarkError(f"benchmark {path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise BenchmarkError(f"benchmark {path}: {where}: {first['msg']}") from error

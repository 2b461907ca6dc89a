"""What is to be sampled: problems, one run of the loop over them, and the resulting data set."""

from dataclasses import dataclass, replace
from pathlib import Path

from vtc_r1.backends.base import Backend
from vtc_r1.errors import UsageError
from vtc_r1.eval.load import LoadedBenchmark, load
from vtc_r1.eval.rows import ENDINGS
from vtc_r1.eval.runs import Run
from vtc_r1.eval.setup import RunRequest, Setup
from vtc_r1.sft.building.config import BuildConfig, Choose, LoopConfig
from vtc_r1.sft.building.glyphs import fonts_of
from vtc_r1.sft.building.workspace import MANIFEST, partial_of, read_manifest
from vtc_r1.tokens import ESTIMATE, find_tokenizer, fingerprint, known_tokenizer

TEMPERATURE = 1.0  #: of the sampler, if neither the user nor the model's preset sets one above 0


@dataclass(frozen=True)
class Sampled:
    """One run of the loop, and the data set that its right solves become."""

    setup: Setup  #: the run
    config: BuildConfig  #: of the data set
    wanted: RunRequest  #: what was asked for
    tokenizer: Path | None  #: the `tokenizer.json` that counts tokens; None if they are estimated


def load_problems(
    name: str,
    *,
    file: Path | None = None,
    question_field: str | None = None,
    answer_field: str | None = None,
    id_field: str | None = None,
) -> LoadedBenchmark:
    """Load a benchmark by name or TOML file, its rows from `file` if that is given, or a file of rows alone.

    Raises what `vtc_r1.eval.load.load` raises.
    """
    path = Path(name)
    is_rows = path.suffix in ENDINGS or (path.is_file() and path.suffix != ".toml")
    if is_rows and not path.is_file():
        raise UsageError(f"--problems {name}: there is no such file")
    if is_rows and file is not None:
        raise UsageError(f"--problems {name} and --file are both rows: keep one")
    return load(
        None if is_rows else name,
        file=path if is_rows else file,
        question_field=question_field,
        answer_field=answer_field,
        id_field=id_field,
    )


def solves_folder(out: Path) -> Path:
    """Return the folder next to a data set in which its solves lie."""
    return partial_of(out).with_suffix(".solves")


def prepare(
    wanted: RunRequest,
    loaded: LoadedBenchmark,
    out: Path,
    *,
    choose: Choose = "shortest",
    tokenizer: str | None = None,
    max_tokens: int = 32_768,
    shard_rows: int = 256,
    backend: Backend | None = None,
) -> Sampled:
    """Put a run and its data set together; nothing is solved or written.

    Args:
        wanted: settings, folder of the solves, selection and samples, which must be given.
        loaded: the problems.
        out: folder of the data set; a finished one provides the default seed.
        choose: which right solves of a problem become examples.
        tokenizer: what counts tokens, a checkpoint's folder or hub id; the model's own where it is on
            this machine, else they are estimated.
        max_tokens: a solve with a longer example is dropped.
        shard_rows: problems that go into one shard.
        backend: in place of that of the settings.

    Raises:
        UsageError: it cannot be sampled as asked, or a folder holds something else.
    """
    settings = wanted.settings
    if len(wanted.memories) != 1:
        raise UsageError(f"--memory {settings.memory!r}: a data set has one memory policy; name one")
    if any(problem.context for problem in loaded.problems):
        raise UsageError(
            f"benchmark {loaded.benchmark.name} has documents, which examples of a data set do not carry; "
            "name one without"
        )
    if settings.system_file is not None:
        raise UsageError(
            "--system-file is not part of a prompt set, so training could not repeat the prompts: "
            "copy the prompt set to a folder, change its system.jinja, and give --prompts FOLDER"
        )
    if settings.canary or settings.verify == "mend":
        raise UsageError(
            "--canary and --verify mend change prompts by what the model read, so training could not repeat "
            "them: leave them out"
        )
    if settings.temperature == 0 and (wanted.samples or 1) > 1:
        raise UsageError(
            f"--n {wanted.samples}: with --temperature 0 every solve of a problem would be the same; "
            "give --n 1, or a temperature"
        )
    as_asked = wanted.solver(loaded.benchmark, wanted.memories[0], backend)
    warm = _warm(wanted, out, is_greedy=as_asked.sampling.temperature == 0)
    (setup,) = warm.setups([loaded], as_asked.backend)
    counts = _own_tokenizer(setup.solver.backend) if tokenizer is None else find_tokenizer(tokenizer)
    config = BuildConfig(
        source=_identity(loaded),
        limit=wanted.selection.limit,
        segmentation="loop",
        segment_tokens=setup.run.budget.segment_tokens,
        tokens=tokenizer or (setup.run.model.name if counts else ESTIMATE),
        tokenizer_sha256=None if counts is None else fingerprint(counts),
        profile=setup.solver.renderer.profile,
        fonts=fonts_of([setup.solver.renderer.profile]),
        memory=setup.run.memory,
        prompts=_prompts(setup, wanted),
        prompts_sha256=setup.run.prompts.sha256,
        generations="all" if choose == "all" else "one",
        max_segments=setup.run.budget.iterations,
        max_tokens=max_tokens,
        shard_rows=shard_rows,
        loop=_loop(setup.run, choose),
    )
    return Sampled(setup, config, warm, counts)


def _warm(wanted: RunRequest, out: Path, *, is_greedy: bool) -> RunRequest:
    """Set the temperature of a greedy sampler, and take the seed from an existing data set."""
    settings, update = wanted.settings, dict[str, float | int | None]()
    if is_greedy and settings.temperature is None:
        update["temperature"] = TEMPERATURE
    if settings.seed is None and (out / MANIFEST).exists() and (loop := read_manifest(out)[0].loop):
        update["seed"] = loop.seed
    return replace(wanted, settings=settings.model_copy(update=update))


def _own_tokenizer(backend: Backend) -> Path | None:
    """Return the tokenizer of the sampled model where it is on this machine."""
    return known_tokenizer(str(getattr(backend, "checkpoint", backend.model)))


def _identity(loaded: LoadedBenchmark) -> dict[str, str]:
    """What identifies these problems."""
    name, revision = loaded.benchmark.name, loaded.revision
    return {"kind": "problems", "benchmark": name, "revision": revision, "fingerprint": loaded.fingerprint}


def _prompts(setup: Setup, wanted: RunRequest) -> str:
    """Return the name or folder of the run's prompt set."""
    own = setup.loaded.benchmark.prompts
    return wanted.settings.prompts or (own if own != "model" else setup.solver.preset.prompts)


def _loop(run: Run, choose: Choose) -> LoopConfig:
    return LoopConfig(
        **{**dict(run.configuration), "model": run.model.model_copy(update={"revision": None})},
        samples=run.samples,
        seed=run.seed,
        choose=choose,
    )

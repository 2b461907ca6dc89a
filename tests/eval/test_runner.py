"""A run: solved, stored and graded, gone on with, extended, and never mixed with another."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.eval.small import GREEDY, NAMES, WRONG, loaded, reply, setup, setups
from tests.scripted import Scripted
from vtc_r1.errors import BackendError, StorageError, UsageError
from vtc_r1.eval.evaluation import Result, evaluate, regrade
from vtc_r1.eval.runs import Key, RunFolder, find_runs
from vtc_r1.eval.runs.writer import RunWriter
from vtc_r1.eval.setup import Selection
from vtc_r1.eval.tally import Tally
from vtc_r1.trace import Trace


def run(out: Path, *, backend: Scripted | None = None, retry_failed: bool = False, **options: Any) -> Result:
    made = setup(out, backend=backend or Scripted(reply), **options)
    return evaluate(made, concurrency=3, retry_failed=retry_failed)


def stored(folder: Path) -> dict[Key, Trace]:
    return {sample.key: sample.trace for sample in RunFolder(folder).samples()}


def seeds(folder: Path) -> dict[Key, int | None]:
    return {key: trace.sampling.seed for key, trace in stored(folder).items()}


def asked(backend: Scripted) -> list[str]:
    """The problems that were begun, in order."""
    first = [request for request in backend.requests if len(request.prompt.content) < 3]
    return [str(request.prompt.content[0]).split()[0] for request in first]


def test_a_run_is_stored_graded_and_measured(tmp_path: Path) -> None:
    result = run(tmp_path)
    folder = RunFolder(tmp_path / "digits" / "optical")
    assert [problem.id for problem in folder.problems()] == list(NAMES)
    assert (folder.run.problems, folder.run.samples, folder.run.model.revision) == (6, 1, "loaded")
    traces = stored(folder.path)
    assert set(traces) == {(name, 0) for name in NAMES}
    assert {name for (name, _), graded in folder.grades().items() if not graded.grade.correct} == {WRONG}
    pages = {page.sha256 for trace in traces.values() for step in trace.iterations for page in step.pages}
    images = list((folder.path / "pages").rglob("*.png"))
    assert {image.stem for image in images} == pages and all(
        folder.page_path(page).exists() for page in pages
    )
    summary = json.loads((folder.path / "summary.json").read_text())
    assert summary == result.summary.model_dump(mode="json")
    assert summary["accuracy"]["mean"] == pytest.approx(5 / 6)
    assert summary["by_level"]["easy"]["mean"] == pytest.approx(2 / 3)
    assert (summary["solved"], summary["owed"], summary["iterations"]) == (6, 0, 2)


def test_every_sample_has_a_seed_of_its_own_that_hangs_on_nothing_else(tmp_path: Path) -> None:
    run(tmp_path / "a", samples=2, seed=7)
    ours = seeds(tmp_path / "a" / "digits" / "optical")
    assert len(ours) == len(set(ours.values())) == 12 and None not in ours.values()
    run(tmp_path / "b", samples=3, seed=7, selection=Selection(only=("five",)), memory="text")
    theirs = seeds(tmp_path / "b" / "digits" / "text")
    assert {key: ours[key] for key in ours if key in theirs} == {
        key: theirs[key] for key in theirs if key in ours
    }
    run(tmp_path / "c", seed=8, selection=Selection(only=("five",)))
    assert seeds(tmp_path / "c" / "digits" / "optical")["five", 0] != ours["five", 0]


def test_a_drawn_seed_is_kept_and_shared_between_policies(tmp_path: Path) -> None:
    run(tmp_path, selection=Selection(limit=2))
    run(tmp_path)
    run(tmp_path, memory="text")
    optical, text = (RunFolder(tmp_path / "digits" / name).run for name in ("optical", "text"))
    assert optical.seed is not None and optical.seed == text.seed


def test_samples_come_in_rounds(tmp_path: Path) -> None:
    backend = Scripted(reply)
    evaluate(setup(tmp_path, backend=backend, samples=2), concurrency=1)
    assert asked(backend) == [*NAMES, *NAMES]


def test_a_selection_is_extended_later(tmp_path: Path) -> None:
    assert run(tmp_path, selection=Selection(limit=2)).summary.accuracy.mean == 0.5  # type: ignore[union-attr]
    run(tmp_path, selection=Selection(only=("six", "two")))
    assert [problem.id for problem in RunFolder(tmp_path / "digits/optical").problems()] == [
        "one",
        "two",
        "six",
    ]
    backend = Scripted(reply)
    whole = run(tmp_path, backend=backend)
    assert sorted(asked(backend)) == sorted(["three", "four", "five"])
    assert (whole.summary.problems, whole.summary.solved) == (6, 6)
    part = run(tmp_path, selection=Selection(only=("two",)))
    assert (part.summary.problems, part.summary.accuracy.mean) == (1, 0)  # type: ignore[union-attr]
    kept = json.loads((tmp_path / "digits/optical/summary.json").read_text())
    assert (kept["problems"], kept["solved"]) == (6, 6)


def test_more_samples_extend_a_run_and_fewer_are_a_part_of_it(tmp_path: Path) -> None:
    run(tmp_path, samples=1)
    backend = Scripted(reply)
    more = run(tmp_path, backend=backend, samples=3)
    assert len(asked(backend)) == 12 and RunFolder(more.folder).run.samples == 3
    assert set(more.summary.pass_at) == {2, 3} and more.summary.majority is not None
    fewer = run(tmp_path, samples=2)
    assert (fewer.summary.solved, RunFolder(more.folder).run.samples) == (12, 3)


@pytest.mark.parametrize("cut", [1, 400, 10**6])
def test_what_is_torn_or_ungraded_is_owed_again(tmp_path: Path, cut: int) -> None:
    whole = run(tmp_path, seed=3)
    for name in ("samples.jsonl", "grades.jsonl"):
        path = whole.folder / name
        data = path.read_bytes()
        path.write_bytes(data[: max(0, len(data) - cut)])
    pieced = run(tmp_path)
    assert pieced.summary.model_dump(exclude={"latency", "throughput"}) == whole.summary.model_dump(
        exclude={"latency", "throughput"}
    )
    assert len(stored(whole.folder)) == len(RunFolder(whole.folder).grades()) == 6
    assert (whole.folder / "samples.jsonl").read_bytes().count(b"\n") == 6


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"temperature": 0.5}, "sampling.temperature: 0.7 there, 0.5 now"),
        ({"max_iterations": 3}, "budget.iterations: 8 there, 3 now"),
        ({"profile": "paper"}, "profile.name"),
        ({"prompts": "vtc"}, "prompts.name"),
        ({"seed": 5}, "seed: "),
        ({"budget": 9_000}, "budget.tokens: None there"),
        ({"benchmark": loaded(grader="exact")}, "fingerprint"),
        ({"backend": Scripted(reply, model="another")}, "model.name: 'scripted' there, 'another' now"),
    ],
)
def test_a_run_of_another_configuration_is_left_as_it_is(
    tmp_path: Path, options: dict[str, Any], named: str
) -> None:
    run(tmp_path, seed=1, selection=Selection(limit=1))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="choose another --out") as raised:
        setups(tmp_path, **options)
    assert named in str(raised.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_other_weights_behind_the_same_name_are_another_configuration(tmp_path: Path) -> None:
    made = setup(tmp_path)
    evaluate(made)
    model = made.run.model.model_copy(update={"revision": "others"})
    other = made.run.model_copy(update={"model": model})
    with pytest.raises(UsageError, match=r"model\.revision: 'loaded' there, 'others' now"):
        RunWriter(made.folder, other, made.problems, NAMES)


def test_failed_solves_are_counted_apart_and_solved_again_when_asked(tmp_path: Path) -> None:
    def failing(request: Any) -> Any:
        broken = str(request.prompt.content[0]).startswith(("three", "five"))
        return BackendError("the server is gone") if broken else reply(request)

    summary = run(tmp_path, backend=Scripted(failing)).summary
    assert (summary.failed, summary.unanswered, summary.accuracy.mean) == (2, 0, 0.5)  # type: ignore[union-attr]
    assert run(tmp_path).summary.failed == 2
    backend = Scripted(reply)
    again = run(tmp_path, backend=backend, retry_failed=True)
    assert sorted(asked(backend)) == ["five", "three"]
    assert (again.summary.failed, again.summary.solved) == (0, 6)
    assert len(stored(again.folder)) == (again.folder / "samples.jsonl").read_bytes().count(b"\n") == 6


def test_regrading_needs_no_model_and_tells_what_changed(tmp_path: Path) -> None:
    result = run(tmp_path)
    path = result.folder / "problems.jsonl"
    path.write_text(path.read_text().replace('"answer":"2"', '"answer":"0"'))
    again, changed = regrade(result.folder)
    assert (changed, again.summary.accuracy.mean) == (1, 1.0)  # type: ignore[union-attr]
    assert again.summary.throughput == result.summary.throughput
    assert regrade(result.folder)[1] == 0


def test_progress_tells_accuracy_rates_and_what_is_left(tmp_path: Path) -> None:
    run(tmp_path, selection=Selection(limit=2))
    seen: list[tuple[int, int, int]] = []
    last: list[Tally] = []

    def watch(tally: Tally) -> None:
        seen.append((tally.before, tally.solved, tally.graded))
        last[:] = [tally]

    evaluate(setup(tmp_path), concurrency=1, watch=watch)
    assert seen[0][:2] == (2, 0) and seen[-1] == (2, 4, 6)
    assert (last[0].total, last[0].accuracy) == (6, pytest.approx(5 / 6))
    assert last[0].solves_per_minute > 0 and last[0].tokens_per_second > 0 and last[0].seconds_left == 0


def test_two_processes_do_not_write_to_one_folder(tmp_path: Path) -> None:
    made = setup(tmp_path)
    with (
        RunWriter(made.folder, made.run, made.problems, NAMES),
        pytest.raises(StorageError, match="another vtc-r1 eval writes to it"),
    ):
        evaluate(made)
    assert evaluate(made).summary.solved == 6


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "digits" / "optical"
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="does not hold a run"):
        setup(tmp_path)
    (folder / "run.json").write_text('{"version": 1}')
    with pytest.raises(StorageError, match="is not a run of this version"):
        setup(tmp_path)
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    folder = run(tmp_path).folder
    lines = (folder / "samples.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "samples.jsonl").write_bytes(b"".join([lines[0], b'{"problem": \n', *lines[1:]]))
    with pytest.raises(StorageError, match=r"samples\.jsonl: line 2 is damaged"):
        list(RunFolder(folder).samples())
    (folder / "samples.jsonl").write_bytes(b"".join([lines[0], b'{"problem": "x"}\n']))
    with pytest.raises(StorageError, match=r"the line of 'x' cannot be read"):
        list(RunFolder(folder).samples())


@pytest.mark.parametrize(
    "damage", [b'{"problem": \n', b"\xff\xfe\n", b"\n", b"[]\n", b'{"problem": "x"}\n', b"\0\0\n"]
)
@pytest.mark.parametrize("file", ["samples.jsonl", "grades.jsonl"])
def test_a_damaged_line_costs_what_it_held(tmp_path: Path, file: str, damage: bytes) -> None:
    folder = run(tmp_path).folder
    path = folder / file
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], damage, *lines[2:]]))
    again = run(tmp_path)
    assert again.summary.owed == 0 and again.summary.accuracy is not None
    assert len(again.notes) == 1 and file in again.notes[0] and "taken out" in again.notes[0]
    assert (folder / f"{file}.damaged").read_bytes() == damage
    assert sorted(RunFolder(folder).keys()) == sorted(RunFolder(folder).grades())
    assert len(path.read_bytes().splitlines()) == len(lines)
    assert run(tmp_path).notes == ()


def test_a_sample_whose_trace_is_none_is_solved_again(tmp_path: Path) -> None:
    folder = run(tmp_path).folder
    path = folder / "samples.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    values = json.loads(lines[1])
    values["trace"]["status"] = "unheard of"
    path.write_bytes(b"".join([lines[0], json.dumps(values).encode() + b"\n", *lines[2:]]))
    again = run(tmp_path)
    assert again.summary.owed == 0 and again.summary.solved == len(lines)


def test_runs_are_found_below_what_is_named(tmp_path: Path) -> None:
    for made in setups(tmp_path, memory="text,optical"):
        evaluate(made)
    for where in (tmp_path, tmp_path / "digits"):
        assert [found.run.memory for found in find_runs([where])] == ["optical", "text"]
    both = [tmp_path / "digits" / "text", tmp_path]
    assert [found.run.memory for found in find_runs(both)] == ["text", "optical"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(StorageError, match="holds no run"):
        find_runs([tmp_path / "empty"])
    with pytest.raises(StorageError, match="is not a folder"):
        find_runs([tmp_path / "absent"])


def test_a_run_reads_back_from_anywhere(tmp_path: Path) -> None:
    folder = run(tmp_path / "here", **GREEDY).folder
    shutil.copytree(folder, tmp_path / "there")
    assert regrade(tmp_path / "there")[0].summary.solved == 6

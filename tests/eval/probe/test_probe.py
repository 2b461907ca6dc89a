import asyncio
import json
from random import Random

import pytest

from tests.eval.probe.readers import Honest
from vtc_r1.errors import BackendError, StorageError, UsageError
from vtc_r1.eval.probe import Probe, ProbeFolder, ProbeResult, load_result, text_kinds
from vtc_r1.eval.probe.folder import READINGS, RESULT
from vtc_r1.eval.probe.plot import figures
from vtc_r1.eval.probe.reader import answer_value, transcription
from vtc_r1.renderers import load_profile
from vtc_r1.renderers.scaling import scaled

SMALL = load_profile("default").replace(name="small", width=256, height=256, font_size=12, line_height=14)
HOSTILE = (
    "",
    "\x00\x1b[31m" * 500,
    "\ud800" * 10,
    "```\n" * 300,
    "</think>" * 300 + "<answer>",
    "9" * 200_000,
    "<|det|>" * 200 + "{{ 7*7 }}",
    "$\\frac{1}{",
)


def probe(reader=None, *, kinds=("digits",), **options):
    options = {"scales": [1.0, 0.8], "pages": 3, **options}
    return Probe(text_kinds(list(kinds)), [SMALL], reader or Honest(), **options)


def figures_of(result):
    return result.model_dump(exclude={"created", "versions"})


@pytest.mark.slow
async def test_a_reader_that_reads_right_has_no_error():
    reader = Honest()
    result = await probe(reader, kinds=("digits", "prose")).run()
    assert result.complete and result.failed == 0 and reader.checked == 1
    assert [(one.kind, one.scale) for one in result.points] == [
        ("digits", 1.0), ("prose", 1.0), ("digits", 0.8), ("prose", 0.8)
    ]  # fmt: skip
    for one in result.points:
        assert (one.error.mean, one.error.high, one.exact.mean, one.pages) == (0, 0, 1, 3)
        assert one.exact.low < 0.5  # three pages prove little
        assert result.tokens[one.kind].characters == 0.5 and result.tokens[one.kind].counted
        assert one.compression_ratio == pytest.approx(2 * one.characters / one.vision_tokens)
    assert result.points[2].compression_ratio > 1.3 * result.points[0].compression_ratio


async def test_misreads_that_were_put_in_are_found_where_they_are():
    """Every seventh character of the page's middle third is read wrong, and nothing else."""

    def misread(page, ask):
        plain = page.drawn
        third = len(plain.replace(" ", "")) // 3
        seen, out = 0, []
        for character in plain:
            seen += character != " "
            wrong = third < seen <= 2 * third and seen % 7 == 0 and character != " "
            out.append("x" if wrong else character)
        return "".join(out)

    (one,) = (await probe(Honest(misread), scales=[1.0]).run()).points
    assert [third.mean == 0 for third in one.thirds] == [True, False, True]
    assert one.thirds[1].mean == pytest.approx(1 / 7, abs=0.01)
    assert one.error.mean == pytest.approx(1 / 21, abs=0.003)
    assert one.error.low <= one.error.mean <= one.error.high
    assert one.exact.mean == 0 and 0 < one.numbers.mean < 1


async def test_questions_are_judged_by_their_values():
    def misread(page, ask):
        if ask.question is None:
            return page.drawn
        name = ask.question.removeprefix("What is the value of ").removesuffix("?")
        right = page.text.partition(f"{name} = ")[2].partition(";")[0]
        return f"Let me see.\n{name} = **{right}**." if Random(name).random() < 0.5 else "I cannot tell."

    result = await probe(Honest(misread), tasks=["needle"], pages=20, scales=[1.0]).run()
    (one,) = result.points
    assert one.asked == 60 and one.pages == 20
    assert one.exact.mean == pytest.approx(1 - one.error.mean, abs=0.01)
    assert 0.3 < one.exact.mean < 0.7 and one.exact.low < one.exact.mean < one.exact.high


async def test_a_state_has_texts_of_its_own_whatever_the_kinds():
    result = await probe(tasks=["state", "transcribe"], kinds=("digits", "words")).run()
    assert {(one.task, one.kind) for one in result.points} == {
        ("state", "steps"), ("transcribe", "digits"), ("transcribe", "words")
    }  # fmt: skip


@pytest.mark.parametrize("said", HOSTILE)
async def test_whatever_is_said_is_an_error_of_one_at_most(said, tmp_path):
    with ProbeFolder(tmp_path / "out") as folder:
        found = probe(
            Honest(lambda *_: said), tasks=["transcribe", "needle"], pages=1, scales=[1.0], folder=folder
        )
        result = await found.run()
        folder.conclude(result)
    assert all(one.error.mean <= 1 and one.exact.mean == 0 for one in result.points)
    assert load_result(tmp_path / "out") == result
    assert (tmp_path / "out" / READINGS).stat().st_size < 100_000


async def test_the_same_seed_gives_the_same_result_and_another_one_another():
    first, again, other = [
        await probe(Honest(lambda page, _: page.drawn.replace("7", "1")), seed=seed).run()
        for seed in (0, 0, 1)
    ]
    assert figures_of(first) == figures_of(again)
    assert first.points[0].error != other.points[0].error


async def test_a_probe_goes_on_where_it_stopped(tmp_path):
    misread = Honest(lambda page, _: page.drawn.replace("7", "1"))
    whole = await probe(misread).run()
    with ProbeFolder(tmp_path) as folder:
        begun = probe(misread, folder=folder)
        turns = begun.outcomes()
        for _ in range(2):
            await anext(turns)
        await turns.aclose()
    with (tmp_path / READINGS).open("ab") as file:
        file.write(b'{"profile": "torn')
    with ProbeFolder(tmp_path) as folder:
        assert not begun.result().complete
        reader = Honest(misread.misread)
        going_on = probe(reader, folder=folder)
        assert len(going_on.owed()) == 4
        result = await going_on.run()
        folder.conclude(result)
    assert len(reader.pages) == 4
    assert figures_of(result) == figures_of(whole) == figures_of(load_result(tmp_path))
    with ProbeFolder(tmp_path) as folder:
        idle = Honest()
        assert figures_of(await probe(idle, folder=folder).run()) == figures_of(whole)
    assert idle.pages == [] and idle.checked == 0


async def test_more_pages_extend_a_probe_and_another_reader_does_not(tmp_path):
    with ProbeFolder(tmp_path) as folder:
        await probe(pages=1, folder=folder).run()
        reader = Honest()
        result = await probe(reader, pages=2, kinds=("digits", "words"), folder=folder).run()
        assert len(reader.pages) == 2 + 4 and result.complete
        other = Honest()
        other.model = "another"
        with pytest.raises(UsageError, match="holds another probe"):
            probe(other, folder=folder)
        with pytest.raises(UsageError, match="seed: 0 there, 1 now"):
            probe(seed=1, folder=folder)
        with pytest.raises(StorageError, match="another vtc-r1 probe writes"):
            ProbeFolder(tmp_path)


async def test_pages_that_fail_are_counted_and_owed_again(tmp_path):
    def misread(page, ask):
        if len(reader.pages) in (3, 4):
            raise BackendError("the server died")
        return page.drawn

    reader = Honest(misread)
    with ProbeFolder(tmp_path) as folder:
        result = await probe(reader, folder=folder).run()
        assert not result.complete and result.failed == 2
        assert sum(one.failed for one in result.points) == 2
        assert sum(one.pages for one in result.points) == 4
        again = await probe(folder=folder).run()
    assert again.complete and again.failed == 0


async def test_a_reader_that_never_reads_is_given_up():
    def misread(page, ask):
        raise BackendError("connection refused")

    reader = Honest(misread)
    with pytest.raises(BackendError, match="connection refused"):
        await probe(reader, pages=50).run()
    assert len(reader.pages) < 10


async def test_stopping_keeps_what_is_read():
    found = probe(pages=50)
    count = 0
    async for _ in found.outcomes():
        count += 1
        if count == 3:
            found.stop()
    await asyncio.sleep(0)
    assert 3 <= count < 10 and not found.result().complete


def test_what_cannot_be_probed_is_refused():
    mute = Honest()
    mute.answers = False
    with pytest.raises(UsageError, match="only transcribes pages: drop needle"):
        probe(mute, tasks=["transcribe", "needle"])
    with pytest.raises(UsageError, match="at least one page"):
        probe(pages=0)
    drawn = load_profile("typeset")
    with pytest.raises(UsageError, match="draws formulas as pictures, so formulas cannot be compared"):
        Probe(text_kinds(["formulas"]), [drawn], Honest())


def test_the_usual_scales_leave_out_what_cannot_be_drawn():
    tiny = SMALL.replace(font_size=5, line_height=6)
    scales = {cell.scale for cell in Probe(text_kinds(["digits"]), [tiny], Honest()).cells}
    assert 1.0 in scales and 0.65 not in scales


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"{}", "no version"),
        (b'{"version": 99}', "version 99"),
        (b"[" * 100_000, "is not the result"),
        (b"\xff", "is not the result"),
    ],
)
def test_a_result_that_is_none_is_refused(tmp_path, content, what):
    (tmp_path / RESULT).write_bytes(content)
    with pytest.raises(StorageError, match=what):
        load_result(tmp_path)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work", "utf-8")
    with pytest.raises(StorageError, match="does not hold a probe"):
        ProbeFolder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


async def test_a_stored_result_tells_what_is_misread(tmp_path):
    with ProbeFolder(tmp_path) as folder:
        result = await probe(Honest(lambda page, _: page.drawn.replace("7", "1")), folder=folder).run()
        folder.conclude(result, figures(result))
    found = load_result(tmp_path).find(scaled(SMALL, 0.8), "digits")
    assert found is not None and 0.05 < found.error.mean < 0.2
    assert found.precision == 1 - found.error.mean
    assert load_result(tmp_path).find(SMALL.replace(font_size=11), "digits") is None
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    svg = (tmp_path / "figure.svg").read_text("utf-8")
    assert "DeepSeek-OCR on Fox, 100 tokens (published, other texts)" in svg
    values = json.loads((tmp_path / RESULT).read_bytes())
    assert ProbeResult.model_validate(values) == load_result(tmp_path)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<think>hm 1</think>12 34", "12 34"),
        ("```text\n12\n34\n```", "12\n34"),
        ("<|ref|>text<|/ref|><|det|>[[1, 2]]<|/det|>12", "12"),
        ("12 ``` 34", "12 ``` 34"),
    ],
)
def test_what_stands_around_a_transcription_is_taken_off(text, plain):
    assert transcription(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "417",
        "v3 = 417",
        "The value is 417.",
        "<think>418</think> **417**",
        "Reading…\n\\boxed{417}",
        "<answer>417</answer> x",
    ],
)
def test_a_value_is_found_in_what_was_said(text):
    assert answer_value(text) == "417"


def test_former_names_warn() -> None:
    from vtc_r1.eval import probe

    with pytest.warns(DeprecationWarning, match="now ProbeProgress"):
        assert probe.Progress is probe.ProbeProgress
    with pytest.raises(AttributeError, match="Regress"):
        probe.Regress  # noqa: B018
    reader = probe.TesseractReader()
    found = probe.Probe([probe.KINDS["digits"]], [load_profile("nano")], reader)
    with pytest.warns(DeprecationWarning, match=r"now Probe\.outcomes"):
        found.turns()

"""Prices, and what a solve spends."""

import json
from pathlib import Path

import pytest

from tests.scripted import Scripted
from vtc_r1 import Solver, Trace
from vtc_r1.closed import closed
from vtc_r1.errors import UsageError
from vtc_r1.iteration import Usage
from vtc_r1.presets import UNKNOWN, preset, preset_for
from vtc_r1.prices import Price, price_of, priced, spent
from vtc_r1.spending import pays_from, spending, terms

MINE = """
[[model]]
name = "house-model"
input = 1
output = 4
date = 2026-11-29

[[model]]
name = "gpt-4o"
input = 100
cached = 10
output = 200
source = "our contract"
date = 2026-11-01
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("VTC_PRICES", raising=False)
    (tmp_path / "mine.toml").write_text(MINE)
    return tmp_path / "mine.toml"


@pytest.mark.parametrize(
    ("model", "name"),
    {
        "gpt-4o": "gpt-4o",
        "openai/gpt-4o-2024-08-06": "gpt-4o",
        "GPT-4o-mini": "gpt-4o-mini",
        "claude-opus-4-5-20251101": "claude-opus-4-5",
        "anthropic/claude-opus-4.8": "claude-opus-4-8",
        "models/gemini-3.1-pro-preview": "gemini-3.1-pro",
        "gemini-2.5-flash-lite": "gemini-2.5-flash-lite",
        "gpt-6.1-sol": "gpt-6.1-sol",
        "claude-opus-4-9": None,
        "gpt-6.2-sol": None,
        "gpt-4o-audio": None,
        "gpt-5-pro": None,
        "Qwen/Qwen3-VL-8B-Instruct": None,
        "": None,
    }.items(),
)
def test_a_price_belongs_to_one_model_and_to_its_dates(model: str, name: str | None) -> None:
    found = price_of(model)
    assert (found.name if found else None) == name


def test_every_shipped_price_says_where_it_comes_from() -> None:
    for model in closed().model:
        found = price_of(model.name)
        assert found is None or (found.source and found.date.year >= 2026 and found.output > found.input)


def test_cached_input_has_its_own_price() -> None:
    price = price_of("gpt-4o")
    assert price is not None
    usage = Usage(prompt_tokens=3_000, cached_tokens=1_024, completion_tokens=4_000)
    found = price.of(usage)
    assert found is not None
    # 1,976 × $2.50 + 1,024 × $1.25 read, 4,000 × $10 written, a million.
    assert found.total == pytest.approx(0.00494 + 0.00128 + 0.04)
    assert found.output_share == pytest.approx(0.04 / 0.04622)
    assert str(found) == "$0.04622"


def test_a_long_prompt_has_the_prices_of_long_prompts() -> None:
    price = price_of("gemini-2.5-pro")
    assert price is not None
    short, long = (
        price.of(Usage(prompt_tokens=tokens, completion_tokens=1_000)) for tokens in (200_000, 200_001)
    )
    assert short is not None and long is not None
    assert (short.total, long.total) == pytest.approx((0.25 + 0.01, 0.5000025 + 0.015))


def test_writing_the_cache_costs_where_it_is_charged() -> None:
    price = price_of("gpt-6-sol")
    assert price is not None
    usage = Usage(prompt_tokens=10_000, completion_tokens=0)
    read, written = price.of(usage), price.of(usage, writes=True)
    assert read is not None and written is not None
    assert (read.total, written.total) == pytest.approx((0.02, 0.025))


def test_an_unknown_price_is_none_and_never_nothing(mine: Path) -> None:
    price = price_of("house-model", mine)
    assert price is not None and price.cached is None
    assert price.of(Usage(prompt_tokens=10, cached_tokens=1)) is None
    assert price.of(Usage(prompt_tokens=10)) is not None
    assert spent(price, [Usage(prompt_tokens=10), Usage(prompt_tokens=10, cached_tokens=1)]) is None
    assert price_of("house-model") is None


def test_a_file_of_ones_own_comes_first(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert price_of("gpt-4o", mine).input == 100  # type: ignore[union-attr]
    assert price_of("gpt-5", mine).input == 1.25  # type: ignore[union-attr]
    monkeypatch.setenv("VTC_PRICES", str(mine))
    assert price_of("gpt-4o-2024-08-06").source == "our contract"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[model", "is not TOML"),
        ("", "model: Field required"),
        ("model = 3", "model: Input should be a valid list"),
        (MINE.replace("input = 1\n", ""), "model.0.input: Field required"),
        (MINE.replace("input = 1\n", "input = -1\n"), "model.0.input: Input should be greater than or equal"),
        (MINE.replace("input = 1\n", "input = nan\n"), "model.0.input: Input should be a finite number"),
        (MINE.replace("input = 1\n", "inptu = 1\ninput = 1\n"), "model.0.inptu: Extra inputs"),
        (MINE.replace("date = 2026-11-29\n", ""), "model.0.date: Field required"),
        (MINE.replace('"house-model"', '""'), "model.0.name: String should have at least 1"),
        ("\\xff", "is not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"wrong\.toml") as caught:
        price_of("gpt-4o", path)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"prices .*none.toml: cannot be read"):
        price_of("gpt-4o", tmp_path / "none.toml")


def solved(model: str, name: str | None, backend: str = "openai") -> Trace:
    scripted = Scripted(["First, 42.\n", "\\boxed{42}"], model=model)
    scripted.preset = name
    with Solver(backend=scripted) as solver:
        trace = solver.solve("What is 6 times 7?")
    record = trace.model.model_copy(update={"backend": backend})
    return trace.model_copy(update={"model": record})


def test_a_trace_of_a_closed_model_has_a_price(mine: Path) -> None:
    trace = solved("gpt-4o", "gpt-4o")
    price = price_of("gpt-4o")
    assert price is not None
    total = spent(price, [iteration.usage for iteration in trace.iterations])
    assert priced(trace) == f"{total} (prices of {price.date}, output {total.output_share:.0%})"  # type: ignore[union-attr]
    assert "prices of 2026-11-01" in (priced(trace, mine) or "")


@pytest.mark.parametrize(
    ("model", "name", "backend", "said"),
    [
        ("gpt-6.9", "gpt-6", "openai", "price unknown"),
        ("strange", None, "openai", "price unknown"),
        ("Qwen/Qwen3-VL-8B-Instruct", "qwen3-vl-instruct", "openai", None),
        ("gpt-4o", "qwen3-vl-instruct", "openai", None),
        ("strange", None, "transformers", None),
    ],
)
def test_what_has_no_price_is_not_free(model: str, name: str | None, backend: str, said: str | None) -> None:
    assert priced(solved(model, name, backend)) == said


def test_a_model_of_ones_own_is_priced_by_ones_own_file(mine: Path) -> None:
    trace = solved("house-model", "qwen3-vl-instruct")
    assert priced(trace) is None
    assert "prices of 2026-11-29" in (priced(trace, mine) or "")


def _price(**changed: float | None) -> Price:
    fields = {"name": "m", "input": 10.0, "cached": 1.0, "output": 50.0, "date": "2026-11-29", **changed}
    return Price.model_validate(fields)


def test_a_solve_by_hand() -> None:
    found = terms("gpt-5", preset("gpt-5"), _price(), 4_000, compression=8)
    assert (found.page_tokens, found.compression) == (500, 8)
    single, text, pages = spending(found, [12_000])
    assert [one.requests for one in (single, text, pages)] == [1, 3, 3]
    assert (single.read, text.read, pages.read) == (230, 3 * 230 + 12_000, 3 * 230 + 1_500)
    # Of the third prompt, what the second had before its tail; the first is below the least of 1,024 tokens.
    assert (single.cached, text.cached, pages.cached) == (0, 4_200, 0)
    assert text.cold is not None and text.warm is not None
    assert text.cold.total == pytest.approx((12_690 * 10 + 12_000 * 50) / 1e6)
    assert text.warm.total == pytest.approx((8_490 * 10 + 4_200 * 1 + 12_000 * 50) / 1e6)


def test_an_address_without_a_cache_is_never_warm() -> None:
    found = terms("claude-opus-5-5", preset_for("claude-opus-5-5"), _price(), 4_096, None)
    assert found.caches_from is None
    assert all(one.cached == 0 and one.cold == one.warm for one in spending(found, [4_096, 65_536]))


def test_pages_pay_from_where_they_are_cheaper() -> None:
    found = terms("gpt-4o", preset("gpt-4o"), _price(), 4_096, None)
    start = pays_from(found)
    assert start == 8_192
    _, text, pages = spending(found, [start])
    assert text.warm is not None and pages.warm is not None and pages.warm.total < text.warm.total


def test_pages_that_cost_more_than_their_text_never_pay() -> None:
    assert pays_from(terms("gpt-4o-mini", preset("gpt-4o-mini"), _price(), 4_096, None)) is None
    assert pays_from(terms("gpt-4o", preset("gpt-4o"), _price(), 4_096, 0.99)) is None


def test_an_unknown_price_of_the_cache_is_unknown_dollars() -> None:
    found = terms("gpt-4o", preset("gpt-4o"), _price(cached=None), 4_096, None)
    last = spending(found, [32_768])[-1]
    assert last.warm is None and last.cold is not None
    assert pays_from(found) is None


@pytest.mark.parametrize(
    ("name", "segment", "compression", "said"),
    [
        (None, 4_096, None, "nobody can count its pages"),
        ("gpt-4o", 0, None, "segment_tokens is 0"),
        ("gpt-4o", 4_096, 0.0, "compression is 0"),
        ("gpt-4o", 4_096, float("nan"), "compression is nan"),
    ],
)
def test_what_makes_no_sense_is_refused(
    name: str, segment: int, compression: float | None, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        terms("m", preset(name) if name else UNKNOWN, _price(), segment, compression)


def test_the_shipped_file_reads_as_it_is_written() -> None:
    assert json.loads(price_of("gpt-6-luna").model_dump_json())["long_output"] == 0.75  # type: ignore[union-attr]

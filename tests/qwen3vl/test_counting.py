"""Text tokens as Qwen3 counts them: in figures, budgets and data; and how far the estimate is off."""

import json
import random
from pathlib import Path

import pytest

pytest.importorskip("tokenizers")

from tokenizers import Tokenizer

from tests.cli.command import vtc
from tests.scripted import Scripted
from vtc_r1 import Solver, estimates
from vtc_r1.memory import Costs, Terms, memory_policy
from vtc_r1.renderers import Page, Renderer
from vtc_r1.study.tiny.packages import VOCABULARY, Unavailable
from vtc_r1.study.tiny.tokenizer import qwen3
from vtc_r1.tokens import TokenCounter, known_tokenizer

ROOT = Path(__file__).parents[2]
SOLUTION = (ROOT / "docs" / "solution.md").read_text(encoding="utf-8")
RNG = random.Random(0)
TRACE = (
    "Okay, so I need to find the value of x with 2x + 3 = 7. Let me think. First, I can subtract 3 from both "
    "sides, which gives me 2x = 4. Wait, let me check that again. So that is correct, but hold on, the "
    "problem says that x is positive. Hmm, maybe I should also look at $n = 0$: then the "
    "sum $\\sum_{k=0}^{n} a_k$ is just $a_0$, and that has to be 1.\n\n"
)
TEXTS = {
    "mathematics": (SOLUTION, 2.4),
    "reasoning": (TRACE, 2.9),
    "prose": (
        "He walks along the river, and an hour later he is back at the bridge. " * 4,
        4.2,
    ),
    "digits": (" ".join(str(RNG.randrange(10**9)) for _ in range(90)), 1.2),
    "strings": (" ".join(f"{RNG.randrange(16**9):09x}" for _ in range(40)), 1.2),
    "Chinese": ("我们先求出两个数的和，然后再除以二，得到平均数。", 1.2),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Qwen3's tokenizer."""
    folder = tmp_path_factory.mktemp("tokenizer")
    try:
        qwen3(VOCABULARY.path()).save(str(folder / "tokenizer.json"))
    except Unavailable as error:
        pytest.skip(str(error))
    return folder


@pytest.fixture(scope="module")
def words(model: Path) -> Tokenizer:
    return Tokenizer.from_file(str(model / "tokenizer.json"))


def length(words: Tokenizer, text: str) -> int:
    return len(words.encode(text, add_special_tokens=False).ids)


@pytest.mark.parametrize("kind", TEXTS)
def test_the_estimate_is_that_of_the_kind_of_text(words: Tokenizer, kind: str) -> None:
    text, rate = TEXTS[kind]
    assert estimates.characters_per_token(text) == rate
    assert TokenCounter().how(text) == f"estimated at {rate} characters a token"
    assert estimates.tokens(text) == pytest.approx(length(words, text), rel=0.25)


def test_a_tokenizer_counts(model: Path, words: Tokenizer) -> None:
    counter = TokenCounter(known_tokenizer(str(model)))
    for text, _ in TEXTS.values():
        assert counter.count(text) == len(counter.ruler(text).starts) == length(words, text)
        assert counter.rate(text) * counter.count(text) == pytest.approx(len(text))
    assert counter.how(SOLUTION) == "counted"


def test_the_hubs_cache_is_looked_into(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert known_tokenizer("some/model") is None
    snapshot = tmp_path / "models--some--model" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    refs = tmp_path / "models--some--model" / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc", encoding="utf-8")
    (snapshot / "tokenizer.json").write_bytes((model / "tokenizer.json").read_bytes())
    assert known_tokenizer("some/model") == snapshot / "tokenizer.json"


@pytest.mark.process
def test_render_counts_with_a_tokenizer_and_says_how(model: Path, words: Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "solution.md").write_text(SOLUTION, encoding="utf-8")
    vision = sum(page.vision_tokens for page in Renderer("default").render(SOLUTION))
    text = length(words, SOLUTION)
    done = vtc("render", "solution.md", "--out", "a", "--tokenizer", str(model), "--json", cwd=tmp_path)
    found = json.loads(done.out)
    assert (found["text_tokens"], found["text_tokens_are"]) == (text, "counted")
    assert found["text_tokens_estimated"] is False
    assert found["compression_ratio"] == round(text / vision, 2)
    done = vtc("render", "solution.md", "--out", "b", cwd=tmp_path)
    assert "text tokens (estimated at 2.4 characters a token)" in done.out
    assert "compression about" in done.out


@pytest.mark.parametrize("spec", ["text", "hybrid:tokens=60", "facts:tokens=20", "auto", "decay"])
def test_budgets_hold_to_the_token(model: Path, words: Tokenizer, spec: str) -> None:
    """Whatever is carried costs no more than the budget as the model's own tokenizer counts it."""
    memory = memory_policy(spec, Terms(300, tokenizer=model / "tokenizer.json"))(Renderer("nano"))
    for text, _ in TEXTS.values():
        memory.add(text)
        parts = memory.content()
        pages = sum(part.vision_tokens for part in parts if isinstance(part, Page))
        assert pages + sum(length(words, part) for part in parts if isinstance(part, str)) <= 300
    assert list(memory.content())


def test_auto_decides_by_what_the_text_costs(model: Path) -> None:
    """A page of digits pays where one of words of the same length does not."""
    digits, prose = ("7 1 9 3 " * 40)[:300], TEXTS["prose"][0][:300]
    vision = sum(page.vision_tokens for page in Renderer("default").render(digits))
    terms = Terms(tokenizer=model / "tokenizer.json")
    costs = Costs(tokenizer=terms.tokenizer)
    assert costs.part(prose) < costs.part(digits) and vision
    gain = (costs.part(prose) + costs.part(digits)) / 2 / vision
    for text, form in ((digits, Page), (prose, str)):
        memory = memory_policy(f"auto:gain={gain:.3f}", terms)(Renderer("default"))
        memory.add(text)
        assert all(isinstance(part, form) for part in memory.content())


def test_a_solver_counts_with_its_models_tokenizer(model: Path) -> None:
    with Solver(backend=Scripted(["So.\n", "\\boxed{1}"], model=str(model)), memory="text") as solver:
        assert solver.costs.tokenizer == model / "tokenizer.json"
        trace = solver.solve("What is 1?")
    assert trace.iterations[1].carried.text == 2
    with Solver() as solver:
        assert (solver.costs.characters_per_token, solver.costs.tokenizer) == (1, None)

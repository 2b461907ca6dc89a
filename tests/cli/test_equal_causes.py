"""Equal causes end every command with the same exit code, in one line that names what is wrong.

2: what was given cannot be used. 1: it could be used, and the work did not come to its end.
"""

from pathlib import Path

import pytest

from tests.cli.command import vtc_each
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback
from vtc_r1.errors import UsageError
from vtc_r1.settings import Settings

pytest.importorskip("torch", reason="the extra `local` is not installed")
pytest.importorskip("pyarrow", reason="the extra `data` is not installed")
pytest.importorskip("rapidfuzz", reason="the extra `probe` is not installed")
pytest.importorskip("accelerate", reason="the extra `train` is not installed")

pytestmark = pytest.mark.process

READ = {
    "a document": "solve 1+2 --context {}.pdf",
    "questions": "solve --batch {}.txt --out o",
    "a system prompt": "solve 1+2 --system-file {}",
    "a profile": "solve 1+2 --profile {}.toml",
    "a profile for pages": "render q.txt --out o --profile {}.toml",
    "a prompt set": "solve 1+2 --prompts ./{}",
    "what a probe stored": "solve 1+2 --legibility {} --memory auto",
    "a benchmark": "eval {}.toml",
    "problems": "eval arithmetic --file {}.jsonl",
    "a text": "render {}.txt --out o",
    "a trace": "view {}.json",
    "a run": "report {} --out o",
    "a data set": "data stats {}",
    "an example": "data show {} 1",
    "a data set to write": "data export {} --format chatml --out o",
    "rows": "data build --source {}.jsonl --out o",
    "problems to sample": "data sample --problems {}.jsonl --out o",
    "a recipe": "train ./{}.toml",
    "data to train on": "train nano-tune --set data={}",
    "a shape": "plan --model ./{}",
    "styles": "data build --source example --styles {}.toml --out o",
}
"""What commands read, with a name in place of {}."""

CHECKPOINT = {
    "solve": "solve 1+2 --model ./none",
    "eval": "eval arithmetic --limit 1 --model ./none",
    "batch": "solve --batch q.txt --out o --model ./none",
    "probe": "probe --pages 1 --model ./none --out o",
    "tune": "tune --vary font_size=8..9 --pages 1 --model ./none --out o",
    "serve": "serve --model ./none",
    "train": "train nano-tune --set data=o --set model=./none",
    "tokens": "data build --source example --tokenizer ./none --out o",
}

NAMES = {
    "solve": "solve 1+2 --{}",
    "command": "{}",
    "memory": "solve 1+2 --memory {}",
    "profile": "render q.txt --out o --profile {}",
    "preset": "solve 1+2 --preset {}",
    "prompts": "solve 1+2 --prompts {}",
    "benchmark": "eval {}",
    "recipe": "train {}",
    "key of a recipe": "train nano --set {}=1",
    "gpu": "plan --gpu {}",
    "shape": "plan --model {}",
    "styles": "data build --source example --styles {} --out o",
    "source": "data build --source {} --out o",
    "kind": "list {}",
    "manual": "man {}",
    "segment end": "solve 1+2 --segment-end {}",
    "density": "solve 1+2 --density {}",
    "text kind": "probe --kinds {} --out o",
    "space": "tune --vary {}=1..2 --out o",
    "form": "data export o --format {} --out p",
}

SERVER = {
    "solve": "solve 1+2 --patience 0",
    "batch": "solve --batch q.txt --out o --patience 0",
    "eval": "eval arithmetic --limit 1 --patience 0",
    "probe": "probe --pages 1 --out o",
    "tune": "tune --vary font_size=8..9 --pages 1 --out o",
    "serve": "serve",
    "data sample": "data sample --problems q.jsonl --out o",
}

EXTRAS = {
    "solve": ("torch", "solve 1+2"),
    "eval": ("torch", "eval arithmetic --limit 1"),
    "train": ("torch", "train nano"),
    "serve": ("torch", "serve"),
    "served": ("fastapi", "serve --base-url http://127.0.0.1:9/v1 --model x"),
    "benchmark": ("datasets", "eval math500"),
    "hub": ("datasets", "data build --source a/b --out o"),
    "build": ("pyarrow", "data build --source example --out o"),
    "probe": ("rapidfuzz", "probe --pages 1 --out o"),
    "tune": ("rapidfuzz", "tune --vary font_size=8..9 --pages 1 --out o"),
}

ABSENT = """
import os, sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, *where):
        return None if name.split(".")[0] == os.environ["ABSENT"] else PathFinder.find_spec(name, *where)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""
"""Makes Python find no module of a name, as where it is not installed."""

WRITTEN = {
    "solve": "solve 1+2 --save q.txt/o",
    "batch": "solve --batch q.txt --out q.txt/o",
    "eval": "eval arithmetic --limit 1 --out q.txt/o",
    "render": "render q.txt --out q.txt/o",
    "build": "data build --source example --out q.txt/o",
    "probe": "probe --pages 1 --out q.txt/o",
    "train": "train nano --out q.txt/o",
}


def ends(commands: dict[str, str], tmp_path: Path) -> dict[str, int]:
    """Run commands; each must say in one line what is wrong. Returns their exit codes."""
    (tmp_path / "q.txt").write_text("1+2\n", encoding="utf-8")
    (tmp_path / "q.jsonl").write_text('{"problem": "1+2", "answer": "3"}\n', encoding="utf-8")
    split = {
        name: words.replace("--out o", f"--out out{at}").split()
        for at, (name, words) in enumerate(commands.items())
    }
    done = vtc_each(split, cwd=tmp_path)
    for name, one in done.items():
        lines = [line for line in one.err.splitlines() if not line.endswith(" s so far")]
        said = [line for line in lines if not line.startswith("vtc-r1: loading ")]
        assert len(said) == 1 and said[0].startswith("vtc-r1: "), (name, one)
    return {name: one.code for name, one in done.items()}


def all_of(commands: dict[str, str], code: int) -> dict[str, int]:
    return dict.fromkeys(commands, code)


def test_an_input_that_is_not_there(tmp_path: Path) -> None:
    commands = {name: words.format("none") for name, words in READ.items()}
    assert ends(commands, tmp_path) == all_of(commands, 2)


def test_an_input_that_is_something_else(tmp_path: Path) -> None:
    for ending in ("pdf", "toml", "jsonl", "json"):
        (tmp_path / f"bad.{ending}").write_bytes(b"\x00\xff{")
    (tmp_path / "bad").mkdir()
    commands = {
        name: words.format("bad") for name, words in READ.items() if "txt" not in words.split("{}")[1]
    }
    assert ends(commands, tmp_path) == all_of(commands, 2)


def test_a_checkpoint_that_is_not_there(tmp_path: Path) -> None:
    assert ends(CHECKPOINT, tmp_path) == all_of(CHECKPOINT, 2)


def test_a_name_that_there_is_none_of(tmp_path: Path) -> None:
    commands = {name: words.format("nothing-like-it") for name, words in NAMES.items()}
    assert ends(commands, tmp_path) == all_of(commands, 2)


def test_an_extra_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(ABSENT, encoding="utf-8")
    found = {}
    for name, (module, words) in EXTRAS.items():
        monkeypatch.setenv("ABSENT", module)
        found |= ends({name: words}, tmp_path)
    assert found == dict.fromkeys(EXTRAS, 2)


def test_a_server_that_is_away(tmp_path: Path) -> None:
    server = Loopback([])
    server.close()
    commands = {
        name: f"{words} --base-url {server.base_url} --model {MODEL}" for name, words in SERVER.items()
    }
    assert ends(commands, tmp_path) == all_of(commands, 1)


def test_a_model_that_the_server_has_not(serve: Serve, tmp_path: Path) -> None:
    url = serve([]).base_url
    commands = {name: f"{words} --base-url {url} --model another" for name, words in SERVER.items()}
    assert ends(commands, tmp_path) == all_of(commands, 2)


def test_a_hub_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    commands = {
        "solve": "solve -q 1+2 --model a/b",
        "eval": "eval math500",
        "build": "data build --source a/b --out o",
        "tokens": "data build --source example --tokenizer a/b --out o",
        "sample": "data sample --problems gsm8k --out o",
    }
    assert ends(commands, tmp_path) == all_of(commands, 1)


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    assert ends(WRITTEN, tmp_path) == all_of(WRITTEN, 1)


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("modle", "model"),
        ("base-url", "base_url"),
        ("memmory", "memory"),
        ("max_iteration", "max_iterations"),
        ("temprature", "temperature"),
        ("segmentend", "segment_end"),
    ],
)
def test_a_setting_that_is_misspelt_gets_the_nearest_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, nearest: str
) -> None:
    (tmp_path / "vtc.toml").write_text(f'{written} = "x"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"vtc.toml: unknown setting '{written}': did you mean '{nearest}'"):
        Settings.load()

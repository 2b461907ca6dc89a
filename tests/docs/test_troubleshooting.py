"""What the page of troubleshooting quotes beside commands that it does not run is what is said."""

from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.cli.test_equal_causes import ABSENT
from tests.conftest import Serve
from tests.docs.pages import ROOT

pytestmark = pytest.mark.process

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("module", "words", "quoted"),
    [
        ("torch", "solve 1+2", ("needs torch, which is not installed: ", "vtc-r1[local]")),
        ("sglang", "launch Qwen/Qwen3-VL-8B-Instruct", ("this environment has no sglang",)),
    ],
)
def test_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, words: str, quoted: tuple[str, ...]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(ABSENT, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = vtc(*words.split(), cwd=tmp_path, ABSENT=module)
    assert done.code == 2 and quoted[0] in done.error
    assert all(part in PAGE for part in quoted)


def test_a_model_that_is_not_served(serve: Serve, tmp_path: Path) -> None:
    done = vtc("solve", "1+2", "--base-url", serve([]).base_url, "--model", "another", cwd=tmp_path)
    assert "unknown model on http://127.0.0.1:" in done.error and "'another': known are " in done.error
    assert "`unknown model on http://127.0.0.1:" in PAGE and "'NAME': known are " in PAGE

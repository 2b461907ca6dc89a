"""The benchmarks of trainings, in short: one kill at a random write; a folder made with other settings."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")
pytest.importorskip("pyarrow")

pytestmark = [pytest.mark.training, pytest.mark.process]
ROOT = Path(__file__).parents[1]


def test_a_training_that_was_killed_ends_with_equal_weights() -> None:
    words = [sys.executable, str(ROOT / "benchmarks" / "train_kills.py"), "--kills", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("1 kills at random ones of ")
    assert " 0 gave other weights, " in done.stdout


@pytest.mark.parametrize("words", [["reinforcement.py"], ["reinforced_writing.py", "efficiency"]])
def test_results_of_other_settings_are_not_taken_for_these(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "settings.json").write_text("{}", encoding="utf-8")
    script, *question = words
    command = [sys.executable, str(ROOT / "benchmarks" / script), *question, "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "was made with other settings" in done.stderr and "choose another --out" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]

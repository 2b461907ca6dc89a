"""`vtc-r1 study --on slurm`: files that bash takes, steps that wait for those that they need."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.study.declared import DATA, TRAINED, declare

pytestmark = pytest.mark.process

MACHINE = """
[machine]
partition = "gpu"
setup = "module load python"
"""
SBATCH = """#!/bin/bash
echo "$@" >> submitted.txt
wc -l < submitted.txt
"""


def test_steps_are_submitted_in_their_order(tmp_path: Path) -> None:
    text = MACHINE + DATA + TRAINED + "[steps.report]\n"
    file = declare(tmp_path, text)
    done = vtc("study", file, "--on", "slurm", "--set", "sft.seed=3", cwd=tmp_path)
    assert (done.code, done.out) == (0, "studies/small/slurm/submit.sh\n"), done.err
    folder = tmp_path / "studies" / "small" / "slurm"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["01-data.sbatch", "02-sft.sbatch", "03-local.sbatch", "04-report.sbatch", "submit.sh"]
    for path in folder.iterdir():
        subprocess.run(["bash", "-n", path], check=True)
    training = (folder / "02-sft.sbatch").read_text("utf-8")
    directives = re.findall(r"^#SBATCH (--[a-z-]+=\S.*)$", training, re.MULTILINE)
    assert len(directives) == training.count("#SBATCH")
    assert "--partition=gpu" in directives and "--job-name=small-sft" in directives
    assert "vtc-r1 study small.toml --set sft.seed=3 " in training and "--step sft &" in training

    program = tmp_path / "bin" / "sbatch"
    program.parent.mkdir()
    program.write_text(SBATCH, encoding="utf-8")
    program.chmod(0o755)
    search = f"{program.parent}:{os.environ['PATH']}"
    submitted = subprocess.run(
        [folder / "submit.sh"], env={"PATH": search}, capture_output=True, text=True, check=True
    )
    assert submitted.stdout.splitlines() == ["data: 1", "sft: 2", "local: 3", "report: 4"]
    lines = (folder / "submitted.txt").read_text("utf-8").splitlines()
    assert [re.findall(r"afterok:(\S+)", line) for line in lines] == [[], ["1"], ["2"], ["3"]]


def test_a_word_that_would_be_a_command_is_refused(tmp_path: Path) -> None:
    file = declare(tmp_path, MACHINE.replace('"gpu"', '"gpu; rm -r x"') + DATA)
    done = vtc("study", file, "--on", "slurm", cwd=tmp_path)
    assert done.code == 2 and "machine: partition = 'gpu; rm -r x': give one word" in done.error


def test_a_step_alone_is_done_alone(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    other = (
        "[steps.other]\nkind = 'sft'\nrecipe = 'qwen3-vl-8b'\nmodel = 'absent/weights'\ndata = ['@data']\n"
    )
    file = declare(tmp_path, DATA + other)
    done = vtc("study", file, "--step", "data", cwd=tmp_path)
    assert done.code == 0, done.err
    page = (tmp_path / "studies" / "small" / "result.md").read_text("utf-8")
    assert "Not done yet: other." in page
    wrong = vtc("study", file, "--step", "dta", cwd=tmp_path)
    assert wrong.code == 2 and "unknown step 'dta': did you mean 'data'?" in wrong.err

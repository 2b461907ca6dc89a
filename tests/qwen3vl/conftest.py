"""The checkpoints as fixtures; tests are skipped where a package cannot be had."""

from pathlib import Path

import pytest

from vtc_r1.study.tiny.packages import VARIANTS, Unavailable


@pytest.fixture(scope="session", params=VARIANTS)
def qwen3vl(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a Qwen3-VL with random weights, Instruct and Thinking."""
    from vtc_r1.study.tiny.checkpoint import checkpoint

    try:
        return checkpoint(tmp_path_factory.mktemp("qwen3vl") / f"qwen3-vl-{request.param}", request.param)
    except Unavailable as error:
        pytest.skip(str(error))

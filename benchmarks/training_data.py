"""The shipped example of training data, built for the embedded model."""

from pathlib import Path

from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.build import build
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sources import open_source
from vtc_r1.tokens import ESTIMATE


def build_example(out: Path, segment_tokens: int) -> None:
    """Build it into a folder, in segments of that many tokens."""
    source = open_source("example")
    config = BuildConfig(
        source=source.identity,
        tokens=ESTIMATE,
        profile=load_profile("nano"),
        prompts="nano",
        prompts_sha256=PromptSet("nano").sha256,
        segment_tokens=segment_tokens,
        max_segments=99,
    )
    with Workspace(out, config) as workspace:
        build(workspace, source)

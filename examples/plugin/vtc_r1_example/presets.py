"""A preset: what belongs to the model `tape`."""

from vtc_r1.presets import Preset
from vtc_r1.trace import Sampling

TAPE = Preset(
    "tape",
    r"^tape$",
    Sampling(temperature=0),
    prompts="vtc",
    description="segments from a file; greedy",
    profile="paper",
    segment_tokens=512,
    iterations=4,
)

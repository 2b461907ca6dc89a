"""A preset: what belongs to the model `replay`."""

from vtc_r1.configuration import Budget, Sampling
from vtc_r1.presets import Preset

REPLAY = Preset(
    "replay",
    r"^replay$",
    Sampling(temperature=0),
    prompts="vtc",
    description="segments from a file; greedy",
    profile="paper",
    budget=Budget(segment_tokens=512, iterations=4),
)

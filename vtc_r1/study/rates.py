"""Measured rates on which estimates are based, each with where it was measured.

Those of the embedded model: on one core of a two-core x86 machine (2.1 GHz), with other work running.
"""

START = 2.0  #: seconds that a command takes to start and end
TORCH = 7.0  #: the same for a command that loads torch
CHECKPOINT = 6.0  #: seconds to check, save and publish the embedded model
ROW = 0.05  #: seconds of one core for a row of training data with six segments
EMBEDDED_EXAMPLE = 0.12  #: seconds of a training pass of the embedded model over one example
EMBEDDED_SEGMENT = 0.06  #: seconds of a segment of the embedded model, with eight solves in flight
SERVER_READY = 45.0  #: seconds until SGLang answers, with a model of a few weights
PROBE_PAGE = 0.15  #: seconds that the embedded model takes to read a page

TINY_EXAMPLE, TINY_SOLVE = 1.5, 4.0
"""Seconds of a training pass over one example, and of a solve through SGLang on the CPU, for the model of
random weights: its vocabulary is the published one."""
TINY_BYTES = 300e6  #: of a run of it

ROWS = {"open-r1/OpenR1-Math-220k": 93_733, "example": 11}
"""Rows of known sources, in their default configuration (OpenR1-Math-220k: its card)."""

ROW_TOKENS, ROW_VISION, ROW_EXAMPLES = 2_980, 890, 1.75
"""Of a row of OpenR1-Math: 181M text and 54M vision tokens in 106K examples of 60,688 problems (arXiv
2601.22069)."""
PAGE_BYTES, PAGE_TOKENS = 60_000, 494  #: of a page of the paper's profile

STATE_BYTES = 12.0  #: of one trained weight in a save: itself and two moments, in fp32
EMBEDDED_BYTES = 30e6  #: of a run of the embedded model: its checkpoint and two saves
SAMPLE_BYTES = 30_000  #: of a stored solve with its pages
REASONING = 8_192  #: tokens of a solve by a served model, if `[machine] reasoning_tokens` is not set
EMBEDDED_WEIGHTS = 1.6e6

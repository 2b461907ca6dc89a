"""Flags that several commands have: the model, the loop, the pages."""

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Annotated, Any

import typer

from vtc_r1.cli import completion
from vtc_r1.cli.terminal.graphics import Pictures

MODEL, LOOP, PAGES, OUTPUT = "Model", "Loop", "Pages and prompts", "Input and output"

A_WEEK = 604_800
"""Most seconds that a flag takes: more is a slip, and overflows clocks."""
A_MILLION = 1_000_000
"""Most pages or settings that a flag takes: more is a slip, and would never end."""

BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="/v1 address of a server, or several with commas: a solve stays on one.", rich_help_panel=MODEL
    ),
]
Model = Annotated[
    str | None,
    typer.Option(help="Model on the server, or a checkpoint to load here.", rich_help_panel=MODEL),
]
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What generates segments, where it is no server and no checkpoint: a plug-in, with its options.",
        rich_help_panel=MODEL,
        autocompletion=completion.backend,
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="Sampling, prompt set, profile and arithmetic that belong to a model; told by its name.",
        rich_help_panel=MODEL,
        autocompletion=completion.preset,
    ),
]
Stream = Annotated[
    bool | None,
    typer.Option(
        "--stream/--no-stream",
        help="Take segments from the server as they grow, or whole.",
        rich_help_panel=MODEL,
    ),
]
Patience = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="For so long a server that went away is waited for; 180 unless given.",
        rich_help_panel=MODEL,
    ),
]
Temperature = Annotated[
    float | None, typer.Option(help="0 is greedy; the preset's, as all sampling.", rich_help_panel=MODEL)
]
TopP = Annotated[float | None, typer.Option(help="Nucleus sampling.", rich_help_panel=MODEL)]
TopK = Annotated[int | None, typer.Option(help="-1 is no limit.", rich_help_panel=MODEL)]
PresencePenalty = Annotated[float | None, typer.Option(help="Against repetition.", rich_help_panel=MODEL)]
Seed = Annotated[
    int | None,
    typer.Option(
        help="Of the sampler; where sampling is random, one is drawn and recorded.", rich_help_panel=MODEL
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        help="optical, text, hybrid, decay, facts, auto, reread, blank, forget or single; "
        "with options, decay:after=2,budget=2000.",
        rich_help_panel=LOOP,
        autocompletion=completion.memory,
    ),
]
MemoryTokens = Annotated[
    int | None,
    typer.Option(
        min=1, help="Most tokens of the memory in a prompt, under every policy.", rich_help_panel=LOOP
    ),
]
Legibility = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="What probe stored, for --memory auto.", rich_help_panel=LOOP),
]
SegmentEnd = Annotated[
    str | None,
    typer.Option(
        help="Where a segment ends: limit, boundary, own or streamed.",
        rich_help_panel=LOOP,
        autocompletion=completion.segment_end,
    ),
]
Density = Annotated[
    str | None,
    typer.Option(
        help="Type size of each segment: fixed, content or fit.",
        rich_help_panel=PAGES,
        autocompletion=completion.density,
    ),
]
MaxIterations = Annotated[
    int | None,
    typer.Option(
        help="Most iterations; one more segment may follow, to force the answer.", rich_help_panel=LOOP
    ),
]
SegmentTokens = Annotated[int | None, typer.Option(help="Most tokens of a segment.", rich_help_panel=LOOP)]
MaxTokens = Annotated[
    int | None, typer.Option(help="Most generated tokens of a solve.", rich_help_panel=LOOP)
]
MaxSeconds = Annotated[float | None, typer.Option(help="Most seconds of a solve.", rich_help_panel=LOOP)]
SegmentSeconds = Annotated[
    float | None,
    typer.Option(
        help="Most seconds of one attempt at a segment; then it is tried again.", rich_help_panel=LOOP
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        help="How pages look: a shipped profile, a .toml file or Glyph's .json.",
        rich_help_panel=PAGES,
        autocompletion=completion.profile,
    ),
]
Prompts = Annotated[
    str | None,
    typer.Option(
        help="Prompt set: vtc, boxed, nano, or a folder.",
        rich_help_panel=PAGES,
        autocompletion=completion.prompts,
    ),
]
SystemFile = Annotated[str | None, typer.Option(help="System prompt to use as it is.", rich_help_panel=PAGES)]
PicturesOption = Annotated[
    Pictures,
    typer.Option(help="How pages are shown in the terminal.", envvar="VTC_PICTURES", rich_help_panel=OUTPUT),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but the result.", rich_help_panel=OUTPUT)
]

SOLVING: dict[str, Any] = {
    "base_url": BaseUrl,
    "model": Model,
    "backend": Backend,
    "preset": Preset,
    "stream": Stream,
    "patience": Patience,
    "temperature": Temperature,
    "top_p": TopP,
    "top_k": TopK,
    "presence_penalty": PresencePenalty,
    "seed": Seed,
    "memory": Memory,
    "memory_tokens": MemoryTokens,
    "legibility": Legibility,
    "segment_end": SegmentEnd,
    "max_iterations": MaxIterations,
    "segment_tokens": SegmentTokens,
    "max_tokens": MaxTokens,
    "max_seconds": MaxSeconds,
    "segment_seconds": SegmentSeconds,
    "profile": Profile,
    "density": Density,
    "prompts": Prompts,
    "system_file": SystemFile,
}
"""The flag of every setting of a solve, in the order in which help lists them."""

Flags = dict[str, Any]
"""What the flags of `SOLVING` were given, by setting; None for those that were not."""
Command = Callable[..., None]


def solving(*, without: Collection[str] = ()) -> Callable[[Command], Command]:
    """Give a command the flags of `SOLVING`, in place of its parameter `flags: Flags`, which receives them.

    A flag that the command declares itself is left to it, and those in `without` it does not have.
    """

    def with_flags(command: Command) -> Command:
        own = inspect.signature(command)
        names = [name for name in SOLVING if name not in own.parameters and name not in without]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=SOLVING[name])
            for name in names
        ]

        @functools.wraps(command)
        def called(**given: Any) -> None:
            command(flags={name: given.pop(name) for name in names}, **given)

        listed = [
            new for each in own.parameters.values() for new in (added if each.name == "flags" else [each])
        ]
        called.__signature__ = own.replace(parameters=listed)  # type: ignore[attr-defined]  # typer reads it
        called.__annotations__ = {each.name: each.annotation for each in listed}
        return called

    return with_flags

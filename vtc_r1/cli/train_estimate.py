"""`vtc-r1 train --estimate`: what a training would take, on 1 to 64 GPUs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtc_r1.sft.training.estimate import Estimate
    from vtc_r1.sft.training.recipe import Recipe

_PARTS = ("GPUs", "weights", "gradients", "optimiser", "kept", "again", "work")
_HEAD = (*_PARTS, "GB", "cutoff", "fits", "hours", "GPU h")
_CAPTION = (
    "GB a GPU: weights, gradients, state of the optimiser; activations, all kept or computed again (the "
    "recipe has them {which}); logits, copies and gathered layers (work); GB: all of it, at the longest "
    "example; cutoff: the same at {cutoff:,} tokens; fits: in {room:.0f} of {memory:.0f} GB. hours: of an "
    "epoch, at {compute:.0%} of the peak; GPU h: of all GPUs."
)


_COUNTS = ("examples", "left_out", "tokens", "targets", "repeated", "longest")


def show(recipe: "Recipe", gpu: str, price: float | None, *, as_json: bool) -> None:
    """Print the estimates of a recipe.

    Args:
        recipe: the recipe.
        gpu: kind of the GPUs.
        price: dollars an hour of one of them.
        as_json: for programs.

    Raises UsageError for a model or GPU whose figures are unknown, and DataError for data that is damaged.
    """
    from vtc_r1.sft.training.estimate import GPU_COUNTS, MACHINE, estimate, model_shape, paper
    from vtc_r1.sft.training.workload import workload_of
    from vtc_r1.sglang.gpus import gpu_named

    kind = gpu_named(gpu)
    model_shape(recipe)  # unknown ones are refused before data is read
    work = workload_of(recipe)
    found = [estimate(recipe, work, kind, gpus) for gpus in GPU_COUNTS]
    like = paper(kind, MACHINE)
    if as_json:
        print(json.dumps(_record(recipe, found, like, price), indent=2))
    else:
        _print(recipe, found, like, price)


def _record(
    recipe: "Recipe", found: "Sequence[Estimate]", like: "Estimate", price: float | None
) -> dict[str, Any]:
    from vtc_r1.sft.training.workload import PAPER_HOURS

    first = found[0]
    return {
        "recipe": recipe.name,
        "model": recipe.model,
        "gpu": asdict(first.gpu),
        "lengths": first.source,
        **{name: getattr(first, name) for name in _COUNTS},
        "estimates": [
            {
                "gpus": one.gpus,
                "bytes": {**asdict(one.footprint), "activations": one.footprint.activations},
                "bytes_total": one.bytes,
                "bytes_at_cutoff": one.at_cutoff.total,
                "bytes_available": one.room,
                "fits": one.fits,
                "fits_at_cutoff": one.at_cutoff.total <= one.room,
                "steps": one.steps,
                "hours_an_epoch": one.hours,
                "gpu_hours_an_epoch": one.gpu_hours,
                "hours": one.run_hours,
                "dollars_an_epoch": None if price is None else one.gpu_hours * price,
                "computing": one.computing,
            }
            for one in found
        ],
        "paper": {"hours": PAPER_HOURS, "gpus": None, "estimated_gpu_hours": like.gpu_hours},
    }


def _print(recipe: "Recipe", found: "Sequence[Estimate]", like: "Estimate", price: float | None) -> None:
    from vtc_r1.cli.tables import folded, parted, room
    from vtc_r1.sft.training.estimate import COMPUTE
    from vtc_r1.sft.training.workload import PAPER_HOURS

    first, width = found[0], room()
    left_out = f", {first.left_out:,} more over the cutoff are left out" if first.left_out else ""
    print(
        folded(
            f"{recipe.name} on {first.gpu.name}: {first.examples:,} examples{left_out}; "
            f"{first.tokens:,} tokens an epoch, {first.targets:,} of them targets; the longest has "
            f"{first.longest:,}",
            width,
        )
    )
    print(folded(f"lengths {first.source}", width))
    print(
        folded(
            f"{first.repeated:.1%} of the tokens repeat a trace's question or pages; examples are not packed",
            width,
        ),
        end="\n\n",
    )
    head = [*_HEAD, *(["$"] if price is not None else [])]
    print(parted(head, [_row(one, price) for one in found], width), end="\n\n")
    which = "computed again" if recipe.gradient_checkpointing else "kept"
    print(
        folded(
            _CAPTION.format(
                which=which,
                cutoff=recipe.cutoff,
                room=first.room / 1e9,
                memory=first.gpu.memory / 1e9,
                compute=COMPUTE,
            ),
            width,
        )
    )
    print(
        folded(
            f"The VTC-R1 paper reports {PAPER_HOURS} h for a training in full on its own data, on GPUs that "
            f"are not known here. A Qwen3-VL-8B on such data: {like.gpu_hours:,.0f} GPU h by this estimate, "
            f"{like.hours:,.1f} h on {like.gpus} {like.gpu.name}.",
            width,
        )
    )


def _row(one: "Estimate", price: float | None) -> list[str]:
    parts = one.footprint
    shown = (parts.weights, parts.gradients, parts.optimizer, parts.kept, parts.recomputed, parts.work)
    sizes = [f"{size / 1e9:,.1f}" for size in (*shown, one.bytes, one.at_cutoff.total)]
    dollars = [] if price is None else [f"{one.gpu_hours * price:,.0f}"]
    return [f"{one.gpus}", *sizes, _fits(one), _short(one.hours), _short(one.gpu_hours), *dollars]


def _fits(one: "Estimate") -> str:
    if not one.fits:
        again = not one.footprint.checkpointing and one.fits_otherwise
        return "NO: with gradient_checkpointing" if again else "NO"
    return "yes" if one.at_cutoff.total <= one.room else "yes, not at the cutoff"


def _short(hours: float) -> str:
    return f"{hours:,.1f}" if hours >= 1 else f"{hours:.2f}"

"""A run from its recipe to a published checkpoint."""

from pathlib import Path

from vtc_r1.errors import RecipeError, StorageError, first_line, require
from vtc_r1.rl.problems import identity
from vtc_r1.rl.progress import Event, Report, Started, metrics
from vtc_r1.rl.recipe import GrpoRecipe
from vtc_r1.rl.rewards import RewardSum
from vtc_r1.sft.training.folder import TrainingFolder
from vtc_r1.sft.training.trackers import Trackers, check_installed


def train(recipe: GrpoRecipe, out: Path, report: Report) -> Path:
    """Train in `out`, resuming from its last save; return the folder of the finished checkpoint.

    Everything is validated before weights are loaded.

    Raises:
        MissingExtra: torch or transformers is not installed.
        RecipeError: the recipe cannot be used.
        UsageError: something that it names is unknown, or `out` holds something else, or another run.
        CheckpointError: the checkpoint to start from cannot be loaded, or is of another kind.
        TrainingError: a loss or the weights are not finite, or memory ran out; nothing is published.
        StorageError: `out` cannot be written, for instance because the disk is full.
    """
    if recipe.cluster is not None:
        raise RecipeError(
            f"recipe {recipe.name}: has a table [cluster], so it runs by verl: vtc-r1 train grpo writes that "
            "run; --set cluster=null runs it in this process"
        )
    RewardSum(recipe.rewards)
    trackers = ("accelerate",) if recipe.report_to else ()
    require("torch", "transformers", *trackers, extra="train", what="training")
    check_installed(recipe.report_to)
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    sets = (*recipe.problems, *(recipe.evaluation.problems if recipe.evaluation else ()))
    with TrainingFolder(out, recipe, identity(sets), is_main=True) as folder:
        if not folder.is_finished:
            try:
                _train(recipe, folder, report)
            except OSError as error:
                raise StorageError(
                    f"{out}: {first_line(error)}; run the same command again to resume"
                ) from error
    return folder.checkpoint


def _train(recipe: GrpoRecipe, folder: TrainingFolder, report: Report) -> None:
    import torch

    from vtc_r1.rl.card import card, note_statement
    from vtc_r1.rl.prepare import prepare
    from vtc_r1.rl.saves import resume
    from vtc_r1.rl.trainer import GrpoTrainer
    from vtc_r1.sft.training.weights import write_checkpoint

    prepared = prepare(recipe, folder.work)
    try:
        network = prepared.network
        state = resume(folder.work, network, prepared.updater.optimizer)
        trackers = Trackers(recipe.report_to, recipe, folder.work, network)
        weights = list(network.parameters())
        report(
            Started(
                steps=recipe.steps,
                problems=sum(len(problem_set.problems) for problem_set in prepared.problems),
                held_out=sum(len(problem_set.problems) for problem_set in prepared.held_out),
                trained=sum(weight.numel() for weight in weights if weight.requires_grad),
                weights=sum(weight.numel() for weight in weights),
                resumed_from=state.step,
            )
        )

        def report_and_track(event: Event) -> None:
            report(event)
            if logged := metrics(event):
                trackers.log(*logged)

        try:
            log = folder.out / "log.jsonl"
            GrpoTrainer(prepared, state, folder.work, log, report_and_track).train()
        finally:
            trackers.close()
        note_statement(network, recipe)
        network.to("cpu", getattr(torch, recipe.save_as))
        text = card(prepared, state)
        write_checkpoint(network, folder.checkpoint, prepared.start, recipe.prompts, recipe.profile, text)
    finally:
        prepared.close()

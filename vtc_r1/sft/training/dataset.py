"""Built data sets for training: random access to examples, with their lengths known in advance.

Their order is by lengths: those of one batch, and of the batches of one pass, are about equally long.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.errors import DataError, RecipeError
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.built.dataset import BuiltDataset, ExampleReader, read_columns
from vtc_r1.sft.examples import Example
from vtc_r1.sft.export.messages import prompt_of
from vtc_r1.sft.training.lengths import measured
from vtc_r1.sft.training.recipe import Recipe


class TrainingData:
    """The examples of several data sets, in their order; once measured, without those over the cutoff.

    Args:
        recipe: names the data sets, and the profile and prompts they must be built for.

    Attributes:
        lengths: tokens of each example, in the checkpoint's chat template; 0 until they are measured.
        left_out: examples over the cutoff.
        sets: the data sets.

    Raises:
        RecipeError: a data set is built for another profile, family or prompt set, or none is named.
        DataError: a data set is missing, unfinished or damaged.
    """

    def __init__(self, recipe: Recipe) -> None:
        if not recipe.data:
            raise RecipeError(f"recipe {recipe.name} names no data: --set data=FOLDER of `vtc-r1 data build`")
        self.sets = [_opened(Path(folder), recipe) for folder in recipe.data]
        self._prompts = [found.prompts() for found in self.sets]
        self._readers = [ExampleReader(found.shards) for found in self.sets]
        counts = [len(found) for found in self.sets]
        self._set = np.repeat(np.arange(len(counts)), counts)
        self._number = np.concatenate([np.arange(count) for count in counts])
        self._pages = np.concatenate([_column(each, "vision_tokens") for each in self.sets])
        self.lengths: NDArray[np.int64] = np.zeros(sum(counts), np.int64)
        self.cutoff, self.left_out = recipe.cutoff, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def measure(self, encoder: PromptEncoder, tokenizer: str | None, processes: int = 1) -> list[str]:
        """Measure every example, and leave out those over the cutoff; every process must call it.

        Args:
            encoder: encodes prompts for the checkpoint.
            tokenizer: identity of its tokenizer, None if it has no such file.
            processes: of the launch.

        Returns:
            A sentence for each data set counted by another tokenizer, on what that means.

        Raises:
            DataError: no example is within the cutoff, or a data set is damaged.
        """
        found = [measured(each, encoder, processes) for each in self.sets]
        every = np.concatenate(found)
        kept = every.sum(axis=1) <= self.cutoff
        self._set, self._number, self._pages = self._set[kept], self._number[kept], self._pages[kept]
        self.lengths, self.left_out = every.sum(axis=1)[kept], int((~kept).sum())
        if not len(self):
            names = ", ".join(str(each.folder) for each in self.sets)
            raise DataError(f"{names}: all {len(every)} examples are over the cutoff of {self.cutoff}")
        return [
            _counted_otherwise(data, lengths, self.cutoff)
            for data, lengths in zip(self.sets, found, strict=True)
            if tokenizer is None or data.config.tokenizer_sha256 != tokenizer
        ]

    def __getitem__(self, at: int) -> Example:
        built = self.built(at)
        return Example(self._prompt(at, built), built.target)

    def _prompt(self, at: int, built: BuiltExample) -> Prompt:
        which = int(self._set[at])
        return prompt_of(built, self._prompts[which], self.sets[which].policy)

    def identity(self) -> dict[str, str]:
        """Return the identity of each data set, by its folder."""
        return {
            str(each.folder): f"{each.manifest['config_sha256']}, {len(each)} examples" for each in self.sets
        }

    def built(self, at: int) -> BuiltExample:
        """Return an example as it was built."""
        return self._readers[int(self._set[at])][int(self._number[at])]

    def first_with_pages(self) -> int | None:
        """Return the first example that has pages, None if none has."""
        found = np.flatnonzero(self._pages)
        return int(found[0]) if len(found) else None


def _opened(folder: Path, recipe: Recipe) -> BuiltDataset:
    """Open a data set; raises RecipeError if it does not match the recipe."""
    data = BuiltDataset(folder)
    found, wanted = data.config.profile, load_profile(recipe.profile)
    if found.family != recipe.family:
        raise RecipeError(
            f"{folder}: its pages are drawn for {found.family}, recipe {recipe.name} is for {recipe.family}; "
            f"build it again with --profile {recipe.profile}"
        )
    if found.sha256 != wanted.sha256:
        raise RecipeError(
            f"{folder}: was built for profile {found.name} ({found.sha256[:12]}), recipe {recipe.name} is "
            f"for {wanted.name} ({wanted.sha256[:12]}); build it again with --profile {recipe.profile}, or "
            "--set profile=PROFILE"
        )
    prompts = PromptSet(recipe.prompts)
    if data.config.prompts_sha256 != prompts.sha256:
        raise RecipeError(
            f"{folder}: was built for prompt set {data.config.prompts}, recipe {recipe.name} is for "
            f"{recipe.prompts}; build it again with --prompts {recipe.prompts}, or --set prompts=PROMPTS"
        )
    return data


def _counted_otherwise(data: BuiltDataset, lengths: NDArray[np.int64], cutoff: int) -> str:
    """Describe the effect of counting a data set by another tokenizer than the checkpoint's."""
    targets, over = lengths[:, 1], int((lengths.sum(axis=1) > cutoff).sum())
    ratio = targets.sum() / max(1, _column(data, "target_tokens").sum())
    budget = "" if data.whole else f", where segments were to have {data.config.segment_tokens:,}"
    return (
        f"{data.folder}: its tokens are not those of this checkpoint ({data.config.tokens}): targets have "
        f"{ratio:.2f} times as many, {targets.max():,} at most{budget}; {over:,} of {len(lengths):,} "
        f"examples are over the cutoff of {cutoff:,} and left out; build it with the checkpoint's --tokenizer"
    )


def _column(data: BuiltDataset, name: str) -> NDArray[np.int64]:
    column: NDArray[np.int64] = read_columns(data.shards, [name])[name]
    return column


POOL = 64  #: number of passes whose examples are drawn together and sorted by length


class LengthBuckets:
    """Yields all example numbers once per epoch, in an order that depends only on lengths, seed and epoch.

    The examples are shuffled and divided into pools, and each pool is sorted by length and divided into
    passes: what all processes read at once. Passes are then shuffled, except that the longest of all comes
    first, so that a run that does not fit into memory ends at once.

    Args:
        lengths: of the examples.
        width: examples of one pass: those of a batch times the processes.
        seed: of the order.
    """

    def __init__(self, lengths: Sequence[int] | NDArray[np.int64], width: int, seed: int) -> None:
        self.lengths, self.width, self.seed = np.asarray(lengths), width, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = random.Random(f"order:{self.seed}:{self.epoch}")
        order = list(range(len(self)))
        rng.shuffle(order)
        step = POOL * self.width
        passes: list[list[int]] = []
        for start in range(0, len(order), step):
            pool = sorted(order[start : start + step], key=lambda at: (int(self.lengths[at]), at))
            passes += [pool[at : at + self.width] for at in range(0, len(pool), self.width)]
        *whole, last = passes  # the last one may be short, and must stay the last
        rng.shuffle(whole)
        if whole:
            longest = max(range(len(whole)), key=lambda at: int(self.lengths[whole[at]].max()))
            whole.insert(0, whole.pop(longest))
        for each in (*whole, last):
            yield from each

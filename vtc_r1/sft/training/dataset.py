"""Built data sets for training: random access to examples, with their lengths known in advance.

Their order is by lengths: those of one batch, and of the batches of one pass, are about equally long.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import DataError, RecipeError
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.built.dataset import BuiltDataset, ExampleReader, read_columns
from vtc_r1.sft.examples import Example
from vtc_r1.sft.export.messages import prompt_of
from vtc_r1.sft.training.recipe import Recipe

_LENGTH = ("question_tokens", "text_tokens", "vision_tokens", "target_tokens")


class TrainingData:
    """The examples of several data sets, in their order, without those over the recipe's cutoff.

    Args:
        recipe: names the data sets, and the profile and prompts they must be built for.

    Attributes:
        lengths: tokens of each example as its data set counts them, without the chat template.
        left_out: examples over the cutoff.
        sets: the data sets.

    Raises:
        RecipeError: a data set is built for another profile, family or prompt set, or none is named.
        DataError: a data set is missing, unfinished or damaged, or no example is within the cutoff.
    """

    def __init__(self, recipe: Recipe) -> None:
        if not recipe.data:
            raise RecipeError(f"recipe {recipe.name} names no data: --set data=FOLDER of `vtc-r1 data build`")
        self.sets = [_opened(Path(folder), recipe) for folder in recipe.data]
        self._prompts = [found.prompts() for found in self.sets]
        self._readers = [ExampleReader(found.shards) for found in self.sets]
        lengths = [_lengths(found) for found in self.sets]
        every = np.concatenate(lengths)
        kept = every <= recipe.cutoff
        self._set = np.repeat(np.arange(len(lengths)), [len(each) for each in lengths])[kept]
        self._number = np.concatenate([np.arange(len(each)) for each in lengths])[kept]
        self._pages = np.concatenate([_column(each, "vision_tokens") for each in self.sets])[kept]
        self.lengths: NDArray[np.int64] = every[kept]
        self.left_out = int((~kept).sum())
        if not len(self):
            raise DataError(
                f"{', '.join(recipe.data)}: all {len(every)} examples are over the cutoff of {recipe.cutoff}"
            )

    def __len__(self) -> int:
        return len(self.lengths)

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


def _lengths(data: BuiltDataset) -> NDArray[np.int64]:
    total: NDArray[np.int64] = np.sum([_column(data, name) for name in _LENGTH], axis=0, dtype=np.int64)
    return total


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

"""Continuous batching: requests join at a step's boundary, and leave when they are done or cancelled."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vtc_r1.backends.base import Completion, Delta
from vtc_r1.backends.cache import PrefixCache
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.job import Job, Reading
from vtc_r1.backends.pages import PageReader
from vtc_r1.backends.rows import Chunk, Rows
from vtc_r1.backends.sampling import chooser, is_greedy
from vtc_r1.renderers.page import Page

if TYPE_CHECKING:
    import torch

Said = tuple[Job, Delta | Completion | BaseException]
_PREFILL_TOKENS = 8_192
"""Most tokens, padding included, of prompts that are read in one pass, unless a single one is longer."""


class Batch:
    """Requests that are generated together, one token each a step.

    Args:
        encoder: turns prompts into tokens, and pages into patches.
        network: the model.
        ends: tokens that end a segment.
        most_rows: requests that are generated at once.
        most_bytes: of keys and values: of the batch, of the prompts kept, and of the pages kept, each.
    """

    def __init__(
        self, encoder: PromptEncoder, network: Any, ends: frozenset[int], most_rows: int, most_bytes: int
    ) -> None:
        self.encoder, self.network, self.ends = encoder, network, ends
        self.most_rows, self.most_bytes = most_rows, most_bytes
        self.rows = Rows(network)
        self.jobs: list[Job] = []
        self.prefixes = PrefixCache(2 * most_rows, most_bytes)
        self.pages = PageReader(encoder, network, most_bytes)

    def prepare(self, job: Job) -> None:
        """Encode the prompt of a request; raises what the tokenizer, the template or a page does."""
        pages = tuple(job.request.prompt.pages)
        grids = [self.pages.grid(page) for page in pages]
        counts = tuple(self.encoder.vision_tokens(grid) for grid in grids)
        ids = self.encoder.tokens(job.request.prompt, list(counts))
        names = np.array(ids, np.int64)
        signs = [-1 - int(page.sha256[:15], 16) for page in pages]
        names[names == self.encoder.image_id] = np.repeat(np.array(signs, np.int64), counts)
        job.reading = Reading(ids, names, *self._positions(ids, grids), pages, counts)
        job.write_with(self.encoder.tokenizer.backend_tokenizer)
        if not is_greedy(job.request.sampling):
            job.choose = chooser(job.request.sampling, str(self.network.device))

    def has_room(self, job: Job, joining: list[Job]) -> bool:
        """Tell whether a prepared request may join too now; a single one always may."""
        rows = [*self.jobs, *joining, job]
        longest = max(len(each.reading.ids) + each.request.max_tokens for each in rows)
        fits = len(rows) * longest * self.rows.token_bytes <= self.most_bytes
        return len(rows) == 1 or (len(rows) <= self.most_rows and fits)

    def join(self, jobs: list[Job]) -> list[Said]:
        """Read the prompts of prepared requests, several in a pass, and add the requests to the batch."""
        said: list[Said] = []
        while jobs:
            count = 1
            while count < len(jobs) and (count + 1) * _longest(jobs[: count + 1]) <= _PREFILL_TOKENS:
                count += 1
            said += self._join(jobs[:count])
            jobs = jobs[count:]
        return said

    def _join(self, jobs: list[Job]) -> list[Said]:
        first, keep = len(self.jobs), [len(job.reading.ids) for job in jobs]
        try:
            for job in jobs:
                held = self.prefixes.longest(job.reading.names)
                job.cached_tokens = 0 if held is None else held.shape[2]
                self.rows.add(held)
            logits = self.rows.read(first, self._chunks(jobs))
            for row, (job, length) in enumerate(zip(jobs, keep, strict=True), first):
                self.prefixes.put(job.reading.names, self.rows.kept(row, length))
        except Exception as error:
            while len(self.rows) > first:
                self.rows.remove(len(self.rows) - 1)
            return [(jobs[0], error)] if len(jobs) == 1 else [s for job in jobs for s in self._join([job])]
        self.jobs += jobs
        return self._take(first, logits)

    def step(self) -> list[Said]:
        """Generate one token of every request; returns what can be said."""
        return self._step(0, len(self.jobs)) if self.jobs else []

    def _step(self, first: int, end: int) -> list[Said]:
        jobs = self.jobs[first:end]
        positions = [
            length + job.reading.offset
            for job, length in zip(jobs, self.rows.lengths[first:end], strict=True)
        ]
        try:
            logits = self.rows.step(first, [job.tokens[-1] for job in jobs], positions)
        except Exception as error:
            if len(jobs) > 1:
                return [said for row in reversed(range(first, end)) for said in self._step(row, row + 1)]
            self._leave(first)
            return [(jobs[0], error)]
        return self._take(first, logits)

    def drop_cancelled(self) -> None:
        """Take out the requests that nobody waits for."""
        for row in reversed(range(len(self.jobs))):
            if self.jobs[row].cancelled:
                self._leave(row)

    def _take(self, first: int, logits: "torch.Tensor") -> list[Said]:
        """Pick a token for every row from `first` on; takes out those that are done."""
        said: list[Said] = []
        likeliest = logits.argmax(-1).tolist()
        for at in reversed(range(len(likeliest))):
            job = self.jobs[first + at]
            try:
                token = likeliest[at] if job.choose is None else job.choose(logits[at], job.tokens)
                pieces = job.take(token, self.ends)
            except Exception as error:
                said.append((job, error))
                self._leave(first + at)
                continue
            said += [(job, piece) for piece in pieces]
            if pieces and isinstance(pieces[-1], Completion):
                self._leave(first + at)
        return said

    def _leave(self, row: int) -> None:
        self.rows.remove(row)
        last = self.jobs.pop()
        if row < len(self.jobs):
            self.jobs[row] = last

    def _chunks(self, jobs: list[Job]) -> list[Chunk]:
        """What each prompt still has to be read, with the features of the pages in it."""
        wanted = [_unread(job) for job in jobs]
        features = iter(self.pages.features([page for parts in wanted for page, _ in parts]))
        chunks = []
        for job, parts in zip(jobs, wanted, strict=True):
            start, reading = job.cached_tokens, job.reading
            positions = reading.positions[:, start:]
            if not parts:
                chunks.append(Chunk(reading.ids[start:], positions))
                continue
            layers = zip(*([part[-count:] for part in next(features)] for _, count in parts), strict=True)
            said = tuple(_joined(list(layer)) for layer in layers)
            visual = positions.new_tensor(reading.names[start:] < 0).bool()
            chunks.append(Chunk(reading.ids[start:], positions, visual, said))
        return chunks

    def _positions(self, ids: list[int], grids: list[Any]) -> "tuple[torch.Tensor, int]":
        """Rotary positions of a whole prompt, shape (3, tokens), and what pages shift later ones by.

        Always from the prompt itself, because the model object keeps the shift of its last prompt.
        """
        import torch

        row = torch.tensor([ids])
        positions, offset = self.network.model.get_rope_index(
            input_ids=row,
            mm_token_type_ids=(row == self.encoder.image_id).int(),
            image_grid_thw=torch.from_numpy(np.stack(grids)) if grids else None,
        )
        return positions[:, 0].to(self.network.device), int(offset[0, 0])


def _longest(jobs: list[Job]) -> int:
    return max(len(job.reading.ids) for job in jobs)


def _unread(job: Job) -> list[tuple[Page, int]]:
    """Pages that are not wholly behind what was cached, with how many of their tokens are not."""
    read = int((job.reading.names[: job.cached_tokens] < 0).sum())
    parts = []
    for page, count in zip(job.reading.pages, job.reading.counts, strict=True):
        if read < count:
            parts.append((page, count - read))
        read = max(0, read - count)
    return parts


def _joined(parts: "list[torch.Tensor]") -> "torch.Tensor":
    import torch

    return torch.cat(parts)

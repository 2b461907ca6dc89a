"""Continuous batching: requests join between two steps, and leave when they are done or cancelled."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vtc_r1.backends.base import Completion, Delta
from vtc_r1.backends.cache import PrefixCache
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.job import EncodedPrompt, Job
from vtc_r1.backends.pages import PageReader
from vtc_r1.backends.rows import Chunk, Rows
from vtc_r1.backends.sampling import chooser, is_greedy, recorded_logprobs
from vtc_r1.renderers.page import Page

if TYPE_CHECKING:
    import torch

Output = tuple[Job, Delta | Completion | BaseException]
_PREFILL_TOKENS = 8_192  #: limit of tokens, with padding, of one prefill pass; a longer prompt is read alone


class Batch:
    """Requests that are generated together, one token each per step.

    Args:
        encoder: encodes prompts as tokens and pages as patches.
        network: the model.
        ends: tokens that end a segment.
        most_rows: limit of requests that are generated together.
        most_bytes: limit in bytes of the KV cache of the batch, of cached prefixes and of cached pages, each.
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
        """Encode the prompt of a request; raises what the tokenizer, the chat template or a page raises."""
        pages = tuple(job.request.prompt.pages)
        grids = [self.pages.grid(page) for page in pages]
        counts = tuple(self.encoder.vision_tokens(grid) for grid in grids)
        ids = self.encoder.tokens(job.request.prompt, list(counts))
        names = np.array(ids, np.int64)
        # Pages of one size have equal token ids. With negative hashes in their place, the prefix cache keeps
        # pages apart, and no hash equals an id of text.
        signs = [-1 - int(page.sha256[:15], 16) for page in pages]
        names[names == self.encoder.image_id] = np.repeat(np.array(signs, np.int64), counts)
        job.prompt = EncodedPrompt(ids, names, *self._positions(ids, grids), pages, counts)
        job.write_with(self.encoder.tokenizer.backend_tokenizer)
        if not is_greedy(job.request.sampling):
            job.choose = chooser(job.request.sampling, str(self.network.device))

    def has_room(self, job: Job, joining: list[Job]) -> bool:
        """Tell whether a prepared request fits into the batch now; a single one always does."""
        rows = [*self.jobs, *joining, job]
        longest = max(len(each.prompt.ids) + each.request.max_tokens for each in rows)
        fits = len(rows) * longest * self.rows.token_bytes <= self.most_bytes
        return len(rows) == 1 or (len(rows) <= self.most_rows and fits)

    def join(self, jobs: list[Job]) -> list[Output]:
        """Prefill prepared requests, several in one pass, and add them to the batch."""
        outputs: list[Output] = []
        while jobs:
            count = 1
            while count < len(jobs) and (count + 1) * _longest(jobs[: count + 1]) <= _PREFILL_TOKENS:
                count += 1
            outputs += self._join(jobs[:count])
            jobs = jobs[count:]
        return outputs

    def _join(self, jobs: list[Job]) -> list[Output]:
        first, keep = len(self.jobs), [len(job.prompt.ids) for job in jobs]
        try:
            for job in jobs:
                # The prompts of a solve share their prefix: only its newest pages and the end are computed.
                held = self.prefixes.longest(job.prompt.names)
                job.cached_tokens = 0 if held is None else held.shape[2]
                self.rows.add(held)
            logits = self.rows.read(first, self._chunks(jobs))
            for row, (job, length) in enumerate(zip(jobs, keep, strict=True), first):
                self.prefixes.put(job.prompt.names, self.rows.kept(row, length))
        except Exception as error:  # one bad request must not fail the others: read them one by one
            while len(self.rows) > first:
                self.rows.remove(len(self.rows) - 1)
            return (
                [(jobs[0], error)] if len(jobs) == 1 else [each for job in jobs for each in self._join([job])]
            )
        self.jobs += jobs
        return self._take(first, logits)

    def step(self) -> list[Output]:
        """Generate one token of every request; returns the new pieces, completions and errors."""
        return self._step(0, len(self.jobs)) if self.jobs else []

    def _step(self, first: int, end: int) -> list[Output]:
        jobs = self.jobs[first:end]
        positions = [
            length + job.prompt.offset for job, length in zip(jobs, self.rows.lengths[first:end], strict=True)
        ]
        try:
            logits = self.rows.step(first, [job.tokens[-1] for job in jobs], positions)
        except Exception as error:
            if len(jobs) > 1:
                return [each for row in reversed(range(first, end)) for each in self._step(row, row + 1)]
            self._leave(first)
            return [(jobs[0], error)]
        return self._take(first, logits)

    def drop_cancelled(self) -> None:
        """Remove the requests that nobody waits for."""
        for row in reversed(range(len(self.jobs))):
            if self.jobs[row].cancelled:
                self._leave(row)

    def _take(self, first: int, logits: "torch.Tensor") -> list[Output]:
        """Choose a token for every row from `first` on; remove the rows that are done."""
        outputs: list[Output] = []
        likeliest = logits.argmax(-1).tolist()
        recorded = recorded_logprobs(logits, [job.request for job in self.jobs[first:]])
        for at in reversed(range(len(likeliest))):
            job = self.jobs[first + at]
            try:
                token = likeliest[at] if job.choose is None else job.choose(logits[at], job.tokens)
                pieces = job.take(token, self.ends, None if recorded is None else float(recorded[at, token]))
            except Exception as error:
                outputs.append((job, error))
                self._leave(first + at)
                continue
            outputs += [(job, piece) for piece in pieces]
            if pieces and isinstance(pieces[-1], Completion):
                self._leave(first + at)
        return outputs

    def _leave(self, row: int) -> None:
        self.rows.remove(row)
        last = self.jobs.pop()
        if row < len(self.jobs):
            self.jobs[row] = last

    def _chunks(self, jobs: list[Job]) -> list[Chunk]:
        """Return the part of each prompt that is not cached, with the features of the pages in it."""
        wanted = [_unread(job) for job in jobs]
        features = iter(self.pages.features([page for parts in wanted for page, _ in parts]))
        chunks = []
        for job, parts in zip(jobs, wanted, strict=True):
            start, prompt = job.cached_tokens, job.prompt
            positions = prompt.positions[:, start:]
            if not parts:
                chunks.append(Chunk(prompt.ids[start:], positions))
                continue
            layers = zip(*([part[-count:] for part in next(features)] for _, count in parts), strict=True)
            features_of = tuple(_joined(list(layer)) for layer in layers)
            visual = positions.new_tensor(prompt.names[start:] < 0).bool()
            chunks.append(Chunk(prompt.ids[start:], positions, visual, features_of))
        return chunks

    def _positions(self, ids: list[int], grids: list[Any]) -> "tuple[torch.Tensor, int]":
        """Return rotary positions of a prompt, shape (3, tokens), and the offset of later tokens.

        They are computed for every prompt, because the model object stores the offset of its last one only.
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
    return max(len(job.prompt.ids) for job in jobs)


def _unread(job: Job) -> list[tuple[Page, int]]:
    """Return the pages that are not fully cached, each with its number of uncached tokens."""
    read = int((job.prompt.names[: job.cached_tokens] < 0).sum())
    parts = []
    for page, count in zip(job.prompt.pages, job.prompt.counts, strict=True):
        if read < count:
            parts.append((page, count - read))
        read = max(0, read - count)
    return parts


def _joined(parts: "list[torch.Tensor]") -> "torch.Tensor":
    import torch

    return torch.cat(parts)

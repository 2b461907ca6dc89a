"""Glyph's LLM-driven genetic search: a model reads the ranked history and proposes new settings.

Its output is untrusted: only JSON is parsed, and only values in the search space are used.
"""

import json
from collections.abc import Sequence
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Protocol

from vtc_r1.backends.base import Backend, Completion, Request
from vtc_r1.configuration import Sampling
from vtc_r1.errors import BackendError
from vtc_r1.eval.probe.reader import transcription
from vtc_r1.eval.tune.axis import Value, ordered
from vtc_r1.eval.tune.front import ranked
from vtc_r1.eval.tune.proposal import Unusable, parse_proposal
from vtc_r1.eval.tune.strategies.base import Offer, SearchTerms, Tried
from vtc_r1.portal import Portal
from vtc_r1.prompts import Prompt
from vtc_r1.renderers.typeface import FONTS

_SHOWN = 24
"""Number of settings in the history shown to the model, the best ones."""
_MOST_TOKENS = 8_192
_LONGEST = 100_000
"""Longest reply that is read, in characters."""
_SEEDS = 2**31
_SYSTEM = """\
You search render settings: text is drawn on page images, and a model reads it back from them. You are the
crossover and mutation step of a genetic search. You see the settings tried so far, ranked, each with two
figures that should be small. Propose settings that beat them: combine good ones, change one or two values,
and now and then try something new. Never repeat settings that are in the history. Answer with one JSON
object and nothing else, {"proposals": [{...}, ...]}; each gives every setting a value of its axis."""
_TASK = """\
Axes, each with the values it may take:
{axes}

Figures: error = {error} (as a share), cost = {cost}.
Wanted: the lowest cost whose error is at most {target:g}.

History, best first (rank 0 is the Pareto front):
{history}

Propose {count} new settings."""


class Proposer(Protocol):
    """Replies to a prompt.

    Attributes:
        model: its name.
    """

    model: str

    def reply(self, prompt: Prompt, seed: int) -> str:
        """Return the reply to a prompt; raises BackendError."""
        ...


class ModelProposer:
    """A model behind a backend.

    Args:
        backend: generates the replies; not closed here.
        portal: runs it.
    """

    def __init__(self, backend: Backend, portal: Portal) -> None:
        self._backend, self._portal, self.model = backend, portal, backend.model

    def reply(self, prompt: Prompt, seed: int) -> str:
        """Generate one reply by sampling, since the same history may be sent again."""
        return self._portal.call(
            self._generate(Request(prompt, Sampling(temperature=0.8, seed=seed), _MOST_TOKENS))
        )

    async def _generate(self, request: Request) -> str:
        async with aclosing(self._backend.generate(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Completion):
                    return piece.text
        raise BackendError(f"{self.model}: ended without an answer; ask again")


class LlmSearch:
    """Asks a model for the next settings; unusable ones are repaired or dropped, and counted.

    Args:
        terms: the terms of the search.
        proposer: the model.
    """

    name = "llm"

    def __init__(self, terms: SearchTerms, proposer: Proposer) -> None:
        self._terms, self._proposer, self.identity = terms, proposer, proposer.model
        self._fonts = _labels([str(font) for font in terms.space.axes["font"]])

    def propose(self, tried: Sequence[Tried], count: int, rng: Random) -> Offer:
        """Ask once; raises BackendError if the model cannot be reached."""
        prompt = Prompt(_SYSTEM, (self._asked(tried, count),))
        reply = self._proposer.reply(prompt, rng.randrange(_SEEDS))
        offer = Offer()
        try:
            given = proposals_in(reply)
        except Unusable as error:
            offer.dropped.append(str(error))
            return offer
        offer.dropped += ["there are more than were asked for"] * max(0, len(given) - count)
        for one in given[:count]:
            try:
                read = parse_proposal(self._with_files(one), self._terms.space, self._terms.base)
            except Unusable as error:
                offer.dropped.append(str(error))
            else:
                offer.proposals.append(read.proposal)
                offer.repaired += read.repaired
        return offer

    def _asked(self, tried: Sequence[Tried], count: int) -> str:
        terms = self._terms
        axes = {name: [self._shown(value) for value in axis] for name, axis in terms.space.axes.items()}
        shown = [
            {
                "rank": rank,
                "error": round(one.error, 5),
                "cost": round(one.cost, 2),
                "settings": {name: self._shown(value) for name, value in one.proposal.values.items()},
            }
            for rank, one in ranked(tried, terms.target)[:_SHOWN]
        ]
        return _TASK.format(
            axes="\n".join(f"{name}: {_axis(values)}" for name, values in axes.items()),
            error=terms.units[0],
            cost=terms.units[1],
            target=terms.target,
            history="\n".join(map(json.dumps, shown)) or "nothing yet",
            count=count,
        )

    def _shown(self, value: Value) -> Value:
        return self._fonts.get(value, value) if isinstance(value, str) else value

    def _with_files(self, given: Any) -> Any:
        """Replace names of fonts by their files; an unknown name becomes None."""
        if not isinstance(given, dict) or not isinstance(given.get("font"), str):
            return given
        files = {label: font for font, label in self._fonts.items()}
        return {**given, "font": files.get(given["font"])}


def proposals_in(reply: str) -> list[Any]:
    """Parse the list of proposals from a reply: JSON after any reasoning, with or without a code fence.

    Raises Unusable for anything else.
    """
    if len(reply) > _LONGEST:
        raise Unusable(f"the reply is longer than {_LONGEST} characters")
    try:
        given = json.loads(transcription(reply), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unusable("the reply is not JSON") from error
    listed = given.get("proposals") if isinstance(given, dict) else given
    if not isinstance(listed, list) or not listed:
        raise Unusable('the reply has no list of "proposals"')
    return listed


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _axis(values: list[Value]) -> str:
    if ordered(tuple(values)) and len(values) > 12:
        return (
            f"numbers from {values[0]} to {values[-1]}, {len(values)} evenly"
            if _even(values)
            else str(values)
        )
    return json.dumps(values)


def _even(values: list[Value]) -> bool:
    steps = [float(after) - float(before) for before, after in pairwise(values)]
    return max(steps) - min(steps) < 1e-6


def _labels(fonts: Sequence[str]) -> dict[str, str]:
    """Name every font; paths of the user's files are not shown to the model."""
    found: dict[str, str] = {}
    for font in fonts:
        name = font if font in FONTS else Path(font).name
        while name in found.values():
            name += "'"
        found[font] = name
    return found

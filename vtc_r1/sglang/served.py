"""Checks of a model server, from its address to a solve through the loop."""

from collections.abc import Callable
from typing import Any

from vtc_r1.backends.wire.server import Answer, Server
from vtc_r1.closed import provider_at
from vtc_r1.errors import BackendError
from vtc_r1.settings import Settings
from vtc_r1.sglang import cache, load, pages, writing
from vtc_r1.sglang.check import Check, Finding
from vtc_r1.sglang.model_client import QUESTION, ModelClient
from vtc_r1.sglang.room import Room
from vtc_r1.solver import Solver

LAUNCH = "vtc-r1 launch"


class ServedModel:
    """The server that is checked: the checks of its address, and the order of those of its model.

    Args:
        settings: settings of the planned solves; they name the server.
        timeout: time limit of one request, in seconds.
    """

    def __init__(self, settings: Settings, timeout: float) -> None:
        self.settings = settings
        self.server = Server(settings.base_url or "", timeout=timeout)
        self.listed: Answer | None = None
        self.client: ModelClient | None = None

    def checks(self) -> list[Check]:
        """Return the checks, in order; each may assume that the essential ones before it have passed."""
        return [
            Check("reachable", self.reachable, essential=True),
            Check("key", self.key, essential=True),
            Check("model", self.model, essential=True),
            Check("context", self._with(self.context), essential=True),
            Check("images", self._with(pages.images), essential=True),
            Check("vision tokens", self._with(pages.vision_tokens)),
            Check("cache report", self._with(pages.cache_report)),
            Check("cached prefixes", self._with(cache.prefixes)),
            Check("pages apart", self._with(pages.apart)),
            Check("many pages", self._with(load.many_pages)),
            Check("repeatable", self._with(load.repeatable)),
            Check("reasoning", self._with(writing.reasoning)),
            Check("streaming", self._with(writing.streaming)),
            Check("solve", self._with(writing.solve)),
        ]

    def reachable(self) -> Finding:
        """Does a server answer at the address, and is it a `/v1` address?"""
        url = self.server.base_url
        provider = provider_at(url)
        if provider is not None and not provider.lists:
            return Finding("ok", f"{url} is {provider.host}, whose models are not compared")
        try:
            self.listed = listed = self.server.get("/models")
        except BackendError as error:
            return Finding("failed", str(error), f"start it ({LAUNCH} MODEL) or correct --base-url")
        if listed.status in (401, 403) or isinstance(listed.at("data"), list):
            return Finding("ok", f"{url} answers")
        if listed.status == 404 and url.endswith("/v1"):
            return Finding("warning", f"{url} answers, but does not list its models")
        answered = (
            f"answered {listed.status}" if listed.status != 200 else "answered without a list of models"
        )
        remedy = (
            "check the server's log"
            if listed.status >= 500
            else f"is --base-url right? SGLang's ends in /v1: {url}/v1"
        )
        return Finding("failed", f"{url} {answered}", remedy.replace("/v1/v1", "/v1"))

    def key(self) -> Finding:
        """Is the API key accepted?"""
        if self.listed is not None and self.listed.status in (401, 403):
            return Finding("failed", "the server rejects the API key", "set VTC_API_KEY to the server's key")
        return Finding("ok", "accepted, or none is needed")

    def model(self) -> Finding:
        """Is the model served? SGLang accepts any name and answers with the model that it has."""
        names = [entry.get("id") for entry in self._entries()]
        named = self.settings.model
        if named is None and len(names) == 1:
            named = str(names[0])
        if named is None:
            known = ", ".join(map(str, names)) or "no models that it lists"
            return Finding("failed", f"no model given; the server has {known}", "give --model NAME")
        if names and named not in names:
            known = ", ".join(map(str, names))
            return Finding("failed", f"{named} is not served; it has {known}", f"give --model {names[0]}")
        self.settings = self.settings.model_copy(update={"model": named})
        solver = Solver(**self.settings.solver_arguments())
        self.client = ModelClient(self.server, self.settings, solver, self._context())
        seen = (
            f"{named}, preset {solver.preset.name}, prompts {solver.prompts.name}, "
            f"profile {solver.renderer.profile.name}"
        )
        if not solver.preset.is_known:
            return Finding("warning", f"{seen}: unknown arithmetic", "name its family with --preset")
        if outside := solver.skeleton(QUESTION).warnings:
            return Finding("warning", outside[0], "leave these settings to the checkpoint")
        return Finding("ok" if names else "warning", seen if names else f"{named}, but it lists no models")

    def context(self, client: ModelClient) -> Finding:
        """Do a question, pages and a segment fit into the context?"""
        length = client.context
        if length is None:
            remedy = "behind SGLang's router, check the address of one server too"
            return Finding("warning", "the server does not report its context length", remedy)
        room = Room.of(client.solver)
        launch = f"relaunch with --context-length {room.rounded}"
        seen = f"{length:,} tokens"
        if length < room.least:
            return Finding(
                "failed",
                f"{seen}; a question, one page and a segment of {room.segment:,} need {room.least:,}",
                f"{launch}, or give a smaller --segment-tokens",
            )
        if length < room.whole:
            return Finding(
                "warning",
                f"{seen}; all {room.segments} segments as pages may need {room.whole:,}",
                f"{launch}, or give fewer --max-iterations or smaller --segment-tokens",
            )
        return Finding("ok", f"{seen}; all {room.segments} segments as pages need at most {room.whole:,}")

    def _context(self) -> int | None:
        """Return the context length that the server lists for the model."""
        named = (entry for entry in self._entries() if entry.get("id") == self.settings.model)
        length = next(named, {}).get("max_model_len")
        return length if isinstance(length, int) else None

    def _entries(self) -> list[dict[str, Any]]:
        """Return the models that the server lists."""
        data = self.listed.at("data") if self.listed is not None else None
        return [entry for entry in data or [] if isinstance(entry, dict)]

    def _with(self, check: Callable[[ModelClient], Finding]) -> Callable[[], Finding]:
        """Return a check of the model, whose client exists only once the earlier checks have passed."""

        def run() -> Finding:
            assert self.client is not None
            return check(self.client)

        return run

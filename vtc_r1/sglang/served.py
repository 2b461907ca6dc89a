"""Checks of a model server, from its address to a solve through the loop."""

from typing import Any

from vtc_r1.backends.openai import messages
from vtc_r1.errors import BackendError, VtcError
from vtc_r1.prompts import Prompt
from vtc_r1.renderers import Page
from vtc_r1.settings import Settings
from vtc_r1.sglang.check import Check, Finding
from vtc_r1.sglang.room import Room
from vtc_r1.sglang.server import Answer, Server
from vtc_r1.solver import Solver

QUESTION = "37 + 85 - 19 * 2 + 46"
LOOK = "What does the page say?"
LAUNCH = "vtc-r1 launch"
_FEW, _SEGMENT = 8, 48


class ServedModel:
    """A server under examination; every check is a method that returns a Finding.

    Args:
        settings: the settings of the solves to come; they name the server.
        timeout: seconds that one request may take.
    """

    def __init__(self, settings: Settings, timeout: float) -> None:
        self.settings = settings
        self.timeout = timeout
        self.server = Server(settings.base_url or "", timeout=timeout)
        self.listed: Answer | None = None
        self._solver: Solver | None = None

    def checks(self) -> list[Check]:
        """Return the checks, in order; each may rely on the essential ones before it."""
        return [
            Check("reachable", self.reachable, essential=True),
            Check("key", self.key, essential=True),
            Check("model", self.model, essential=True),
            Check("context", self.context, essential=True),
            Check("images", self.images, essential=True),
            Check("vision tokens", self.vision_tokens),
            Check("cache report", self.cache_report),
            Check("reasoning", self.reasoning),
            Check("streaming", self.streaming),
            Check("solve", self.solve),
        ]

    def reachable(self) -> Finding:
        """Does anything answer at the address, and is it a `/v1` address?"""
        url = self.server.base_url
        try:
            self.listed = listed = self.server.get("/models")
        except BackendError as error:
            return Finding("failed", str(error), f"start it ({LAUNCH} MODEL) or correct --base-url")
        if listed.status in (401, 403) or isinstance(listed.at("data"), list):
            return Finding("ok", f"{url} answers")
        if listed.status == 404 and url.endswith("/v1"):
            return Finding("warning", f"{url} answers, but cannot list its models")
        said = (
            f"answers {listed.status}" if listed.status != 200 else "answers with what is no list of models"
        )
        remedy = (
            "look at its log"
            if listed.status >= 500
            else f"is --base-url right? SGLang's ends in /v1: {url}/v1"
        )
        return Finding("failed", f"{url} {said}", remedy.replace("/v1/v1", "/v1"))

    def key(self) -> Finding:
        """Is the API key accepted?"""
        if self.listed is not None and self.listed.status in (401, 403):
            return Finding("failed", "the API key is refused", "set VTC_API_KEY to the server's key")
        return Finding("ok", "accepted, or none is needed")

    def model(self) -> Finding:
        """Is the model served? SGLang answers to any name, with whatever it has."""
        names = [entry.get("id") for entry in self._entries()]
        named = self.settings.model
        if named is None and len(names) == 1:
            named = str(names[0])
        if named is None:
            known = ", ".join(map(str, names)) or "nothing that it lists"
            return Finding("failed", f"no model named; it serves {known}", "give --model NAME")
        if names and named not in names:
            known = ", ".join(map(str, names))
            return Finding("failed", f"{named} is not served; {known} is", f"give --model {names[0]}")
        self.settings = self.settings.model_copy(update={"model": named})
        self._solver = Solver(**self.settings.solver_arguments())
        seen = f"{named}, preset {self._solver.preset.name}, profile {self._solver.renderer.profile.name}"
        return Finding("ok" if names else "warning", seen if names else f"{named}, which it cannot confirm")

    def context(self) -> Finding:
        """Does the context hold a question, pages and a segment?"""
        length = next(
            (entry.get("max_model_len") for entry in self._entries() if entry.get("id") == self._model), None
        )
        if not isinstance(length, int):
            remedy = "behind SGLang's router, check the address of one server as well"
            return Finding("warning", "the server does not tell its context length", remedy)
        room = Room.of(self.solver)
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
        return Finding("ok", f"{seen}; all {room.segments} segments as pages need {room.whole:,} at most")

    def images(self) -> Finding:
        """Does an image reach the model? A text-only model may drop it without a word."""
        page = self.solver.renderer.render("6 * 7 = 42")[0]
        remedy = "serve a vision model such as Qwen3-VL, with images allowed (--limit-mm-data-per-request)"
        answer = self._ask(LOOK, page)
        if answer.status != 200:
            return self._refused("a page", answer, remedy)
        plain = self._ask(LOOK)
        if plain.status != 200:
            return self._refused("a question without images", plain, "look at its log")
        counted = self._image_tokens(answer, plain)
        if counted is None:
            return Finding("warning", "it takes a page, but counts no tokens: whether it sees it is unknown")
        if counted <= 0:
            return Finding("failed", "it takes a page and drops it: the prompt costs no more tokens", remedy)
        return Finding("ok", f"a page of {page.width}×{page.height} px costs {counted} tokens")

    def vision_tokens(self) -> Finding:
        """Does a full page cost what we predict, and does the model see it pixel by pixel?"""
        profile, page = self.solver.renderer.profile, Room.full_page(self.solver.renderer)
        size = f"{page.width}×{page.height}"
        answer, plain = self._ask(LOOK, page), self._ask(LOOK)
        if answer.status != 200:
            return self._refused(f"a full page of {size} px", answer, "give another --profile")
        counted = self._image_tokens(answer, plain)
        if counted is None:
            return Finding("warning", "the server counts no tokens")
        exact = answer.at("usage", "prompt_tokens_details", "image_tokens") is not None
        if not 0 <= counted - page.vision_tokens <= (0 if exact else 2):
            return Finding(
                "failed",
                f"a page of {size} px costs {counted} tokens, not {page.vision_tokens}: it is resampled, "
                f"or the model is not of the family {profile.family}",
                "give the --preset or --profile of the model's family; set no pixel limits on the server",
            )
        resized = "×".join(map(str, profile.vision.resized(page.width, page.height)))
        if resized != size and profile.name != self.solver.preset.profile:
            return Finding("warning", f"{size} px are resampled to {resized}", "use a profile on the grid")
        return Finding("ok", f"{page.vision_tokens} for a full page of {size} px, as predicted")

    def cache_report(self) -> Finding:
        """Does the server say how much of a prompt came from its cache?"""
        page = Room.full_page(self.solver.renderer)
        answers = [self._ask(LOOK, page) for _ in range(2)]
        cached = answers[1].at("usage", "prompt_tokens_details", "cached_tokens")
        if isinstance(cached, int) and cached > 0:
            total = answers[1].at("usage", "prompt_tokens")
            return Finding("ok", f"{cached} of {total} tokens of a repeated prompt come from the cache")
        return Finding(
            "warning",
            "no cached tokens reported for a repeated prompt",
            "relaunch with --enable-cache-report",
        )

    def reasoning(self) -> Finding:
        """Does the text arrive as content? A reasoning parser can take all of it on an Instruct model."""
        answer = self._post(messages(self._question()), min(64, self.solver.budget.segment_tokens))
        if answer.status != 200:
            return self._refused("a question", answer, "look at its log")
        content = answer.at("choices", 0, "message", "content")
        thought = answer.at("choices", 0, "message", "reasoning_content")
        thinks = self.solver.preset.name == "qwen3-vl-thinking"
        if thought and not content and not thinks:
            return Finding(
                "failed",
                "the whole text arrives as reasoning_content, content is empty",
                "relaunch without --reasoning-parser: this model's template has no thinking mode",
            )
        if not content and not thought:
            return Finding("warning", "the model wrote nothing", "does the chat template suit the model?")
        return Finding(
            "ok", "reasoning arrives apart and is put back" if thought else "text arrives as content"
        )

    def streaming(self) -> Finding:
        """Do segments arrive as they grow?"""
        body = self._body(messages(self._question()), min(64, self.solver.budget.segment_tokens))
        options = {"stream": True, "stream_options": {"include_usage": True}}
        pieces, tokens = 0, None
        try:
            for event in self.server.stream("/chat/completions", {**body, **options}):
                found = Answer(200, event, "")
                if found.at("error") is not None:
                    return Finding("failed", f"the stream breaks: {found.complaint}", "look at its log")
                delta = found.at("choices", 0, "delta") or {}
                pieces += bool(delta.get("content") or delta.get("reasoning_content"))
                tokens = found.at("usage", "completion_tokens") or tokens
        except BackendError as error:
            return Finding("failed", str(error), "give --no-stream to solve")
        if not pieces:
            return Finding("failed", "nothing comes through a stream", "give --no-stream to solve")
        return Finding("ok", f"tokens: {tokens if tokens is not None else 'not counted'}, pieces: {pieces}")

    def solve(self) -> Finding:
        """Does the loop run: a segment, its page, another segment?"""
        few = min(_SEGMENT, self.solver.budget.segment_tokens)
        tiny = {"max_iterations": 2, "segment_tokens": few, "max_tokens": None, "max_seconds": self.timeout}
        settings = self.settings.model_copy(update={**tiny, "memory": "optical"})
        try:
            with Solver(**settings.solver_arguments()) as solver:
                trace = solver.solve(QUESTION)
        except VtcError as error:
            return Finding("failed", str(error), "correct the settings")
        pages = sum(len(iteration.pages_sent) for iteration in trace.iterations)
        seen = (
            f"{trace.status} after {len(trace.iterations)} of at most 3 segments, pages read: {pages}, "
            f"{trace.seconds:.1f} s"
        )
        if trace.status == "failed":
            return Finding("failed", trace.error or seen, "look at its log")
        if not pages and trace.answer is None:
            return Finding("warning", seen, "the model wrote nothing that a page could carry")
        return Finding("ok", seen)

    @property
    def solver(self) -> Solver:
        """The solver of the settings; there is one once the model is known."""
        assert self._solver is not None
        return self._solver

    @property
    def _model(self) -> str:
        return self.solver.backend.model

    def _entries(self) -> list[dict[str, Any]]:
        """The models that the server lists."""
        data = self.listed.at("data") if self.listed is not None else None
        return [entry for entry in data or [] if isinstance(entry, dict)]

    def _question(self) -> Prompt:
        asked = self.solver.preset.question(QUESTION)
        return self.solver.prompts.render(asked, (), iteration=0)

    def _ask(self, text: str, page: Page | None = None) -> Answer:
        """Ask about a page, or without one."""
        return self._post(messages(Prompt(None, (*([page] if page else []), text))), _FEW)

    def _post(self, sent: list[dict[str, Any]], tokens: int) -> Answer:
        try:
            return self.server.post("/chat/completions", self._body(sent, tokens))
        except BackendError as error:
            return Answer(0, None, str(error))

    def _body(self, sent: list[dict[str, Any]], tokens: int) -> dict[str, Any]:
        return {"model": self._model, "messages": sent, "max_tokens": tokens, "temperature": 0.0}

    def _refused(self, what: str, answer: Answer, remedy: str) -> Finding:
        if answer.status in (401, 403):
            remedy = "set VTC_API_KEY to the server's key"
        if answer.status == 0:
            return Finding("failed", f"{what}: {answer.complaint}", "look at its log, or raise --timeout")
        return Finding("failed", f"{what} is answered {answer.status}: {answer.complaint}", remedy)

    def _image_tokens(self, answer: Answer, plain: Answer) -> int | None:
        """Tokens of the image: as the server counts them, else what the prompt grew by."""
        counted = answer.at("usage", "prompt_tokens_details", "image_tokens")
        if isinstance(counted, int):
            return counted
        whole, without = answer.at("usage", "prompt_tokens"), plain.at("usage", "prompt_tokens")
        if not isinstance(whole, int) or not isinstance(without, int):
            return None
        return whole - without

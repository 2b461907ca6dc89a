"""A prompt set: the templates that belong to a kind of model.

A folder holds `question.jinja` (before the memory), `earlier.jinja` (an earlier segment carried
as text), `last.jinja` (after the memory; all that may vary between iterations), optionally
`system.jinja`, `facts.jinja` (exact values next to the pages), `summary.jinja` (around the model's summary of
its work), `summarise.jinja` (which asks for that summary), `document.jinja` (before a document's pages,
or around its text) and `documents-end.jinja` (after the last document), and `promptset.toml`, which decides
when a segment is final. `canary.jinja`, or the shared one, tells the model to repeat the codes of its pages;
it is part of the set only if canaries are on.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, cast, get_args

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from vtc_r1.answers import Rule
from vtc_r1.attachments import NOTHING, Attachments
from vtc_r1.disk.access import finite
from vtc_r1.documents.shown import Shown
from vtc_r1.errors import PromptError, UnknownName, UsageError
from vtc_r1.prompts.prompt import Note, Prompt
from vtc_r1.renderers.page import Page

_REQUIRED = ("question.jinja", "earlier.jinja", "last.jinja", "promptset.toml")
CANARY = "canary.jinja"
_OPTIONAL = (
    *("system.jinja", "facts.jinja", "summary.jinja", "summarise.jinja"),
    *("document.jinja", "documents-end.jinja"),
)
_DOCUMENT = "\n\nDocument {{ name }}:\n{% if text is not none %}{{ text }}\n{% endif %}"
"""Introduces a document if a set has no template for it."""
_CONTROL = re.compile(r"<(?=\|)")


def prompt_set_names() -> list[str]:
    """Names of the prompt sets that ship with the package."""
    folder = resources.files("vtc_r1.prompts")
    return sorted(entry.name for entry in folder.iterdir() if (entry / "promptset.toml").is_file())


class PromptSet:
    """The templates of one folder.

    Args:
        name: a shipped set's name, or the path of your own folder.
        system_file: text that replaces the set's system prompt, unchanged.
        canary: the pages have codes, which the model is told to repeat.

    Raises:
        UnknownName: neither a shipped set nor a folder.
        PromptError: a file is missing or unreadable, or `canary` is set and the model takes no instructions.
    """

    def __init__(self, name: str | Path, system_file: Path | None = None, *, canary: bool = False) -> None:
        folder = find_folder(name)
        self.name, self.canary = folder.name, canary
        sources = _read(folder)
        if canary:
            sources[CANARY] = _canary(folder, sources)
        self.rule = _rule(sources["promptset.toml"], folder)
        environment = Environment(undefined=StrictUndefined, autoescape=False)
        templates = {"document.jinja": _DOCUMENT, **sources}
        try:
            self._templates: dict[str, Template] = {
                key: environment.from_string(source)
                for key, source in templates.items()
                if key.endswith(".jinja")
            }
        except TemplateError as error:
            raise PromptError(f"prompt set {name}: {error}") from error
        self._system: str | None = None
        if system_file is not None:
            self._system = sources["system file"] = read_text(system_file)
        self.sha256 = hashlib.sha256(
            repr(sorted(sources.items())).encode("utf-8", "surrogatepass")
        ).hexdigest()

    def render(
        self,
        question: str,
        memory: Sequence[str | Page],
        *,
        iteration: int,
        final: bool = False,
        whole: bool = False,
        carries: str = "pages",
        attached: Attachments = NOTHING,
        documents: Sequence[Shown] = (),
        codes: int = 0,
    ) -> Prompt:
        """Make the prompt of one iteration.

        Args:
            question: the question as the user wrote it.
            memory: pages and earlier segments as text, oldest first.
            iteration: index of the iteration, 0 for the first.
            final: the budget is spent; ask for the answer now.
            whole: all of the reasoning must be one segment.
            carries: form in which earlier work comes back: `pages`, `text`, or the model's own `summary`.
            attached: what comes with the question; its pictures stand before it.
            documents: its documents as they are shown, between the question and the memory.
            codes: number of pages with a code that the model must repeat.
        """
        question = plain(question)
        first = self._fill("question.jinja", question=question)
        middle = [part if isinstance(part, Page) else self._text(part, final) for part in memory]
        pages = sum(isinstance(part, Page) for part in memory)
        last = self._fill(
            "last.jinja",
            question=question,
            iteration=iteration,
            final=final,
            whole=whole,
            notes=[part.kind for part in memory if isinstance(part, Note)],
            pages=pages,
            memory=len(memory),
            documents=len(documents),
        )
        if codes:
            last += self._fill(CANARY, pages=codes, final=final)
        parts = (*attached.images, first, *self._shown(documents), *middle, last)
        return Prompt(
            self._system_text(attached.system, whole, carries), tuple(part for part in parts if part)
        )

    def check_templates(self, policy: str, names: Sequence[str]) -> None:
        """Raise UsageError if the set lacks one of the templates that a memory policy needs."""
        if lacking := [name for name in names if name not in self._templates]:
            raise UsageError(
                f"memory {policy}: prompt set {self.name} has no {' and no '.join(lacking)}, so its model is "
                "never asked for one: choose another policy, or --prompts boxed or vtc for a model that can "
                "write one"
            )

    def _shown(self, documents: Sequence[Shown]) -> Iterator[str | Page]:
        """Yield the parts that show the documents, the same in every iteration."""
        for number, shown in enumerate(documents, 1):
            text = None if shown.text is None else plain(shown.text)
            name = plain(" ".join(shown.document.name.split()))
            values = {"name": name, "text": text, "pages": len(shown.pages)}
            yield self._fill("document.jinja", number=number, documents=len(documents), **values)
            yield from shown.pages
        if documents and "documents-end.jinja" in self._templates:
            yield self._fill("documents-end.jinja", documents=len(documents))

    def _system_text(self, more: str | None, whole: bool, carries: str) -> str | None:
        """Return the system prompt, followed by what a caller adds to it."""
        system = self._system
        if system is None and "system.jinja" in self._templates:
            system = self._fill("system.jinja", whole=whole, carries=carries)
        parts = (system, plain(more) if more else None)
        return "\n\n".join(part for part in parts if part) or None

    def _text(self, part: str, final: bool) -> str:
        """Render text of the memory with its template; a note may have none."""
        template = f"{part.kind}.jinja" if isinstance(part, Note) else "earlier.jinja"
        text = plain(part)
        return self._fill(template, text=text, final=final) if template in self._templates else text

    def _fill(self, template: str, **values: Any) -> str:
        try:
            return self._templates[template].render(**values)
        except Exception as error:  # a template can raise anything
            raise PromptError(f"prompt set {self.name}: {template}: {error}") from error


def plain(text: str) -> str:
    """Neutralise control tokens in text that a person or a model wrote.

    `<|im_end|>` and the like would be read as control tokens; `< |im_end|>` is read as text.
    """
    return _CONTROL.sub("< ", text).encode("utf-8", "replace").decode()


def find_folder(name: str | Path) -> Path:
    """Return the folder of a shipped set, or of your own; raises UnknownName."""
    if str(name) in prompt_set_names():
        return Path(str(resources.files("vtc_r1.prompts") / str(name)))
    folder = Path(name)
    if not folder.is_dir():
        raise UnknownName("prompt set", str(name), prompt_set_names())
    return folder.resolve()


def _read(folder: Path) -> dict[str, str]:
    absent = [name for name in _REQUIRED if not (folder / name).is_file()]
    if absent:
        raise PromptError(
            f"prompt set {folder}: {', '.join(absent)} missing; copy a shipped set and change it"
        )
    names = [*_REQUIRED, *(name for name in _OPTIONAL if (folder / name).is_file())]
    return {name: read_text(folder / name) for name in names}


def _canary(folder: Path, sources: dict[str, str]) -> str:
    """Return how the model is told to repeat codes: the set's own template, or the shared one."""
    if (folder / CANARY).is_file():
        return read_text(folder / CANARY)
    if "system.jinja" not in sources:
        raise PromptError(
            f"prompt set {folder.name}: its model takes no instructions, so it cannot be told to repeat a "
            f"canary; leave --canary out, or write {CANARY} in a prompt set of your own"
        )
    return (resources.files("vtc_r1.prompts") / CANARY).read_text(encoding="utf-8")


def read_text(path: Path) -> str:
    """Read a file of a prompt set; raises PromptError."""
    try:
        return finite(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: cannot be read ({error})") from error


def _rule(source: str, folder: Path) -> Rule:
    try:
        rule = tomllib.loads(source).get("final")
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"prompt set {folder}: promptset.toml: {error}") from error
    if rule not in get_args(Rule):
        raise PromptError(
            f"prompt set {folder}: promptset.toml: final = {rule!r}, expected one of {get_args(Rule)}"
        )
    return cast(Rule, rule)

"""What a reading task asks: the template `reading.jinja` of a prompt set, or the one for all shipped sets.

It is not part of a prompt set's identity: the loop never asks to read, and a built data set holds what was
asked.
"""

import hashlib
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError

from vtc_r1.errors import PromptError
from vtc_r1.prompts.promptset import find_folder, plain, prompt_set_names, read_text

FILE = "reading.jinja"
_NAMES = ("first", "last", "column", "after", "count", "question")


class ReadingPrompts:
    """Puts reading tasks into words.

    Args:
        name: a shipped prompt set's name, or the path of a folder of your own.

    Attributes:
        sha256: identity of the template.

    Raises:
        UnknownName: neither a shipped set nor a folder.
        PromptError: a folder of your own has no `reading.jinja`, or it cannot be read.
    """

    def __init__(self, name: str | Path) -> None:
        folder = find_folder(name)
        path = folder / FILE
        if not path.is_file():
            if str(name) not in prompt_set_names():
                raise PromptError(
                    f"prompt set {folder}: {FILE} missing, which says how reading tasks are asked; copy that "
                    "of vtc_r1/prompts and change it, or build without --reading"
                )
            path = Path(str(resources.files("vtc_r1.prompts") / FILE))
        source = read_text(path)
        self.sha256 = hashlib.sha256(source.encode()).hexdigest()
        self._path = path
        try:
            self._template = Environment(undefined=StrictUndefined, autoescape=False).from_string(source)
        except TemplateError as error:
            raise PromptError(f"{path}: {error}") from error

    def ask(self, task: str, **values: str | int | None) -> str:
        """Put one task into words; raises PromptError where the template has none for it.

        Args:
            task: `transcribe` the page; `lines` `first` to `last`, of `column` where there are several; the
                `count` words that follow `after` (`follows`); a `question` about a `value`.
            values: those of these names; the others are None.
        """
        try:
            asked = self._template.render(task=task, **{**dict.fromkeys(_NAMES), **values})
        except Exception as error:  # a template can raise whatever its expressions raise
            raise PromptError(f"{self._path}: {error}") from error
        if not asked.strip():
            raise PromptError(f"{self._path}: says nothing for the task {task!r}")
        return plain(asked.strip())

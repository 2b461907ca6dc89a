"""The questions of reading tasks: the template `reading.jinja` of a prompt set, or the shared one.

It is not part of a prompt set's identity: the loop never uses it, and a built data set stores the questions.
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
    """Formulates reading tasks.

    Args:
        name: a shipped prompt set's name, or the path of your own folder.

    Attributes:
        sha256: identity of the template.

    Raises:
        UnknownName: neither a shipped set nor a folder.
        PromptError: your own folder has no `reading.jinja`, or it cannot be read.
    """

    def __init__(self, name: str | Path) -> None:
        folder = find_folder(name)
        path = folder / FILE
        if not path.is_file():
            if str(name) not in prompt_set_names():
                raise PromptError(
                    f"prompt set {folder}: {FILE} is missing, which has the questions of reading tasks; copy "
                    "that of vtc_r1/prompts and change it, or build without --reading"
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
        """Return the question of a task; raises PromptError if the template has none.

        Args:
            task: `transcribe` the page; `lines` `first` to `last`, of `column` if there are several; the
                `count` words that follow `after` (`follows`); a `question` about a `value`.
            values: values for the names in `_NAMES`; the others are None.
        """
        try:
            asked = self._template.render(task=task, **{**dict.fromkeys(_NAMES), **values})
        except Exception as error:  # a template can raise anything
            raise PromptError(f"{self._path}: {error}") from error
        if not asked.strip():
            raise PromptError(f"{self._path}: has no question for the task {task!r}")
        return plain(asked.strip())

"""Commands as words, and whether the program's own parser takes them."""

import shlex
from collections.abc import Iterator
from typing import Any

import typer
from typer.exceptions import TyperException

from vtc_r1.cli.main import app

_ENDS = {"&&", "||", "|", ";", "&", "(", ")", ";;"}
_REDIRECTIONS = {">", ">>", "<", "2>", "&>"}


def simple_commands(source: str) -> Iterator[list[str]]:
    """The simple commands of a line of shell: words without assignments and redirections."""
    lexer = shlex.shlex(source.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.commenters = ""
    lexer.whitespace_split = True
    words: list[str] = []
    aside = False
    for token in lexer:
        if token in _ENDS:
            if words:
                yield words
            words = []
        elif token in _REDIRECTIONS:
            aside = True
        elif aside:
            aside = False
        elif words or not _assigns(token):
            words.append(token)
    if words:
        yield words


def refused(words: list[str]) -> str | None:
    """Return what the parser of `vtc-r1` says against the words behind the program's name, None if nothing.

    Nothing is run: no callback of a command, and none of `--version` and its like.
    """
    group: Any = typer.main.get_command(app)
    words = [word for word in words if word != "--debug"]
    own = {flag for parameter in group.params for flag in parameter.opts}
    if words and words[0] in own:
        return None
    context, command = group.context_class(group, info_name="vtc-r1"), group
    try:
        while hasattr(command, "commands"):
            name, command, words = command.resolve_command(context, words)
            parent, context = context, command.context_class(command, info_name=name, parent=context)
        command.make_context(name, list(words), parent=parent)
    except TyperException as error:
        return str(error.format_message())
    return None


def _assigns(token: str) -> bool:
    name, equals, _ = token.partition("=")
    return bool(equals) and name.isidentifier()

"""What stands below the flags of a command's help: examples, environment, files, exit codes."""

from collections.abc import Mapping

EXAMPLES, ENVIRONMENT, FILES, EXITS = "Examples", "Environment", "Files", "Exit codes"
COLOURS = {
    "NO_COLOR": "set to anything: no colours",
    "FORCE_COLOR": "set to anything: colours even where the output is not a terminal",
}
DONE = {0: "done", 2: "bad usage, or an input that cannot be read", 130: "interrupted"}
SETTINGS = {
    "VTC_BASE_URL, VTC_MODEL, …": "every setting has a variable, its name in capitals",
    "VTC_API_KEY, OPENAI_API_KEY": "key of the server, the first that is set; never stored",
}
SETTINGS_FILE = {"vtc.toml": "settings, in the working directory; flags and the environment come first"}


def manual(
    examples: Mapping[str, str],
    *,
    exits: Mapping[int, str],
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> str:
    """Write the sections as the epilog of a command.

    Args:
        examples: command lines that run, and what each does.
        exits: exit codes besides those that every command has, or in other words.
        environment: variables besides those that every command reads.
        files: what it reads and writes without being told to.
    """
    codes = {str(code): says for code, says in sorted({**DONE, **exits}.items())}
    shown = [f"  {line}\n      {says}" for line, says in examples.items()]
    sections = [_section(EXAMPLES, shown), _table(ENVIRONMENT, {**(environment or {}), **COLOURS})]
    if files:
        sections.append(_table(FILES, files))
    sections.append(_table(EXITS, codes))
    return "\n\n".join(sections)


def _table(title: str, rows: Mapping[str, str]) -> str:
    widest = max(map(len, rows))
    return _section(title, [f"  {name:<{widest}}  {says}" for name, says in rows.items()])


def _section(title: str, lines: list[str]) -> str:
    """Write one section; what stands in its lines is not markup."""
    body = "\n".join(lines).replace("[", r"\[")
    return f"[bold]{title}[/bold]\n{body}"

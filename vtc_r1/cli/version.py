"""What `vtc-r1 --version` prints."""

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def version_line() -> str:
    """Return the name, the version and, in a git checkout, its commit: `vtc-r1 0.1.0 (1a2b3c4-dirty)`."""
    commit = _commit(_ROOT)
    return f"vtc-r1 {version('vtc-r1')}" + (f" ({commit})" if commit else "")


def _commit(root: Path) -> str:
    """Return the short hash of a checkout, with `-dirty` after it where tracked files were changed.

    Empty outside of a checkout, without git, and where git refuses.
    """
    if not (
        root / ".git"
    ).exists():  # a package installed inside of another project's checkout has none beside it
        return ""
    # In a hook, git names the repository of the hook in variables, which count for more than the folder.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, env=ours, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return ""
    return done.stdout.strip()

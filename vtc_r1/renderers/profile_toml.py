"""A profile as the text of a TOML file that `load_profile` reads."""

import json
from typing import Any

from vtc_r1.renderers.profile import Profile

_DELETE = "\x7f"


def profile_toml(profile: Profile, comments: tuple[str, ...] = ()) -> str:
    """Return a profile as TOML: its family, and whatever differs from the default. Its name is the file's.

    Args:
        profile: the profile.
        comments: lines put before it.
    """
    values = profile.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
    lines = [f"# {' '.join(''.join(filter(_shows, line)).split())}".rstrip() for line in comments]
    lines += [f"{key} = {_value(value)}" for key, value in {"family": profile.family, **values}.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Write a string, number, truth value or list of them; a JSON string is a TOML string, except for DEL."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace(_DELETE, "\\u007f")


def _shows(character: str) -> bool:
    return character.isprintable() or character.isspace()

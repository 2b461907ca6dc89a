"""Variants of a profile, named by a word: `lines`, `reflow+typeset`, `paper`, `columns=2`."""

import json
from pathlib import Path

from vtc_r1.errors import ProfileError, UnknownName
from vtc_r1.renderers.profile import Profile, load_profile, profile_names

_LAYOUTS = ("lines", "reflow")
_LATEX = ("source", "linear", "typeset")


def variant(base: Profile, words: str) -> Profile:
    """Return `base` changed by `words`, joined by `+`.

    A word is a layout, a LaTeX mode, a `key=value` of the profile, or, as the first, the name or
    path of another profile to start from.

    Raises:
        UnknownName: a word is none of these.
        ProfileError: the resulting profile is invalid.
    """
    profile = base
    for place, word in enumerate(words.split("+")):
        if word in _LAYOUTS:
            profile = profile.replace(layout=word)
        elif word in _LATEX:
            profile = profile.replace(latex=word)
        elif "=" in word:
            profile = changed(profile, [word])
        elif place == 0 and (word in profile_names() or Path(word).suffix in (".toml", ".json")):
            profile = load_profile(word)
        else:
            raise UnknownName("variant", word, [*_LAYOUTS, *_LATEX, *profile_names(), "key=value"])
    return profile


def changed(profile: Profile, settings: list[str]) -> Profile:
    """Return `profile` with each `key=value` of `settings` applied; raises ProfileError."""
    fields = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise ProfileError(
                f"{setting!r} is not a setting of a profile: write key=value, such as columns=2"
            )
        fields[key.strip()] = _value(value.strip())
    return profile.replace(**fields)


def _value(text: str) -> object:
    """A number, list, true, false or null as JSON writes it; anything else unchanged."""
    try:
        return json.loads(text)
    except ValueError:
        return text

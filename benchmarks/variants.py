"""Profiles from the command line, with changes: `default,default:layout=lines,font_size=8`."""

import argparse

from pydantic import ValidationError

from vtc_r1.errors import ProfileError, UnknownName
from vtc_r1.renderers import Profile, load_profile, profile_names


def shipped() -> list[str]:
    """Every shipped profile but `nano`, which draws digits for the embedded model."""
    return [name for name in profile_names() if name != "nano"]


def parse_profiles(listed: str | None, changes: str | None = None) -> list[Profile]:
    """Read `name[:key=value[,key=value…]][,name…]`; `changes` (`key=value,…`) hold for every profile.

    Each profile is named after what was asked. Raises argparse.ArgumentTypeError for what is not one.
    """
    asked: list[list[str]] = []
    for part in listed.split(",") if listed else shipped():
        if "=" in part and ":" not in part:
            if not asked:
                raise argparse.ArgumentTypeError(f"{part!r} changes no profile: write name:key=value")
            asked[-1].append(part)
        else:
            name, _, change = part.partition(":")
            asked.append([name, *([change] if change else [])])
    common = changes.split(",") if changes else []
    return [_changed(name, [*own, *common]) for name, *own in asked]


def _changed(name: str, changes: list[str]) -> Profile:
    values: dict[str, str | None] = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise argparse.ArgumentTypeError(f"{change!r}: write key=value")
        values[key] = None if value == "none" else value
    try:
        profile = load_profile(name)
        unknown = set(values) - set(Profile.model_fields)
        if unknown:
            raise argparse.ArgumentTypeError(f"{name}: a profile has no field {', '.join(sorted(unknown))}")
        title = f"{name}:{','.join(changes)}" if changes else name
        return Profile(**profile.model_copy(update={**values, "name": title}).model_dump(warnings=False))
    except (ProfileError, UnknownName) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    except ValidationError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error.errors()[0]['msg']}") from error

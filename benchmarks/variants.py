"""Profiles from the command line, with changes: `default,default:layout=lines,font_size=8`."""

import argparse

from vtc_r1.errors import UsageError
from vtc_r1.renderers import Profile, load_profile, profile_names
from vtc_r1.renderers.variants import changed


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
    try:
        profile = changed(load_profile(name), [change.replace("=none", "=null") for change in changes])
        return profile.replace(name=f"{name}:{','.join(changes)}" if changes else name)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error

"""How many examples a property is tried with."""

from hypothesis import settings


def many_examples(number: int) -> settings:
    """Try a property with `number` examples, in the fast set with no more than its profile has."""
    if settings.get_current_profile_name() == "fast":
        number = min(number, settings.default.max_examples)
    return settings(max_examples=number)

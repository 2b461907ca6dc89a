"""Equal tokens: what one memory policy spent on a problem is what the others may spend on it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vtc_r1.errors import UsageError
from vtc_r1.eval.runs import Key, RunFolder
from vtc_r1.memory import Bounded, Forget, Policy, memory_policy
from vtc_r1.renderers import Profile
from vtc_r1.spec import divided

REFERENCE = "optical"  #: the policy whose tokens the others get
_EQUAL = f"equal={REFERENCE}"


def is_reference(memory: str) -> bool:
    """Whether a policy, in canonical form, is the one whose tokens others get."""
    return divided(memory)[0] == REFERENCE and not is_equal(memory)


def is_equal(memory: str) -> bool:
    """Whether the tokens of a policy, in canonical form, equal the reference's."""
    return _EQUAL in divided(memory)[1].split(",")


def with_equal_tokens(policies: Sequence[Policy]) -> Iterator[str]:
    """Yield the reference, then the other policies with its tokens, by their names in canonical form.

    Policies that carry nothing stay as they are. Raises UsageError for one that has no budget, or its own.
    """
    reference = next((one for one in policies if is_reference(one.name)), None)
    yield REFERENCE if reference is None else reference.name
    for one in policies:
        if one is reference:
            continue
        if issubclass(one.kind, Forget):
            yield one.name
        elif not isinstance(one.options, Bounded):
            raise UsageError(f"--equal-tokens: memory {one.name} takes no budget: leave it out")
        elif one.options.budget is not None:
            raise UsageError(f"--equal-tokens: memory {one.name} has a budget of its own: drop one of them")
        else:
            name, options = divided(one.name)
            yield memory_policy(f"{name}:{','.join(filter(None, (options, _EQUAL)))}", trusted=True).name


def limits_of(folder: Path, profile: Profile) -> Mapping[Key, tuple[int, ...]]:
    """Return, for each of the reference's solves that did not fail, its memory's tokens in each prompt.

    One more value limits all further prompts: the largest of these, but at least one page.

    Args:
        folder: its run.
        profile: of its pages.

    Raises:
        StorageError: the run cannot be read.
    """
    page = profile.vision.tokens(profile.width, profile.height)
    found: dict[Key, tuple[int, ...]] = {}
    for sample in RunFolder(folder).samples():
        iterations = sample.trace.iterations
        if iterations and sample.trace.status != "failed":
            spent = [each.carried.vision + each.carried.text for each in iterations]
            found[sample.key] = (*spent, max(page, *spent))
    return found

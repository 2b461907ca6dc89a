import pytest

from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.memory import memory_policy
from vtc_r1.spec import listed


@pytest.mark.parametrize(
    ("words", "specs"),
    [
        ("optical", ["optical"]),
        ("optical, text,optical", ["optical", "text"]),
        ("decay:after=2,budget=2000", ["decay:after=2,budget=2000"]),
        ("optical,decay:after=2,budget=90,text", ["optical", "decay:after=2,budget=90", "text"]),
        ("decay:after=2,facts:tokens=9,hybrid", ["decay:after=2", "facts:tokens=9", "hybrid"]),
        (",", []),
    ],
)
def test_policies_with_options_are_told_apart(words, specs):
    assert listed(words) == specs


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("decay", "decay"),
        ("decay:after=2", "decay"),
        ("decay: budget = 90 , after=3", "decay:after=3,budget=90"),
        ("decay:steps=0.5+0.25,by=scale", "decay:by=scale,steps=0.5+0.25"),
        ("auto:error=0.10", "auto:error=0.1"),
    ],
)
def test_a_policy_is_written_in_one_way(spec, name):
    policy = memory_policy(spec)
    assert policy.name == name
    assert memory_policy(name).options == policy.options


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("decya", UnknownName, "unknown memory policy 'decya': did you mean 'decay'"),
        ("decay:aftr=2", UnknownName, "unknown option of memory policy decay 'aftr': did you mean 'after'"),
        (
            "decay:after=soon",
            UsageError,
            "decay: after = 'soon': Input should be a valid integer",
        ),
        ("decay:after=0", UsageError, "greater than or equal to 1"),
        ("decay:steps=0.5+2", UsageError, "steps.1 = '2': Input should be less than 1"),
        ("decay:by=magic", UsageError, "by = 'magic': Input should be 'redraw' or 'scale'"),
        ("decay:after", UsageError, "'after' is not an option: write after=VALUE"),
        ("single:budget=9", UnknownName, "unknown option of memory policy single 'budget'"),
        ("reread:of=single", UsageError, "of = 'single'"),
        (":budget=9", UnknownName, "unknown memory policy ''"),
    ],
)
def test_what_is_no_policy_is_named(spec, error, says):
    with pytest.raises(error) as raised:
        memory_policy(spec)
    assert says in str(raised.value)

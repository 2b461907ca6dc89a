import pytest

from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.memory import density, memory_policy
from vtc_r1.memory.density import factor_of
from vtc_r1.renderers import Renderer, load_profile

DEFAULT = load_profile("default")
PROSE = "Therefore the argument of the first part carries over to the second one without change. " * 60
DIGITS = "314159 265358 979323 846264 338327 950288 419716 939937 510582 097494 " * 40


def cost(pages):
    return sum(page.vision_tokens for page in pages)


def test_fixed_draws_what_the_renderer_draws():
    drawn = density("fixed", DEFAULT).render(PROSE)
    assert [page.sha256 for page in drawn] == [page.sha256 for page in Renderer(DEFAULT).render(PROSE)]


def test_words_are_set_smaller_and_numbers_larger():
    chooses = density("content", DEFAULT)
    plain = Renderer(DEFAULT)
    assert cost(chooses.render(PROSE)) < cost(plain.render(PROSE))
    assert cost(chooses.render(DIGITS)) > cost(plain.render(DIGITS))
    assert "".join(page.text for page in chooses.render(DIGITS)) == DIGITS


@pytest.mark.parametrize("tokens", [200, 400, 800])
@pytest.mark.slow
def test_fit_takes_the_largest_type_that_costs_no_more(tokens):
    fits = density(f"fit:tokens={tokens}", DEFAULT)
    factor = fits.factor(PROSE)
    assert cost(fits.render(PROSE)) <= tokens or factor == 0.6
    if factor < 1.5:
        assert cost(density(f"fit:least={factor + 0.075},most=1.5,tokens=1", DEFAULT).render(PROSE)) > tokens


def test_a_memory_draws_as_dense_as_it_is_told_to_and_fades_from_there():
    dense = density("content:prose=0.8", DEFAULT)
    assert factor_of(dense, PROSE) == 0.8 and factor_of(Renderer(DEFAULT), PROSE) == 1
    memory = memory_policy("decay:after=1,block=1,steps=0.75")(dense)
    (first, *_) = memory.add(PROSE)
    memory.add("Go on.")
    assert 0 < memory.content()[0].vision_tokens < first.vision_tokens


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("fits", UnknownName, "did you mean 'fit'"),
        ("fit:token=3", UnknownName, "did you mean 'tokens'"),
        ("content:prose=9", UsageError, "density content: prose = '9': Input should be less than"),
    ],
)
def test_what_is_no_density_is_named(spec, error, says):
    with pytest.raises(error, match=says):
        density(spec, DEFAULT)

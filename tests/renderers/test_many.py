import pytest

from vtc_r1.errors import UnknownName
from vtc_r1.renderers import Renderer, render_many

pytestmark = pytest.mark.slow

TEXTS = [f"text {number}: " + "word " * (number * 7) for number in range(50)]


@pytest.mark.parametrize("processes", [1, 2])
def test_pages_come_in_the_order_of_the_texts(processes):
    found = [[page.sha256 for page in pages] for pages in render_many(TEXTS, processes=processes)]
    renderer = Renderer("default")
    assert found == [[page.sha256 for page in renderer.render(text)] for text in TEXTS]


def test_empty_texts_have_no_pages():
    assert list(render_many(["", "a", ""], processes=1))[::2] == [[], []]


def test_texts_are_taken_as_they_are_needed():
    taken = []

    def texts():
        for number in range(100_000):
            taken.append(number)
            yield "x"

    pages = render_many(texts(), processes=2)
    next(pages)
    pages.close()
    assert len(taken) < 200


def test_an_error_in_the_texts_is_raised():
    def texts():
        yield "x"
        raise RuntimeError("the file ends here")

    with pytest.raises(RuntimeError, match="the file ends here"):
        list(render_many(texts(), processes=2))


def test_bad_arguments_are_refused_at_once():
    with pytest.raises(UnknownName):
        render_many([], "defualt")
    with pytest.raises(ValueError, match="processes is 0"):
        render_many([], processes=0)

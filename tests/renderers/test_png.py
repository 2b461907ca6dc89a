import base64
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from tests.many_examples import many_examples
from vtc_r1.renderers import Renderer, png


def decoded(data):
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert (picture.format, picture.mode) == ("PNG", "L")
        return np.asarray(picture)


@many_examples(60)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70))))
def test_pillow_reads_the_same_pixels(pixels):
    assert np.array_equal(decoded(png.encode(pixels)), pixels)


def test_pages_decode_to_their_pixels():
    for page in Renderer("default").render("Let $x = 3$, then \\frac{1}{x} < 1.\n" * 400):
        assert np.array_equal(decoded(page.png), page.pixels)


def test_pixels_need_not_be_contiguous():
    pixels = np.arange(240, dtype=np.uint8).reshape(12, 20)[::2, ::3]
    assert np.array_equal(decoded(png.encode(pixels)), pixels)


def test_file_ends_where_the_picture_does():
    data = png.encode(np.zeros((3, 5), np.uint8))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert data.endswith(b"IEND\xaeB`\x82")


def test_data_uri_holds_the_png():
    page = Renderer("nano").render("1+1=2")[0]
    kind, _, data = page.data_uri.partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data, validate=True) == page.png


def test_notebooks_show_the_png():
    page = Renderer("nano").render("1+1=2")[0]
    assert page._repr_png_() == page.png

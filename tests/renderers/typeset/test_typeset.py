import hashlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples

pytest.importorskip("matplotlib", reason="formulas are drawn by matplotlib's mathtext")

from tests.renderers.typeset.formulas import DRAWN, REFUSED
from vtc_r1.renderers.latex import symbols
from vtc_r1.renderers.latex.commands import _HANDLERS
from vtc_r1.renderers.typeset import Picture, typeset

SIGN = re.compile(r"[0-9]|(?<![\\a-zA-Z])[a-z](?![a-zA-Z])|(?<!\\)[=<>|!]|[-+]")
OTHER = {"=": "<", "<": ">", ">": "=", "|": "/", "!": "?", "+": "-", "-": "+"}
UNSEEN = re.compile(
    r"\\[hv]?phantom\{[^{}]*\}|\\hspace\{[^{}]*\}|\\begin\{array\}\{[^ ]*\}|\\(?:text)?color\{[a-z]*\}"
    r"|\\(?:begin|end)\{[a-z]*\*?\}"
)


def draw(source, display=False, size=9):
    picture = typeset(source, size, display=display)
    assert picture is not None, source
    return picture


def height(source, display=False):
    return draw(source, display).ink.shape[0]


def content(picture):
    return picture.ink.shape, picture.ascent, picture.advance, picture.ink.tobytes()


def assert_sound(picture):
    ink = picture.ink
    rows = ink.shape[0]
    assert ink.dtype == np.uint8
    assert ink.any()
    assert 0 <= picture.ascent <= rows
    assert picture.advance > 0
    assert ink[:, -1].any()
    assert ink[0].any() or picture.ascent == 0
    assert ink[-1].any() or picture.ascent == rows


def solid(lines):
    """How many rows, or columns where transposed, are black from end to end of a box that they draw."""
    return int(((lines == 255).mean(axis=1) > 0.8).sum())


@pytest.mark.parametrize("display", [False, True])
@pytest.mark.parametrize("source", DRAWN)
def test_drawn(source, display):
    picture = draw(source, display)
    assert_sound(picture)
    assert picture.ink.shape[1] < picture.advance + 6


@pytest.mark.slow
@pytest.mark.parametrize("source", DRAWN)
def test_nothing_is_dropped(source):
    """Another sign in any place gives another picture."""
    before = content(draw(source, True))
    hidden = {at for match in UNSEEN.finditer(source) for at in range(*match.span())}
    for match in SIGN.finditer(source):
        if match.start() in hidden:
            continue
        sign = match[0]
        other = OTHER.get(sign) or (str((int(sign) + 3) % 10) if sign.isdigit() else "mq"[sign == "m"])
        changed = typeset(source[: match.start()] + other + source[match.end() :], 9, display=True)
        assert changed is None or content(changed) != before, (sign, match.start())


@pytest.mark.parametrize("source", REFUSED)
def test_refused(source):
    assert typeset(source, 9, display=False) is None
    assert typeset(source, 9, display=True) is None


def test_a_letter_stands_on_the_baseline():
    picture = draw("x")
    assert picture.ascent == picture.ink.shape[0]
    assert 4 <= picture.ascent <= 7
    assert 4 <= picture.advance <= 7


def test_a_descender_goes_below_the_baseline():
    picture = draw("p")
    assert 1 <= picture.ink.shape[0] - picture.ascent <= 3


def test_what_stands_high_keeps_its_distance_from_the_baseline():
    picture = draw("-")
    assert picture.ascent == picture.ink.shape[0]
    assert not picture.ink[-1].any()


def test_size_scales():
    small, large = draw("x+1"), draw("x+1", size=27)
    assert 2.7 < large.advance / small.advance < 3.3
    assert 2.2 < large.ascent / small.ascent < 3.8


def test_a_fraction_is_taller_than_its_parts_and_has_a_rule():
    picture = draw(r"\frac{x+1}{y+2}", True)
    assert picture.ink.shape[0] >= height("x+1") + height("y+2") + 1
    assert solid(picture.ink) == 1


def test_a_binomial_has_no_rule():
    assert solid(draw(r"\binom{12}{13}", True).ink) == 0


def test_display_fractions_are_larger_unless_they_are_asked_to_be_small():
    assert height(r"\frac{1}{2}", True) > height(r"\frac{1}{2}")
    assert height(r"\dfrac{1}{2}") == height(r"\frac{1}{2}", True)
    assert height(r"\tfrac{1}{2}", True) == height(r"\frac{1}{2}")


def test_limits_are_stacked_in_display_alone():
    inline, display = draw(r"\sum_{i=1}^{n}"), draw(r"\sum_{i=1}^{n}", True)
    assert display.ink.shape[0] > inline.ink.shape[0] + 3
    assert display.advance < inline.advance


def test_scripts_are_raised_and_lowered():
    assert draw("x^2").ascent > draw("x").ascent
    assert draw("x_2").ink.shape[0] - draw("x_2").ascent > 0
    assert content(draw("x^2")) != content(draw("x_2")) != content(draw("x2"))


def test_a_box_has_four_sides():
    bare, picture = draw("42"), draw(r"\boxed{42}")
    framed = picture.ink[:, picture.ink.any(axis=0)]
    assert (framed[0] == 255).all()
    assert (framed[-1] == 255).all()
    assert (framed[:, 0] == 255).all()
    assert (framed[:, -1] == 255).all()
    assert picture.ink.shape[0] >= bare.ink.shape[0] + 4
    assert picture.advance > bare.advance + 4


def test_a_box_within_a_formula_has_four_sides():
    ink = draw(r"\frac{\boxed{4}}{5}", True).ink
    assert solid(ink.T) == 0
    upright = (ink == 255).sum(axis=0)
    assert (upright >= 10).sum() >= 2


def test_rows_add_height():
    heights = [
        height(r"\begin{align*}" + r" \\ ".join(["x &= 1"] * rows) + r"\end{align*}") for rows in (1, 2, 3)
    ]
    assert heights[0] + 9 <= heights[1] <= heights[2] - 9


def test_relations_stand_below_one_another():
    alone = draw(r"\begin{align*} x &= 1 \end{align*}")
    below = draw(r"\begin{align*} x &= 1 \\ &= 1 \end{align*}")
    assert below.advance == alone.advance
    half = below.ink.shape[0] // 2
    upper, lower = below.ink[:half], below.ink[half:]
    first = int(np.flatnonzero(lower.any(axis=0))[0])
    assert (upper[:, first:].any(axis=0) == lower[:, first:].any(axis=0)).all()


def test_rules_of_an_array_are_drawn():
    bare = draw(r"\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}").ink
    ruled = draw(r"\begin{array}{c|c} 1 & 2 \\ \hline 3 & 4 \end{array}").ink
    assert solid(bare) == solid(bare.T) == 0
    assert solid(ruled) == solid(ruled.T) == 1
    framed = draw(r"\begin{array}{|cc|} \hline 1 & 2 \\ 3 & 4 \\ \hline \end{array}").ink
    assert solid(framed) == solid(framed.T) == 2


def test_fences_grow():
    flat, tall = draw(r"\left( x \right)"), draw(r"\left( \frac{x^2}{y} \right)", True)
    first = [int(np.count_nonzero(picture.ink[:, :4].any(axis=1))) for picture in (flat, tall)]
    assert first[1] > first[0] + 8
    assert draw(r"\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}").ink[:, :4].any(axis=1).mean() > 0.9


def test_an_invisible_fence_takes_no_place():
    assert draw(r"\left. \frac{x}{y} \right|").advance < draw(r"\left| \frac{x}{y} \right|").advance


def test_a_struck_number_differs_from_a_whole_one():
    struck, whole = draw(r"\cancel{111}"), draw("111")
    assert struck.ink.astype(int).sum() > whole.ink.astype(int).sum() + 500


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"a \le b", r"a \leq b"),
        (r"\frac12", r"\frac{1}{2}"),
        (r"45^\circ", r"45^{\circ}"),
        (r"\mbox{cm}", r"\text{cm}"),
        ("x^{2}", "x^2"),
        ("{x \\over y}", "{\\frac{x}{y}}"),
        (r"f^{\prime}", "f'"),
        (r"\left(x\right)", "(x)"),
    ],
)
def test_spellings_of_the_same(one, other):
    assert content(draw(one)) == content(draw(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x^{23}", "x^2 3"),
        (r"\frac{1}{23}", r"\frac{1}{2}3"),
        (r"\sqrt{23}", r"\sqrt{2}3"),
        (r"\overline{AB}", r"\overline{A}B"),
        (r"\sqrt{\frac{a}{b}}", r"\frac{\sqrt{a}}{b}"),
        (r"\sqrt[3]{x}", r"3\sqrt{x}"),
        (r"\left(x\right]", r"\left[x\right)"),
        ("f'", "f''"),
        (r"\mathbf{v}", "v"),
        (r"\begin{pmatrix} 1 & 2 \end{pmatrix}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"),
        (r"\binom{n}{k}", r"\frac{n}{k}"),
        (r"\vec{x}", r"\bar{x}"),
    ],
)
def test_what_differs_looks_different(one, other):
    for display in (False, True):
        assert content(draw(one, display)) != content(draw(other, display))


def test_pictures_are_not_written_to():
    with pytest.raises(ValueError, match="read-only"):
        draw("x").ink[0, 0] = 1


TEX = (
    r"\frac \sqrt \left \right ( ) [ ] \{ \} { } { } ^ _ & \\ \begin{array}{c} \end{array} \begin{cases} "
    r"\end{cases} \text{a} \text $ ' \boxed \over \sum \lim \overline \vec \mathbf \hline x 1 + = , . \, "
    r"\begin{align} \end{align} \substack \cancel \binom \not \operatorname \tag \phantom | \| \middle "
    r"\underbrace \xrightarrow \pmod \limits \mathbb \color \hspace \\[2pt] % # ~ \quad"
)
PIECES = st.sampled_from(TEX.split())


@given(st.lists(PIECES, max_size=14).map(" ".join), st.booleans())
@many_examples(250)
def test_hostile_tex(source, display):
    picture = typeset(source, 9, display=display)
    if picture is not None:
        assert_sound(picture)


@given(st.text(max_size=30), st.booleans())
@many_examples(150)
def test_hostile_text(source, display):
    picture = typeset(source, 9, display=display)
    if picture is not None:
        assert_sound(picture)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [r"\NAME", r"\NAME{x}", r"\NAME{x}{y}_1^2", r"\frac{\NAME x}{\NAME}"])
def test_every_control_word(shape):
    for name in {*symbols.SYMBOLS, *_HANDLERS}:
        picture = typeset(shape.replace(r"\NAME", name), 9, display=True)
        if picture is not None:
            assert_sound(picture)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*symbols.SYMBOLS} - {r"\ ", "\\\n", "\\\t"}))
def test_every_symbol_is_drawn_between_others(name):
    assert draw(f"x {name} y").advance > draw("x").advance


@pytest.mark.parametrize(
    "opening, closing",
    [
        ("{", "}"),
        (r"\frac{", "}{2}"),
        (r"\sqrt{", "}"),
        (r"\left(", r"\right)"),
        ("x^{", "}"),
        (r"\boxed{", "}"),
        (r"\begin{pmatrix}", r"\end{pmatrix}"),
        ("(", ")"),
        (r"\text{", "}"),
        ("{", ""),
        ("", "}"),
    ],
)
def test_deep_nesting(opening, closing):
    for depth in (5, 15, 30, 60, 200):
        typeset(opening * depth + "x" + closing * depth, 9, display=True)
    if opening not in ("(", r"\text{"):
        assert typeset(opening * 500 + "x" + closing * 500, 9, display=True) is None


def test_a_megabyte():
    assert typeset("x+" * 500_000, 9, display=False) is None
    assert typeset("{" * 1_000_000, 9, display=False) is None


@pytest.mark.process
def test_threads_draw_the_same():
    sources = [f"{source} + {number}" for number in range(3) for source in DRAWN[:25]]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda source: content(draw(source)), sources * 2))
    run = "; ".join(
        [
            "import hashlib, sys",
            "from vtc_r1.renderers.typeset import typeset",
            "pictures = [typeset(source, 9, display=False) for source in sys.argv[1:]]",
            "print(hashlib.sha256(b''.join(picture.ink.tobytes() for picture in pictures)).hexdigest())",
        ]
    )
    alone = subprocess.run([sys.executable, "-c", run, *sources], capture_output=True, text=True, check=True)
    digest = hashlib.sha256(b"".join(entry[-1] for entry in together[: len(sources)])).hexdigest()
    assert together[: len(sources)] == together[len(sources) :]
    assert alone.stdout.strip() == digest


@pytest.mark.process
def test_settings_of_matplotlib_change_nothing_and_nothing_is_printed():
    run = "; ".join(
        [
            "import sys, matplotlib",
            "matplotlib.rcParams.update({'mathtext.default': 'regular', 'text.hinting': 'none'})",
            "matplotlib.rcParams.update({'mathtext.fontset': 'cm', 'mathtext.rm': 'serif', 'font.size': 30})",
            "from vtc_r1.renderers.typeset import typeset",
            "refused = typeset(r'\\text{文} + x', 9, display=False)",
            "picture = typeset(sys.argv[1], 9, display=True)",
            "assert refused is None",
            "sys.stdout.buffer.write(picture.ink.tobytes())",
        ]
    )
    source = r"\frac{x^2 + \mathbf{v}}{\sqrt{3}} \text{ words}"
    done = subprocess.run([sys.executable, "-W", "error", "-c", run, source], capture_output=True, check=True)
    assert done.stdout == draw(source, True).ink.tobytes()
    assert done.stderr == b""


def test_a_picture_has_what_it_is_asked_for():
    picture = Picture(np.zeros((3, 2), np.uint8), 2, 2.5)
    assert (picture.ascent, picture.descent, picture.width, picture.is_blank) == (2, 1, 2, True)

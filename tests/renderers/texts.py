"""Texts and profiles that the renderer's tests share."""

from hypothesis import strategies as st

from vtc_r1.renderers import load_profile

DEFAULT, NANO = load_profile("default"), load_profile("nano")
SOURCE = DEFAULT.replace(name="source", latex="source")
LINES = SOURCE.replace(name="lines", layout="lines")
PROFILES = {
    "default": DEFAULT,
    "nano": NANO,
    "source": SOURCE,
    "lines": LINES,
    "narrow": DEFAULT.replace(name="narrow", width=32, height=2080),
    "packed nano": NANO.replace(name="packed nano", layout="reflow"),
    "columns": DEFAULT.replace(name="columns", columns=3),
    "set": SOURCE.replace(
        name="set",
        alignment="justify",
        first_line_indent=12,
        left_indent=5,
        right_indent=7,
        space_before=3,
        space_after=2.5,
        layout="lines",
    ),
    "right": LINES.replace(name="right", alignment="right"),
    "coloured": DEFAULT.replace(
        name="coloured",
        ink="#102030",
        background="#fffff0",
        newline_ink="#ff0000",
        newline_mark=" \\n ",
        paragraph_background="#eeeeff",
        border_color="#00ff00",
        border_width=1,
    ),
    "off the grid": LINES.replace(
        name="off the grid", width=595, height=842, on_grid=False, crop_width=True, crop_margin_x=10
    ),
}

TRICKY = " \t\n\r\0\x7f+=({[aé中文😀⏎⟨⟩U+0041\u0301\u05d0\u05d1\u200b\u2028\ufeff\ud800\udfff$\\^{}|`-~.,09"
FORMULAS = [
    *("$x^2$", r"$\frac{a+b}{2}$", "$$\\sum_{i=1}^n i$$", r"\(\alpha\)", r"\[x=1\]", "$$", r"\boxed{42}"),
    *("$5 and $6", "$\\unknown{x}$", "\\begin{align}a&=b\\\\c&=d\\end{align}", "$\\frac"),
    *("```\n$x$\n```\n", "| a | b |\n|---|---|\n| 1 | 2 |\n"),
]
_pieces = st.lists(st.characters() | st.sampled_from(TRICKY) | st.sampled_from(FORMULAS)).map("".join)
anything = st.builds(str.__mul__, _pieces, st.integers(1, 30))

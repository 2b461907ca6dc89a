import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.renderers.latex import linear_formula, linearise
from vtc_r1.renderers.latex.formula import formula
from vtc_r1.renderers.latex.spans import find

MATH500 = Path(__file__).parents[3].parent / "shared" / "data" / "math500.jsonl"

TEXTS = {
    "$x$": "x",
    "Let $x^{2}$ be": "Let x^2 be",
    r"so $$\frac12$$ then": "so 1/2 then",
    r"so\[x=\frac12\]then": "so x=1/2 then",
    r"a \(x_{n+1}\) b": "a x_(n+1) b",
    "so\n\\[\nx=1\n\\]\nthen": "so\nx=1\nthen",
    r"\begin{align*}a&=b\\&=c\end{align*}": "a=b=c",
    r"M=\begin{pmatrix}1&0\\0&1\end{pmatrix}": "M= [[1,0],[0,1]]",
    r"\begin{equation}x\end{equation}.": "x.",
    "$5 and $7": "$5 and $7",
    r"\$5": r"\$5",
    r"\$5 and $x$": r"\$5 and x",
    "$5-$7": "$5-$7",
    "$5 + $7 = $12": "$5 + $7 = $12",
    "I have $20 and he has $30.": "I have $20 and he has $30.",
    "It costs $5, so $x$ costs $10.": "It costs $5, so x costs $10.",
    "from $3 million to $5 million": "from $3 million to $5 million",
    "costs 5$ and 6$ each": "costs 5$ and 6$ each",
    "$2rs = -2,$ or": "2rs=-2, or",
    "$ x + 1 $": "x+1",
    "$3$": "3",
    "a $ b": "a $ b",
    "a $$ b": "a $$ b",
    "$$": "$$",
    "$$$$": "$$$$",
    "$ $": "$ $",
    r"\( x": r"\( x",
    r"x \)": r"x \)",
    r"\[ x \)": r"\[ x \)",
    r"\( a \( b \)": r"\( a b",
    r"\begin{align}x": r"\begin{align}x",
    r"\begin{tabular}{c}x\end{tabular}": r"\begin{tabular}{c}x\end{tabular}",
    r"a \\[2pt] b": r"a \\[2pt] b",
    "$a\n\nb$": "$a\n\nb$",
    "$x^{2$ and $y$": "$x^{2$ and y",
    r"$\frac{1}{2$": r"$\frac{1}{2$",
    r"$x^a^b$ and $y$": r"$x^a^b$ and y",
    r"$50%$": r"$50%$",
    '[asy] label("$x^{2}$"); [/asy] $x^{2}$': '[asy] label("$x^{2}$"); [/asy] x^2',
    "[asy] $x^{2}$": "[asy] $x^{2}$",
    "```\n$x^{2}$\n```\n$x^{2}$": "```\n$x^{2}$\n```\nx^2",
    "```\n$x^{2}$": "```\n$x^{2}$",
    "$n$th and $n$-gon": "nth and n-gon",
    "$n+1$-gon": "(n+1)-gon",
    "$x+1$/2": "(x+1)/2",
    "$2$3": "$2$3",
    "$x$$y$": "x y",
    "the$x$y": "the$x$y",
    "H$_2$O": "H_2 O",
    "10$^{th}$": "10^(th)",
    "5$^\\circ$": "5°",
    "f$(x)$": "f(x)",
    r"$a \text{ if $x^{2}$ holds}$": "a if x^2 holds",
    r"$\boxed{\frac{1}{2}}$.": r"\boxed{1/2}.",
    r"\boxed{\frac{1}{2}}": r"\boxed{\frac{1}{2}}",
    r"$\$5$": "$5",
    "中文$x^{2}$中文": "中文 x^2 中文",
    "": "",
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items(), ids=map(repr, TEXTS))
def test_text(text, expected):
    assert linearise(text) == expected


PIECES = [
    "$", "$$", r"\(", r"\)", r"\[", r"\]", "{", "}", "^", "_", "&", "\\\\", "[", "]", "'", " ", "\n",
    "|", "%", "~", r"\frac", r"\sqrt", r"\left", r"\right", "(", ")", r"\begin{cases}", r"\end{cases}",
    r"\begin{array}{c}", r"\end{array}", r"\text{", r"\over", r"\hline", r"\not", r"\tag", r"\foo",
    r"\pmod", r"\mathbb", r"\overset", r"\boxed", r"\operatorname", "[asy]", "[/asy]", "```", "\\", "1",
    "23", ".", ",", "x", r"\alpha", r"\,", "=", "+", r"\sum", r"\limits", r"\phantom", r"\xrightarrow",
    r"\middle", r"\substack", r"\cfrac", r"\color", r"\mathop",
]  # fmt: skip
latexish = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join)


@many_examples(600)
@given(latexish)
@example("\\middle.0")
def test_nothing_raises(text):
    assert isinstance(linearise(text), str)
    assert isinstance(linear_formula(text), str)


@many_examples(200)
@given(st.text(st.characters(exclude_characters="$\\")))
def test_text_without_formulas_is_unchanged(text):
    assert linearise(text) == text


@many_examples(200)
@given(latexish)
def test_what_stands_between_formulas_stays(text):
    shown, at = linearise(text), 0
    for span in find(text):
        assert at <= span.start <= span.inner <= span.outer <= span.end <= len(text)
        place = shown.find(text[at : span.start])
        assert place >= 0
        shown, at = shown[place + span.start - at :], span.end
    assert shown.endswith(text[at:])


@many_examples(200)
@given(st.from_regex(r"[A-Za-z0-9 +\-=(),.^_/√≤π·\n]{0,60}", fullmatch=True))
def test_linear_text_stays_as_it_is(text):
    assert linearise(linearise(text)) == text


HOSTILE = {
    "dollars": "$" * 100_000,
    "spaced dollars": "$ " * 50_000,
    "braces": "{" * 1_000_000,
    "brackets": r"\[" * 50_000,
    "parentheses": r"\(" * 50_000,
    "mixed openers": r"\( \[ $ $$ \begin{align} " * 10_000,
    "begins": r"\begin{align}" * 20_000,
    "fences": "```\n" * 30_000,
    "pictures": "[asy]" * 30_000,
    "backslashes": "\\" * 200_000,
    "open braces of words": r"$\text{" * 10_000,
    "surrogates": "$\ud800^{\udfff}$" * 1_000,
}
HOSTILE |= {
    "code that does not end": "`a " * 60_000,
    "code in code": "`" * 30_000 + " `` " * 30_000,
    "tags": "<code>" * 30_000,
    "dollars in braces": "$" + "{$" * 60_000,
    "words in words": r"$\text{" * 20_000 + "}$" * 20_000,
    "braced dollars": "${$}" * 50_000,
    "long runs": "$$$ " * 50_000,
    "doubles": "$$x " * 50_000,
    "patterns": r"\(a\)\1" * 30_000,
    "a line of groups": r"\(a\) " * 50_000 + r"\1",
    "one brace and dollars": "{" + "$x " * 60_000,
    "escapes": r"\{$" * 50_000,
    "letters": "$" + "ab " * 60_000 + "$",
    "blank lines": "$$" + "x\n\n" * 30_000 + "$$",
    "bold and plain": r"$\mathbf{x}x$ " * 20_000,
    "bars in a table": "|a|\n|-|\n" + "|$|x|$|\n" * 20_000,
    "100,000 formulas": "$x_1$ " * 100_000,
}
HOSTILE_FORMULAS = {
    "braces": "{" * 1_000_000,
    "fractions in fractions": r"\frac{1}{" * 500 + "x" + "}" * 500,
    "fraction soup": r"\frac" * 20_000,
    "scripts": "x^2" * 30_000,
    "a long sum": "+".join(["x"] * 30_000),
    "unknown commands": r"\foo{" * 10_000,
    "unknown options": r"\foo[" * 10_000,
    "bars": "|" * 50_000,
    "thin spaces": r"\," * 50_000,
    "fractions side by side": r"\frac12" * 10_000,
    "fractions far apart": (r"\frac12" + r"\," * 20) * 2_000,
    "words": r"\text{$x$}" * 5_000,
    "rows": r"\\" * 30_000,
    "primes": "x" + "'" * 30_000,
    "commas": "1," + " " * 200_000,
}
HOSTILE.update({f"formula of {name}": f"${source}$" for name, source in HOSTILE_FORMULAS.items()})


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_takes_no_long_time(text):
    began = time.process_time()
    assert isinstance(linearise(text), str)
    assert time.process_time() - began < 5


needs_math500 = pytest.mark.skipif(
    not MATH500.exists(), reason="MATH500 is not beside the repository (../shared/data/math500.jsonl)"
)


@pytest.fixture(scope="module")
def math500():
    rows = map(json.loads, MATH500.read_text(encoding="utf-8").splitlines())
    return [row[key] for row in rows for key in ("problem", "solution")]


@needs_math500
def test_nearly_every_formula_of_math500_is_converted_wholly(math500):
    formulas = [text[span.inner : span.outer] for text in math500 for span in find(text)]
    shown = [formula(source) for source in formulas]
    kept = [source for source, line in zip(formulas, shown, strict=True) if line is None]
    unknown = [line.text for line in shown if line and re.search(r"\\(?!boxed\{)", line.text)]
    assert len(formulas) > 5000
    assert len(kept) + len(unknown) <= 0.005 * len(formulas)


@needs_math500
def test_math500_shrinks(math500):
    texts = [text for text in math500 if "[asy]" not in text]
    assert sum(map(len, map(linearise, texts))) < 0.8 * sum(map(len, texts))

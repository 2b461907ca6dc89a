r"""What keeps its meaning: rows, rules, types of letters, denominators, bars, lists, words."""

import pytest

from vtc_r1.renderers.latex import linear_formula, linearise

FORMULAS = {
    r"\begin{aligned}&2x+y=3\\&-x+y=0\end{aligned}": "2x+y=3; -x+y=0",
    r"\begin{aligned}&x+y=1\\&\pm z=2\end{aligned}": "x+y=1; ±z=2",
    r"\begin{align}a&=b\\\pm c&=d\end{align}": "a=b; ±c=d",
    r"\begin{align}a&=b\\<p,q>&=1\end{align}": "a=b; <p,q>=1",
    r"\begin{align}a&<b\\&<c\end{align}": "a<b<c",
    r"\begin{align*}u&=1,&-v&=2\end{align*}": "u=1, -v=2",
    r"\begin{align*}u&=v&+w\end{align*}": "u=v+w",
    r"\begin{alignat}{3}2x&+3y&=5\\-x&+y&=1\end{alignat}": "2x+3y=5; -x+y=1",
    r"\begin{align}x&=a\\&+b\\&=c\end{align}": "x=a+b=c",
    r"\begin{align}a&=b+\\&\quad c\end{align}": "a=b+c",
    r"\begin{multline}a+b\\+c\\=d\end{multline}": "a+b+c=d",
    r"\left\{\begin{array}{rcl}x+y&=&1\\-x&=&2\end{array}\right.": "{x+y=1; -x=2}",
    r"\left\{\begin{array}{rrl}2x&+y&=1\\-x&-z&=2\end{array}\right.": "{2x+y=1; -x-z=2}",
    r"\left(\begin{array}{cc|c}1&2&3\\4&5&6\end{array}\right)": "[[1,2|3],[4,5|6]]",
    r"\begin{array}{c||c}\hline 1&2\\\hline\end{array}": "[---,[1||2],---]",
    "a=b\n\nc=d": "a=b; c=d",
    r"\frac{1}{\mathrm{ab}}": "1/(ab)",
    r"\frac{x}{\mathrm{PQ}^2}": "x/(PQ^2)",
    r"\frac{x}{\text{PQ}}": "x/(PQ)",
    r"\frac{\mathrm{m}}{\mathrm{s}}": "m/s",
    r"\frac{da}{db}": "da/(db)",
    r"\frac{\partial f}{\partial a}": "∂f/∂a",
    r"\epsilon+\varepsilon": "ϵ+ε",
    r"\mathcal{H}=\mathscr{H}": r"\mathcal{H}=\mathscr{H}",
    r"\mathcal{H}": "ℋ",
    r"\mathbf{u}+u": r"\mathbf{u}+u",
    r"\boldsymbol{\beta}\neq\beta": r"\boldsymbol{\beta}≠β",
    r"\mathbf{u}+v": "u+v",
    r"\smash[t]{x}+\smash{y}": "x+y",
    "10.0.0.1": "10.0.0.1",
    r"2\quad\frac{1}{3}": "2, 1/3",
    r"g\frac{a}{b}": "g·(a/b)",
    r"f'\frac{a}{b}": "f'·(a/b)",
    r"\{n\mid|n|<2\}": "{n | |n|<2}",
    r"\{n : |n|<2\}": "{n:|n|<2}",
    r"u\overset{f}\to v": "u overset(f,→) v",
    "of them x": "of them x",
    "cost = 5 per unit": "cost=5 per unit",
}
KEPT = [r"\begin{align}x&=a+b\\&-c=d\end{align}", r"\{n | |n|<2\}", r"{\bf x}+x", "x_max+1"]


@pytest.mark.parametrize(("source", "expected"), FORMULAS.items(), ids=FORMULAS)
def test_formula(source: str, expected: str) -> None:
    assert linear_formula(source) == expected


@pytest.mark.parametrize("source", KEPT)
def test_what_may_be_read_either_way_stays(source: str) -> None:
    assert linear_formula(source) == source


def test_a_letter_in_two_types_is_told_in_the_whole_text() -> None:
    assert linearise(r"Let $\mathbf{v}$ have length $v$; $w$.") == r"Let \mathbf{v} have length v; w."
    assert linearise(r"Let $\mathbf{v}$ have length $r$.") == "Let v have length r."


def test_a_bar_adds_no_column() -> None:
    head = "| a | b |\n|---|---|\n"
    assert linearise(head + r"| $P(A\mid B)$ | $\lvert x\rvert$ |") == head + "| P(A∣B) | ∣x∣ |"
    assert linearise(r"so $P(A\mid B)$") == "so P(A|B)"

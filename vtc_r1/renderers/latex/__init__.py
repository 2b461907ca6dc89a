r"""LaTeX to compact one-line Unicode, parenthesised by structure.

`linearise` converts the formulas of a text, `linear_formula` one formula. What the output means:

- Delimiters are dropped; what may be prose, money or code, and a formula without an unambiguous linear form,
keeps
  its source and its delimiters.
- `^` and `_` take one number, one letter, one sign or a parenthesis: `x^23` never comes from `x^{2}3`,
  which is `x^2 3`.
- `/` takes the product or sign before it and the one operand after it: `2x/3`, `1/(2x)`. A fraction in
  a product is in parentheses: `(1/3)x`, `2·(1/2)`. So is a root before more: `(√2)x`; `√(2x)` is one root.
- A whole number before a proper numeric fraction is a mixed number, with a space: `1 1/4`.
- Matrices are `[[a,b],[c,d]]`, determinants `det[[a,b],[c,d]]`, cases `{x, x>0; -x, x≤0}`; lines that an
  array draws are `|` and `---`: `[[a|b],---,[c|d]]`. Lines of equations are joined by `; `, or by nothing
  where one continues the line above; if that is ambiguous, the source stays.
- `C(n,k)` is a binomial, `root(n,x)` an n-th root, `bar(…)`, `vec(…)`, `hat(…)` an accent.
- `\boxed{…}` stays, with its inside converted; an unknown command stays as written, with its
  arguments. Bold and upright letters lose their style, except bold ones that the text also has in plain type.
- A blank between two words stays, also outside of `\text`. `·` is put before added parentheses that
  would otherwise look like those of an argument: `f·(a/b)`.
"""

from vtc_r1.renderers.latex.forms import linearise
from vtc_r1.renderers.latex.formula import linear_formula

__all__ = ["linear_formula", "linearise"]

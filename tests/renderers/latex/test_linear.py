import pytest

from tests.renderers.latex.formulas import EXPECTED, KEPT
from vtc_r1.renderers.latex import linear_formula
from vtc_r1.renderers.latex.symbols import BLACKBOARD, CHARACTERS, NEGATED, SCRIPT_LETTERS, SYMBOLS
from vtc_r1.renderers.loading import load_atlas


@pytest.mark.parametrize(("source", "expected"), EXPECTED.items(), ids=EXPECTED)
def test_formula(source, expected):
    assert linear_formula(source) == expected


@pytest.mark.parametrize("source", KEPT)
def test_a_formula_that_has_no_sound_form_keeps_its_source(source):
    assert linear_formula(source) == source


def test_the_table_is_as_large_as_promised():
    assert len(EXPECTED) >= 150


def test_every_symbol_has_a_glyph():
    atoms = [*SYMBOLS.values(), *CHARACTERS.values()]
    shown = {*"".join(atom.text for atom in atoms), *"".join(NEGATED.values()), *"√∛∜′‖"}
    shown |= {*BLACKBOARD.values(), *SCRIPT_LETTERS.values()}
    index = load_atlas("DejaVuSans", 9, None).index
    assert sorted(character for character in shown if index[ord(character)] < 0) == []


@pytest.mark.parametrize("opening", [r"\frac{1}{", r"\sqrt{", "{", "x^{", r"\left(", r"\boxed{", r"\text{$"])
def test_nesting_of_any_depth_is_no_error(opening):
    closing = {"{": "}", "(": r"\right)", "$": "$}"}[opening[-1]]
    for depth in (5, 50, 500):
        linear_formula(opening * depth + "x" + closing * depth)


def test_moderate_nesting_is_converted():
    source = r"\frac{1}{" * 8 + "x" + "}" * 8
    assert linear_formula(source) == "1/(" * 7 + "1/x" + ")" * 7


@pytest.mark.parametrize("depth", [24, 60, 500])
def test_deep_nesting_falls_back(depth):
    source = r"\frac{1}{" * depth + "x" + "}" * depth
    assert linear_formula(source) == source


def test_bare_argument_chains_are_no_error():
    for source in (r"\sqrt" * 5000 + "2", r"\frac" * 5000 + "1" * 9000, "x^" * 5000 + "2", "x_{" * 5000):
        assert linear_formula(source) == source

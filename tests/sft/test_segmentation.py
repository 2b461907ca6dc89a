import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from tests.sft.openr1 import trace
from vtc_r1.segments.boundaries import Boundaries
from vtc_r1.sft.segmentation import segment_inftythink, segment_lines, segment_soundly
from vtc_r1.tokens import TokenCounter

COUNTER = TokenCounter(rate=3.2)
SNIPPETS = [
    "Wait, is it so? ",
    "Then it holds. ",
    "e.g. this ",
    "1. First item\n",
    "\n\n",
    "\r\n\r\n",
    "\n \t\n",
    "$x^2 + y^2 = z^2$ ",
    "\\[a = \\frac{1}{2}\\]",
    "$$\nx\n\n= 1\n$$\n",
    "```\ncode. More\n\ncode\n```\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}\n",
    "$5 and $6 ",
    "```\n",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "e\u0301\u0301",
    "\u200d\u202e\u2028",
    "证明。因此，",
    "word ",
    "x" * 40,
]
TEXTS = st.one_of(st.text(max_size=600), st.lists(st.sampled_from(SNIPPETS), max_size=60).map("".join))


def parts(text, spans):
    return [text[start:end] for start, end in spans]


@many_examples(400)
@given(TEXTS, st.integers(8, 120))
@example("", 8)
@example("\n\n\n", 8)
def test_sound_segments_join_to_the_trace_and_never_overshoot(text, most):
    ruler = COUNTER.ruler(text)
    spans = segment_soundly(text, ruler, most)
    assert "".join(parts(text, spans)) == text
    assert all(start < end for start, end in spans) or not text
    assert all(ruler.count(*span) <= most for span in spans)


@many_examples(300)
@given(TEXTS, st.integers(8, 120))
def test_formulas_blocks_and_tables_that_fit_a_segment_are_whole(text, most):
    ruler = COUNTER.ruler(text)
    boundaries = Boundaries(text)
    for _, end in segment_soundly(text, ruler, most)[:-1]:
        torn = boundaries.around(end)
        assert torn is None or ruler.count(*torn) > most


@many_examples(300)
@given(TEXTS, st.integers(1, 120))
def test_segments_by_the_papers_rule_join_to_the_trace(text, budget):
    ruler = COUNTER.ruler(text)
    spans = segment_inftythink(text, ruler, budget)
    assert "".join(parts(text, spans)) == text
    assert all(ruler.count(*span) > budget for span in spans[:-1])


@many_examples(200)
@given(TEXTS, st.integers(1, 5))
def test_segments_by_lines_join_to_the_trace(text, lines):
    segments = parts(text, segment_lines(text, lines))
    assert "".join(segments) == text
    counts = [sum(bool(line.strip()) for line in segment.split("\n")) for segment in segments]
    assert all(count == lines for count in counts[:-1]) and counts[-1] < 2 * lines
    assert all(segment.strip() for segment in segments) or not text.strip()


def test_segments_of_a_long_trace_are_within_bounds_and_end_steps():
    text = trace(200)
    ruler = COUNTER.ruler(text)
    spans = segment_soundly(text, ruler, 400)
    assert len(spans) > 20
    for start, end in spans:
        assert 200 <= ruler.count(start, end) <= 400
        assert text[:end].endswith("\n\n") or end == len(text)


@pytest.mark.parametrize("steps", range(8, 30))
def test_the_last_segment_is_never_short(steps):
    text = trace(steps)
    ruler = COUNTER.ruler(text)
    assert all(ruler.count(*span) >= 200 for span in segment_soundly(text, ruler, 400)[-2:])


def test_an_announcing_paragraph_stays_with_what_it_announces():
    text = (
        "So this is a sentence. " * 16
        + "I find:\n\n$$x = 1$$\n\nwhich is what I wanted. "
        + "More follows. " * 14
    )
    ruler = COUNTER.ruler(text)
    (_, cut), *_ = segment_soundly(text, ruler, 130)
    assert not text[:cut].rstrip().endswith(":")


def test_sentences_come_before_lines_and_a_lists_numbers_end_none():
    text = "\n".join(
        f"{n}. Here is item {n}, which is plain, and then\nit goes on to its end" for n in range(30)
    )
    ruler = COUNTER.ruler(text)
    for _, cut in segment_soundly(text, ruler, 100)[:-1]:
        assert text[cut - 1] == "\n"


def test_a_block_longer_than_a_segment_is_cut_at_a_lines_end():
    text = "Look.\n\n```\n" + "\n".join(f"line {n} of code" for n in range(100)) + "\n```\n"
    ruler = COUNTER.ruler(text)
    spans = segment_soundly(text, ruler, 64)
    assert all(text[end - 1] == "\n" for _, end in spans)
    assert all(ruler.count(*span) <= 64 for span in spans)


def test_a_formula_moves_to_the_next_segment_rather_than_being_torn():
    formula = "$" + " + ".join(f"x_{n}" for n in range(40)) + "$"
    text = "A beginning. " * 4 + formula + " An end. " * 20
    ruler = COUNTER.ruler(text)
    assert any(formula in part for part in parts(text, segment_soundly(text, ruler, 100)))


def test_the_papers_rule_overshoots_and_joins_what_starts_low():
    text = "Aaaa aaaa.\n\nbbbb bbbb\n\nCccc cccc.\n\nDddd."
    assert parts(text, segment_inftythink(text, COUNTER.ruler(text), 2)) == [
        "Aaaa aaaa.\n\nbbbb bbbb\n\n",
        "Cccc cccc.\n\n",
        "Dddd.",
    ]


@pytest.mark.model
def test_counts_are_those_of_the_tokenizer(tmp_path):
    nano = pytest.importorskip("vtc_r1.sft.nano")
    pytest.importorskip("transformers")
    nano.write_processors(tmp_path, nano.tokenizer())
    counter = TokenCounter(tmp_path / "tokenizer.json")
    text = "Let é be 1.\n\n" * 3 + "证明"
    ruler = counter.ruler(text)
    assert ruler.count(0, len(text)) == len(text.encode()) == counter.count(text)
    for position in range(len(text) + 1):
        assert ruler.count(0, position) == len(text[:position].encode())
        assert ruler.count(0, ruler.reach(0, position)) <= position
    spans = segment_soundly(text, ruler, 16)
    assert all(len(text[start:end].encode()) <= 16 for start, end in spans)

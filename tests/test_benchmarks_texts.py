"""The check of formulas in texts: what it takes for the same, and for another meaning."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "linear_texts.py"
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    linear_texts = importlib.import_module("linear_texts")

KATEX = Path(os.environ.get("VTC_KATEX", "absent"))
"""Folder in which `npm install katex` was run."""
needs_katex = pytest.mark.skipif(
    shutil.which("node") is None or not (KATEX / "node_modules" / "katex").is_dir(),
    reason="needs Node, and VTC_KATEX=FOLDER in which npm install katex was run",
)


def mathml(body):
    return f'<span class="katex"><math xmlns="http://www.w3.org/1998/Math/MathML">{body}</math></span>'


FRACTION = "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>"
ROOTED = "<mroot><mi>x</mi><mi>n</mi></mroot>"


@pytest.mark.parametrize(
    ("theirs", "ours", "alike"),
    [
        (FRACTION, "(a+b)/2", True),
        (FRACTION, "(a-b)/2", False),
        (FRACTION, "(b+a)/2", False),
        (FRACTION, "(a+b)/3", False),
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^2", True),
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^3", False),
        (ROOTED, "root(n,x)", True),
        ("<msqrt><mn>2</mn></msqrt><mo>≤</mo><mi>π</mi>", "√2≤π", True),
        ("<msqrt><mn>2</mn></msqrt><mo>≤</mo><mi>π</mi>", "√2≥π", False),
        ("<mover><mi>x</mi><mo>ˉ</mo></mover>", "bar(x)", True),
        ("<mi>a</mi><mspace width='1em'/><mphantom><mi>q</mi></mphantom><mi>b</mi>", "a b", True),
    ],
)
def test_leaves_tell_meanings_apart(theirs, ours, alike):
    found = linear_texts.are_alike(
        linear_texts.of_mathml(mathml(theirs)), linear_texts.of_line(ours), in_order=True
    )
    assert found == alike


def test_texts_are_the_strings_of_any_rows(tmp_path):
    file = tmp_path / "rows.jsonl"
    rows = [{"a": "one", "n": 3, "b": "two"}, {"b": "three", "nested": {"a": "four"}}]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    assert linear_texts.texts_of(file, []) == ["one", "two", "three"]
    assert linear_texts.texts_of(file, ["b"]) == ["two", "three"]


def checked(tmp_path, texts):
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    words = [sys.executable, str(SCRIPT), str(file), "--katex", str(KATEX)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.process
@needs_katex
def test_texts_that_stay_what_they_are_pass(tmp_path):
    texts = [
        r"Let $x=\frac{a+b}{2}$, so \(\sqrt[3]{x} \le \pi\) and \[\sum_{i=1}^{n} i^2.\]",
        r"$\left\{\begin{array}{l}x+y=1\\x-y=3\end{array}\right.$ costs $5 or 20$ a piece",
    ]
    done = checked(tmp_path, texts)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "texts 2, " in done.stdout and "changed 0, " in done.stdout and "alike 4, " in done.stdout


@pytest.mark.process
@needs_katex
def test_a_form_that_says_something_else_fails(tmp_path, monkeypatch):
    """The printer is made wrong in the process that checks: a sign of every formula is another one."""
    broken = "import sys; sys.argv[0] = 'x'; import linear_texts as check; forms = check.forms\n"
    broken += "check.forms = lambda *given: [form and form.replace('+', '-') for form in forms(*given)]\n"
    broken += "raise SystemExit(check.main())"
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"text": "so $a+b=c$ holds"}), encoding="utf-8")
    words = [sys.executable, "-c", broken, str(file), "--katex", str(KATEX)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=SCRIPT.parent)
    assert done.returncode == 1 and "changed: 'a+b=c'" in done.stdout

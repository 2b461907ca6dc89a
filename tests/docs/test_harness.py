"""What reads the pages sees every way in which one can be wrong."""

import os
import sys
from pathlib import Path

import pytest

from tests.docs.answers import asked, right_answer
from tests.docs.commands import refused, simple_commands
from tests.docs.environment import present
from tests.docs.page import Malformed, Prints, parse
from tests.docs.printed import differs, foreign
from tests.docs.reader import Reader
from tests.docs.steps import split_comment, steps


def troubles(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with a page."""
    folder = tmp_path / "clone"
    folder.mkdir()
    variables = present().variables(tmp_path / "home", tmp_path / "cache")
    with Reader(parse(text, "page.md"), folder, tmp_path / "notes", variables) as reader:
        reader.run()
    return reader.troubles


def shell(*lines: str, before: str = "") -> str:
    return "\n".join((before, "```bash", *lines, "```", ""))


@pytest.mark.process
@pytest.mark.parametrize(
    "text",
    [
        shell("echo 1  # prints 1"),
        shell("false  # exit code 1"),
        shell("(echo 5; exit 3)   # what it is: prints 5, exit code 3"),
        shell("false", before="<!-- not run: needs a GPU -->"),
        shell("false", "echo 2  # prints 2", before="<!-- not run (fal): needs a GPU -->"),
        shell("mkdir a && cd a", "echo x > y", "export Z=1", "cat y; echo $Z; pwd")
        + "<!-- prints; varies: paths -->\n```text\nx\n1\n/here\n```\n",
        shell("cat <<'END'", "a # b", "END") + "<!-- prints -->\n```text\na # b\n```\n",
        shell("echo one \\", "  two") + "<!-- prints -->\n```text\none two\n```\n",
        shell("echo it >&2") + "<!-- prints on standard error -->\n```text\nit\n```\n",
        "<!-- file: a/b.txt -->\n```text\nhello\n```\n" + shell("cat a/b.txt  # prints hello"),
        "```console\n$ echo 1; echo 2 >&2\n1\n2\n$ false  # exit code 1\n$ echo a \\\n    b\na b\n```\n",
        "```python\nx = 1\n```\n\n```python\nprint(x + 1)\n```\n\n<!-- prints -->\n```text\n2\n```\n",
        "1. A list\n\n   ```bash\n   echo 1  # prints 1\n   ```\n",
    ],
)
def test_a_page_that_holds(tmp_path, text):
    assert troubles(tmp_path, text) == []


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "what"),
    [
        (shell("false"), "ended with 1 instead of 0"),
        (shell("true  # exit code 1"), "ended with 0 instead of 1"),
        (shell("false | true"), "ended with 1 instead of 0"),
        (shell("no-such-program"), "ended with 127"),
        (shell("echo 2  # prints 1"), "printed was\n2"),
        (shell("echo 1; echo 2  # prints 1"), "printed was\n1\n2"),
        (shell("echo 12") + "<!-- prints -->\n```text\n1\n```\n", "printed was\n12"),
        (shell("echo 1 s") + "<!-- prints; varies: seconds -->\n```text\n1 x\n```\n", "printed was"),
        (shell("cat not-made.txt"), "No such file"),
        (shell("echo 'a.py:3: FutureWarning: gone soon' >&2"), "not ours"),
        ("```console\n$ echo 1\n2\n```\n", "printed was\n1"),
        ("```python\nprint(1)\n```\n\n<!-- prints -->\n```text\n2\n```\n", "printed was\n1"),
        ("```python\nraise ValueError('no')\n```\n", "ValueError: no"),
        ("```python\nprint(\n```\n", "SyntaxError"),
        ("```python\nimport warnings\nwarnings.warn('old')\n```\n", "UserWarning"),
        ("```python\nimport os\nos._exit(3)\n```\n", "ended with -1"),
    ],
)
def test_a_page_that_does_not_hold(tmp_path, text, what):
    said = troubles(tmp_path, text)
    assert all(one.startswith("page.md:") for one in said)
    assert what in "\n".join(said)


@pytest.mark.process
def test_an_answer_that_is_wrong_is_seen_although_the_page_says_nothing(tmp_path):
    wrong = shell('vtc-r1 solve "4 * 5 + 6 - 7 * 8" --memory blank', 'vtc-r1 solve "1 + 2 * 3"')
    (said,) = troubles(tmp_path, wrong)
    assert "right is '-30'" in said


@pytest.mark.process
@pytest.mark.parametrize(
    "text",
    [
        shell("true", before="<!-- not rum: typo -->"),
        shell("true", before="<!-- not run -->"),
        shell("true", before="<!-- not run (false): needs a GPU -->"),
        shell("true", before="<!-- prints -->"),
        "<!-- prints -->\n```text\nof nothing\n```\n",
        shell("true") + "<!-- prints; varies: moods -->\n```text\n\n```\n",
        shell("echo 'open"),
        "```console\nno prompt\n```\n",
        "Needs: `pip install .`\nNeeds: `pip install .`\n",
    ],
)
def test_a_page_that_breaks_a_convention_is_refused(text):
    with pytest.raises(Malformed):
        steps(parse(text, "page.md"))


@pytest.mark.parametrize(
    ("line", "extras"),
    [
        ('Needs: `pip install ".[local,eval]"`.', {"local", "eval"}),
        ("Words. Needs: `pip install .`; more words.", set()),
        ('Needs: `pip install -e ".[bench]"`', {"bench"}),
        ('Needs: `pip install "vtc-r1[pdf]"` for PDF', {"pdf"}),
        ('```bash\npip install ".[local]" && vtc-r1 plan\npip install .\n```\n', {"local"}),
        ("Nothing.", set()),
    ],
)
def test_the_extras_of_a_page(line, extras):
    assert parse(line, "page.md").extras == extras


@pytest.mark.parametrize(
    "line",
    [
        "/x/lib/python3.11/site-packages/transformers/a.py:361: FutureWarning: `x` is deprecated",
        "  warnings.warn('x', DeprecationWarning)",
        "Traceback (most recent call last):",
        "[transformers] `x` is old",
        "WARNING:root:something",
        "[W1129 06:11:00.1 socket.cpp:200] no",
        "Generating train split:  10%|█         | 1/10",
        "Map: 100 examples/s",
        "You are sending unauthenticated requests to the HF Hub",
        "INFO:     Uvicorn running on http://127.0.0.1:8000",
        "Exception ignored in: <function x>",
        "bash: line 1: vtc-r1: command not found",
        "warning: `VIRTUAL_ENV` does not match",
        "resource_tracker: There appear to be 1 leaked semaphore objects",
    ],
)
def test_what_is_not_ours_is_told(line):
    assert foreign(f"vtc-r1: ours\n{line}\n") == [line]


@pytest.mark.parametrize(
    "line",
    [
        "vtc-r1: interrupted",
        "answered · 4 iterations · 53 tokens written · compression 2.1× · 6.5 s",
        "11 of 11 rows  5.2 rows/s  10 examples  2 rows dropped  0:00 left",
        "arithmetic · optical: 4 of 4 done, 100.0 % right · 444.9 solves/min · 159 tokens/s",
        "<think>",
        "step 50/1000  loss 0.0001  23 min left",
    ],
)
def test_what_is_ours_is_not(line):
    assert foreign(line) == []


@pytest.mark.parametrize(
    ("shown", "out", "varies"),
    [
        ("a … c", "a b and more c", ()),
        ("first\n…\nlast", "first\n1\n2\nlast", ()),
        ("…\nlast", "last", ()),
        ("took 1.3 s, 20 ms", "took 12 s, 1,000.5 ms", ("seconds",)),
        ("vtc-r1 0.1.0", "vtc-r1 1.12.3", ("versions",)),
        ("at /a/b", "at /tmp/x-1/y.z", ("paths",)),
        ("0123abc by 2026-01-02", "89fedcba77 by 2027-11-30T10:11:12Z", ("hashes", "dates")),
        ("| a   | 1 |", "| a | 1 |", ()),
        ("(x) [y] . *", "(x) [y] . *", ()),
    ],
)
def test_output_that_is_as_shown(shown, out, varies):
    assert differs(Prints(shown, varies), out) is None
    assert differs(Prints(shown, varies), out + "\nmore") is not None
    assert differs(Prints(shown + "!", varies), out) is not None


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("37 + 85 - 19 * 2 + (46 - 8) * 3", "198"),
        ("-3 + 1", "-2"),
        ("gcd(84, 36)", "12"),
        ("7x + 12 - 5 = 56", "7"),
        ("9x=27", "3"),
        ("7^9 mod 11", "8"),
        ("45 in base 2", "101101"),
        ("k7?", None),
        ("How many?", None),
        ("__import__('os')", None),
        ("2 ** 9", None),
    ],
)
def test_right_answers(question, answer):
    assert right_answer(question) == answer


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ('vtc-r1 solve "1 + 2"', "1 + 2"),
        ('echo "gcd(84, 36)" | vtc-r1 solve -', "gcd(84, 36)"),
        ('pip install ".[local]" && vtc-r1 solve "1 + 2" --save x', "1 + 2"),
        ('vtc-r1 solve "1 + 2" --base-url=http://a/v1', None),
        ("vtc-r1 solve --batch a.txt --out b", None),
        ("vtc-r1 view runs/first", None),
    ],
)
def test_what_a_command_asks(command, question):
    assert asked(command) == question


def test_commands_of_a_line():
    line = "A=1 vtc-r1 plan > out && echo x | vtc-r1 solve - --memory decay:after=1,by=scale --base-url http://a:1/v1"
    assert list(simple_commands(line)) == [
        ["vtc-r1", "plan"],
        ["echo", "x"],
        ["vtc-r1", "solve", "-", "--memory", "decay:after=1,by=scale", "--base-url", "http://a:1/v1"],
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["solve", "1+2", "--no-such"], "No such option"),
        (["solv", "1+2"], "No such command"),
        (["data", "bild"], "No such command"),
        (["solve", "1+2", "--max-tokens", "many"], "Invalid value"),
        (["data", "build", "--source", "x"], "Missing option"),
        (["solve", "1+2"], None),
        (["--version"], None),
        (["launch", "m", "--", "--device", "cpu"], None),
    ],
)
def test_the_parser_is_the_program_s(words, said):
    answer = refused(words)
    assert answer is None if said is None else said in str(answer)


def test_a_comment_begins_outside_of_quotes():
    assert split_comment("a '# b' # c") == ("a '# b'", "c")
    assert split_comment("a --set x=#000 \\\n  b  # c, d") == ("a --set x=#000 \\\n  b", "c, d")
    assert split_comment("a b#c") == ("a b#c", "")


@pytest.mark.process
def test_a_reader_has_no_settings_of_who_runs_the_tests(tmp_path, monkeypatch):
    monkeypatch.setenv("VTC_MODEL", "other")
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    seen = present().variables(tmp_path / "home", tmp_path)
    assert not {"VTC_MODEL", "PYTHONWARNINGS"} & seen.keys()
    assert str(Path(sys.executable).parent) in seen["PATH"].split(os.pathsep)

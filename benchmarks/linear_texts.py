r"""Do pages change what a text says? Every formula found in texts, against KaTeX and pandoc.

    python benchmarks/linear_texts.py math500.jsonl --katex FOLDER --pandoc

Takes the strings of any JSON lines (or of `--keys`), finds their formulas, and compares the leaves (letters,
digits, signs) of each linear form with those of the MathML that KaTeX makes of the same source; delimiters
and marks of structure count on neither side. A formula with other leaves is printed as a silent change, one
that KaTeX refuses as such. `--katex` is a folder in which `npm install katex` was run; Node is wanted for
this check alone. `--pandoc` also prints what is taken for a formula between single dollars and pandoc takes
for prose. Exits 1 where there is a silent change.
"""

import argparse
import json
import re
import subprocess
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from vtc_r1.renderers.latex.forms import forms
from vtc_r1.renderers.latex.spans import Span, find

KATEX = r"""
const katex = require("katex");
const sources = JSON.parse(require("fs").readFileSync(0, "utf8"));
const shown = sources.map((source) => {
  for (const displayMode of [true, false]) {
    try {
      return katex.renderToString(source, {output: "mathml", strict: "ignore", displayMode});
    } catch (error) {}
  }
  return null;
});
process.stdout.write(JSON.stringify(shown));
"""
NAMES = re.compile(
    r"(?<![A-Za-z])(?:bar|vec|hat|tilde|dot|ddot|underline|check|breve|acute|grave|ring|overleftarrow|overleftrightarrow"
    r"|arc|cancel|cancelto|underbrace|overbrace|overset|underset|stackrel|root)(?=\()|(?<![A-Za-z])det(?=\[\[)|\\[a-zA-Z]+"
)
DROPPED = re.compile(r"[\s\u2061-\u2064\u200b\ufe00(){}\[\],;|‖∥∣√∛∜^_/·⋅~⌊⌋⌈⌉\u00a0⟨⟩]|---")
ALIKE = str.maketrans(
    "∙−′’∘⟹⟸⟺⟶⟵⟷⟼⋯ℝℚℤℕℂℙℍℒℱℬℰℋℐℳℛ⟨⟩ϕφ∗△⟂∖┴ℎ",
    "•-''°⇒⇐⇔→←↔↦…RQZNCPHLFBEHIMR⟨⟩φϕ*△⊥\\⊥h",
)
OWN = str.maketrans("φϕ", "ϕφ")
"""What the linear form has for `\\phi` and `\\varphi`."""
SOURCE = re.compile(r"\\(?!boxed)[a-zA-Z]")
"""A command that is left as written, which KaTeX may know."""
HIDDEN = frozenset(["annotation", "mphantom", "mspace"])


def leaves(element: ElementTree.Element) -> Iterator[str]:
    """The leaves of MathML in the order in which a line has them."""
    name = element.tag.rpartition("}")[2]
    if name in HIDDEN:
        return
    children = [*element]
    if not children:
        yield element.text or ""
        return
    if name in ("mover", "munder") and is_accent(children[1]):
        children = children[:1]
    elif name in ("mover", "munder") and not (is_big(children[0]) or is_braced(children[0])):
        children = children[::-1]
    elif name == "mroot":
        degree = "".join(leaves(children[1])).strip()
        children = children[:1] if degree in ("2", "3", "4") else children[::-1]
    elif name == "mfrac" and element.get("linethickness") == "0px":
        yield "C"
    for child in children:
        yield from leaves(child)


def is_accent(mark: ElementTree.Element) -> bool:
    """Whether a mark above or below is a drawn one: a bar, a hat, a brace."""
    text = "".join(mark.itertext()).strip()
    return (
        len(text) == 1
        and text in "‾¯ˉ_^~ˆ˜⃗→←↔˙¨ˇ˘´ˋ˚⏟⏞⌢⏠\u0332\u0302\u0303\u20d7\u203e\u0304\u00af\u02c6\u02dc⟶\u0306"
    )


def is_big(base: ElementTree.Element) -> bool:
    """Whether limits stand below and above it."""
    text = DROPPED.sub("", "".join(base.itertext()))
    return text in "∑∏∐∫∬∭∮⋃⋂⋁⋀⨁⨂→←" or (text.isalpha() and len(text) > 1)


def is_braced(base: ElementTree.Element) -> bool:
    """Whether it is a brace's body with the brace."""
    return base.tag.rpartition("}")[2] in ("munder", "mover")


def plain(text: str) -> str:
    """Leaves in one form on both sides."""
    composed = unicodedata.normalize("NFC", text).translate(ALIKE)
    return DROPPED.sub("", composed).replace("…", "...")


def of_mathml(source: str) -> str:
    """The leaves of KaTeX's output."""
    start, end = source.index("<math"), source.index("</math>") + len("</math>")
    return plain("".join(leaves(ElementTree.fromstring(source[start:end]))))


def of_line(line: str) -> str:
    """The leaves of a linear form."""
    return plain(NAMES.sub("", line).translate(OWN))


def are_alike(theirs: str, ours: str, *, in_order: bool) -> bool:
    """Whether the leaves are the same; a number of an equation stands elsewhere in KaTeX's output."""
    return theirs == ours or (not in_order and sorted(theirs) == sorted(ours))


def for_katex(source: str) -> str:
    """The source with what KaTeX has under another name, or not in MathML."""
    return re.sub(r"\\tag\*?\{([^{}]*)\}", r"\\quad\\text{(\1)}", source).replace(r"\mbox", r"\text")


def read_with_katex(sources: Sequence[str], folder: Path) -> list[str | None]:
    """KaTeX's MathML of each source; None where it refuses it."""
    done = subprocess.run(
        ["node", "-e", KATEX],
        cwd=folder,
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        check=True,
    )
    shown: list[str | None] = json.loads(done.stdout)
    return shown


def pandoc_takes(text: str) -> set[str]:
    """The sources of inline formulas that pandoc finds."""
    command = ["pandoc", "-f", "markdown+tex_math_dollars+tex_math_single_backslash", "-t", "json"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            if node.get("t") == "Math":
                found.add(node["c"][1].strip())
            walk([*node.values()])

    walk(json.loads(done.stdout))
    return found


def texts_of(path: Path, keys: Sequence[str]) -> list[str]:
    """The strings of a file of JSON lines."""
    rows = [json.loads(row) for row in path.read_text("utf-8").splitlines() if row.strip()]
    return [
        value for row in rows for key, value in row.items() if isinstance(value, str) and key in (keys or row)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+", help="JSON lines")
    parser.add_argument(
        "--keys", default="", help="keys of the texts, comma-separated; all strings if absent"
    )
    parser.add_argument("--katex", type=Path, required=True, help="folder with node_modules/katex")
    parser.add_argument("--pandoc", action="store_true", help="compare single dollars with pandoc's, too")
    arguments = parser.parse_args()
    names = ("texts", "spans", "kept", "alike", "changed", "with source", "katex refuses", "not pandoc's")
    counts = dict.fromkeys(names, 0)
    taken: list[tuple[str, str]] = []
    for path in arguments.files:
        for text in texts_of(path, [key for key in arguments.keys.split(",") if key]):
            counts["texts"] += 1
            spans: list[Span] = find(text)
            for span, shown in zip(spans, forms(text, spans), strict=True):
                counts["spans"] += 1
                counts["kept"] += shown is None
                if shown is not None:
                    taken.append((text[span.inner : span.outer].strip(), shown))
            if arguments.pandoc and "$" in text:
                theirs = pandoc_takes(text)
                for span in spans:
                    inside = text[span.inner : span.outer].strip()
                    if span.inner == span.start + 1 and inside not in theirs:
                        counts["not pandoc's"] += 1
                        around = text[max(0, span.start - 20) : span.end + 20]
                        print(f"prose to pandoc: {around!r}")
    shown = read_with_katex([for_katex(source) for source, _ in taken], arguments.katex)
    for (source, line), mathml in zip(taken, shown, strict=True):
        if mathml is None:
            counts["katex refuses"] += 1
            print(f"refused: {source!r}  →  {line!r}")
        elif are_alike(of_mathml(mathml), of_line(line), in_order=r"\tag" not in source):
            counts["alike"] += 1
        elif SOURCE.search(line):
            counts["with source"] += 1
        else:
            counts["changed"] += 1
            print(f"changed: {source!r}  →  {line!r}\n   {of_mathml(mathml)}\n   {of_line(line)}")
    print(", ".join(f"{name} {count}" for name, count in counts.items()))
    return int(counts["changed"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())

"""Single signs in mathtext's source."""

import unicodedata

from vtc_r1.renderers.latex.symbols import BLACKBOARD
from vtc_r1.renderers.latex.tree import Alphabet, Atom, Kind, Unsound


def _commands(names: str) -> dict[str, str]:
    words = names.split()
    return {sign: f"\\{name}" for sign, name in zip(words[::2], words[1::2], strict=True)}


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


_OPERATORS = {
    **_commands(
        "± pm ∓ mp ∪ cup ∩ cap ∖ setminus ⊕ oplus ⊖ ominus ∨ vee ∧ wedge ⊔ sqcup ⊓ sqcap ⊎ uplus "
        "◁ triangleleft ▷ triangleright † dagger ‡ ddagger ⊞ boxplus · cdot ⋅ cdot × times ÷ div ∗ ast "
        "⋆ star ∘ circ • bullet ⊗ otimes ⊙ odot ⋄ diamond ⋉ ltimes ⋊ rtimes"
    ),
    **{sign: sign for sign in "+-*/"},
}
_RELATIONS = {
    **_commands(
        "≤ leq ≥ geq ≠ neq ≪ ll ≫ gg ≡ equiv ≈ approx ≅ cong ∼ sim ≃ simeq ∝ propto ≍ asymp ≐ doteq "
        "≔ coloneq ∈ in ∉ notin ∋ ni ⊂ subset ⊆ subseteq ⊃ supset ⊇ supseteq ⊊ subsetneq ⊋ supsetneq "
        "⊈ nsubseteq ⊉ nsupseteq ∤ nmid ∥ parallel ∦ nparallel ⊥ bot ≺ prec ≻ succ ⊢ vdash ⊨ vDash "
        "≲ lesssim ≳ gtrsim → rightarrow ← leftarrow ↔ leftrightarrow ⇒ Rightarrow ⇐ Leftarrow "
        "⇔ Leftrightarrow ↦ mapsto ↪ hookrightarrow ↩ hookleftarrow ↑ uparrow ↓ downarrow "
        "↕ updownarrow ⇑ Uparrow ⇓ Downarrow ↗ nearrow ↘ searrow ⇀ rightharpoonup ⇌ rightleftharpoons "
        "⇝ leadsto ≜ triangleq ⊴ trianglelefteq ⊵ trianglerighteq ∴ therefore ∵ because ≰ nleq ≱ ngeq "
        "≇ ncong ⊲ vartriangleleft ⊳ vartriangleright ≮ nless ≯ ngtr ≢ nequiv ≉ napprox ≁ nsim "
        "⊄ nsubset ⊅ nsupset ∣ mid | mid"
    ),
    **{sign: sign for sign in "<>=:"},
}
_BIG = _commands(
    "∑ sum ∏ prod ∐ coprod ∫ int ∬ iint ∭ iiint ∮ oint ⋃ bigcup ⋂ bigcap ⋁ bigvee ⋀ bigwedge "
    "⨁ bigoplus ⨂ bigotimes lim lim limsup limsup liminf liminf"
)
_NAMES = _words(
    "arccos csc ker min arcsin deg lg Pr arctan det lim sec arg dim liminf sin cos exp limsup sinh cosh "
    "gcd ln sup cot hom log tan coth inf max tanh"
)
_ESCAPED = {"{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "_": r"\_", "[": "[", "]": "]"}
_PLAIN = frozenset("()/.,;!?'@:*+=<>")
_SPACES = {Kind.THIN: r"\,", Kind.WIDE: r"\quad "}
DELIMITERS = {
    **{sign: sign for sign in "()[]/<>"},
    **_commands("⟨ langle ⟩ rangle ⌊ lfloor ⌋ rfloor ⌈ lceil ⌉ rceil | vert ‖ Vert"),
    "{": r"\{",
    "}": r"\}",
    "<": r"\langle",
    ">": r"\rangle",
    "": ".",
}
"""Delimiters for `\\left` and `\\right`."""
PLAIN = {
    **{delimiter: f"{command} " for delimiter, command in DELIMITERS.items()},
    **{delimiter: delimiter for delimiter in "()[]/"},
    "|": "|",
    "": "",
}
"""Delimiters that do not grow."""
NATIVE = _words("∑ ∏ ∐ ⋃ ⋂ ⋁ ⋀ ⨁ ⨂ lim limsup liminf max min sup")
"""Operators for which mathtext puts limits above and below; it does so in every style."""
STACKING = NATIVE | _words("inf argmax argmin gcd Pr det")
"""Operators that have their limits above and below in display style."""


def sign(atom: Atom) -> str:
    """Mathtext source of an atom; Unsound if none is certain to show all of it."""
    match atom.kind:
        case Kind.TEXT:
            return words(atom.text)
        case Kind.NAME:
            return f"\\{atom.text} " if atom.text in _NAMES else _operator(atom.text)
        case Kind.BIG:
            return f"{_known(_BIG, atom.text)} "
        case Kind.RELATION:
            return _related(_RELATIONS.get(atom.text), atom.text)
        case Kind.ADD | Kind.MULTIPLY:
            return _related(_OPERATORS.get(atom.text), atom.text)
        case Kind.THIN | Kind.WIDE:
            return _SPACES[atom.kind]
        case Kind.NUMBER | Kind.LETTER | Kind.OPEN | Kind.CLOSE | Kind.BAR | Kind.PUNCTUATION | Kind.POSTFIX:
            return _plain(atom)
    raise Unsound(f"{atom.text[:40]!r} is not known")


def words(text: str) -> str:
    """Mathtext source of upright words, with their spaces."""
    if not text:
        return ""
    for character in text:
        _check(character)
    escaped = "".join(f"\\{character}" if character in r"\{}$" else character for character in text)
    return rf"\text{{{escaped}}}"


def alphabet(node: Alphabet) -> str:
    """Mathtext source of letters of their own alphabet, double strokes from DejaVu Sans where it has them."""
    name, letters = node.name, node.letters
    if not (letters.isascii() and letters.isalnum()) or (name != "mathbb" and not letters.isalpha()):
        raise Unsound(f"{name} of {letters[:40]!r}")
    return "".join(map(_blackboard, letters)) if name == "mathbb" else f"\\{name}{{{letters}}}"


def _blackboard(letter: str) -> str:
    known = BLACKBOARD.get(letter)
    return rf"\mathbb{{{letter}}}" if known is None else rf"\mathrm{{{known}}}"


def _operator(name: str) -> str:
    if name.isascii() and name.isalnum():
        return rf"\operatorname{{{name}}}"
    return rf"{words(name)}\,"


def _known(table: dict[str, str], text: str) -> str:
    if text not in table:
        raise Unsound(f"{text[:40]!r} is not known")
    return table[text]


def _related(command: str | None, text: str) -> str:
    if command is not None:
        return f"{command} " if len(command) > 1 else command
    if text in "&⪯⪰" or (len(text) == 1 and not text.isascii()):
        return rf"\:{words(text)}\:"
    raise Unsound(f"{text[:40]!r} is not known")


def _plain(atom: Atom) -> str:
    text = atom.text.rstrip() if atom.kind == Kind.PUNCTUATION else atom.text
    if text in _ESCAPED:
        return _ESCAPED[text]
    if atom.kind == Kind.NUMBER and text[0] == ".":
        return words(text)
    if text == "|" or text == "‖":
        return "|" if text == "|" else r"\Vert "
    if text in _PLAIN or (text.isascii() and text.replace(".", "").isalnum()):
        return text
    if len(text) != 1:
        raise Unsound(f"{text[:40]!r} is not known")
    _check(text)
    if text.isascii():
        return words(text)
    return rf"\mathrm{{{text}}}" if text in BLACKBOARD.values() else text


def _check(character: str) -> None:
    """Reject characters that a font cannot show without shaping."""
    if character == "¤" or unicodedata.category(character)[0] in "CM" or not character.isprintable():
        raise Unsound(f"U+{ord(character):04X} cannot be drawn")
    if unicodedata.bidirectional(character) in ("R", "AL", "AN"):
        raise Unsound(f"U+{ord(character):04X} is written from the right")

"""The character and its kind for each LaTeX command."""

from vtc_r1.renderers.latex.tree import Atom, Kind


def _table(kind: Kind, pairs: str) -> dict[str, Atom]:
    words = pairs.split()
    return {f"\\{name}": Atom(text, kind) for name, text in zip(words[::2], words[1::2], strict=True)}


SYMBOLS: dict[str, Atom] = {
    **_table(
        Kind.LETTER,
        "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι "
        "kappa κ "
        "lambda λ mu μ nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ "
        "phi φ varphi ϕ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ "
        "Phi Φ Psi Ψ Omega Ω infty ∞ infin ∞ emptyset ∅ varnothing ∅ ell ℓ hbar ℏ Re ℜ Im ℑ aleph ℵ "
        "partial ∂ nabla ∇ forall ∀ exists ∃ nexists ∄ angle ∠ measuredangle ∡ triangle △ square □ Box □ "
        "clubsuit ♣ spadesuit ♠ heartsuit ♥ diamondsuit ♦ bigcirc ◯ blacksquare ■ bigtriangleup △ "
        "triangledown ▽ bigtriangledown ▽ blacktriangle ▲ checkmark ✓ dots … ldots … dotsc … dotso … "
        "hdots … cdots ⋯ dotsb ⋯ dotsm ⋯ dotsi ⋯ vdots ⋮ ddots ⋱ imath ı jmath ȷ top ⊤ bot ⊥ S § pounds £ "
        "euro € sharp ♯ flat ♭ natural ♮ bigstar ★ lozenge ◊ neg ¬ lnot ¬ $ $ # # complement ∁ wp ℘",
    ),
    **_table(
        Kind.ADD,
        "pm ± mp ∓ cup ∪ cap ∩ setminus ∖ smallsetminus ∖ backslash ∖ oplus ⊕ ominus ⊖ vee ∨ lor ∨ wedge ∧ "
        "land ∧ sqcup ⊔ sqcap ⊓ uplus ⊎ triangleleft ◁ triangleright ▷ dagger † ddagger ‡ boxplus ⊞ & &",
    ),
    **_table(
        Kind.MULTIPLY,
        "cdot · cdotp · times × div ÷ ast ∗ star ⋆ circ ∘ bullet • otimes ⊗ odot ⊙ diamond ⋄ ltimes ⋉ "
        "rtimes ⋊",
    ),
    **_table(
        Kind.RELATION,
        "le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠ lt < gt > ll ≪ gg ≫ equiv ≡ approx ≈ cong ≅ "
        "sim ∼ simeq ≃ propto ∝ asymp ≍ doteq ≐ coloneqq ≔ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ "
        "supseteq ⊇ subsetneq ⊊ supsetneq ⊋ nsubseteq ⊈ mid | nmid ∤ parallel ∥ nparallel ∦ perp ⊥ prec ≺ "
        "succ ≻ preceq ⪯ succeq ⪰ vdash ⊢ models ⊨ vDash ⊨ lesssim ≲ gtrsim ≳ to → rightarrow → gets ← "
        "leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ implies ⇒ impliedby ⇐ "
        "iff ⇔ longrightarrow → Longrightarrow ⇒ longleftarrow ← Longleftarrow ⇐ longleftrightarrow ↔ "
        "Longleftrightarrow ⇔ mapsto ↦ longmapsto ↦ hookrightarrow ↪ hookleftarrow ↩ uparrow ↑ downarrow ↓ "
        "updownarrow ↕ Uparrow ⇑ Downarrow ⇓ nearrow ↗ searrow ↘ rightharpoonup ⇀ rightleftharpoons ⇌ "
        "leadsto ⇝ triangleq ≜ trianglelefteq ⊴ trianglerighteq ⊵ colon : therefore ∴ because ∵ nleq ≰ "
        "ngeq ≱ ncong ≇ lhd ⊲ rhd ⊳",
    ),
    **_table(
        Kind.BIG,
        "sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ iiint ∭ oint ∮ bigcup ⋃ bigcap ⋂ bigvee ⋁ bigwedge ⋀ bigoplus ⨁ "
        "bigotimes ⨂ lim lim limsup limsup liminf liminf varlimsup limsup varliminf liminf",
    ),
    **{
        f"\\{name}": Atom(name, Kind.NAME)
        for name in [
            "sin",
            "cos",
            "tan",
            "cot",
            "sec",
            "csc",
            "arcsin",
            "arccos",
            "arctan",
            "arccot",
            "sinh",
            "cosh",
            "tanh",
            "coth",
            "sech",
            "csch",
            "log",
            "ln",
            "lg",
            "exp",
            "gcd",
            "lcm",
            "det",
            "dim",
            "ker",
            "hom",
            "deg",
            "arg",
            "max",
            "min",
            "sup",
            "inf",
            "Pr",
            "tr",
            "rank",
            "argmax",
            "argmin",
            "cis",
            "sgn",
        ]
    },
    **_table(Kind.OPEN, "{ { lbrace { lbrack [ lparen ( langle ⟨ lfloor ⌊ lceil ⌈ lvert | lVert ‖"),
    **_table(Kind.CLOSE, "} } rbrace } rbrack ] rparen ) rangle ⟩ rfloor ⌋ rceil ⌉ rvert | rVert ‖"),
    **_table(Kind.BAR, "| ‖ vert | Vert ‖"),
    **_table(Kind.POSTFIX, "% % degree °"),
    r"\prime": Atom("′", Kind.LETTER),
    r"\bmod": Atom(" mod ", Kind.TEXT),
    **{rf"\{space}": Atom(" ", Kind.THIN) for space in (",", ":", ";", ">", " ", "\n", "\t", "thinspace")},
    **{rf"\{space}": Atom(" ", Kind.THIN) for space in ("medspace", "thickspace", "enspace", "space")},
    "~": Atom(" ", Kind.THIN),
    r"\quad": Atom(" ", Kind.WIDE),
    r"\qquad": Atom(" ", Kind.WIDE),
}

CHARACTERS: dict[str, Atom] = {
    **{character: Atom(character, Kind.ADD) for character in "+-±∓∪∩∖∨∧⊕"},
    **{character: Atom(character, Kind.MULTIPLY) for character in "*/·×÷∘⊗∗⋅"},
    **{character: Atom(character, Kind.RELATION) for character in "=<>:≤≥≠≡≈≅∼∝∈∉⊂⊆⊃⊇→←↔⇒⇐⇔↦∣∤⊥∥"},
    **{character: Atom(character, Kind.PUNCTUATION) for character in ",;."},
    **{character: Atom(character, Kind.OPEN) for character in "([⟨⌊⌈"},
    **{character: Atom(character, Kind.CLOSE) for character in ")]⟩⌋⌉"},
    **{character: Atom(character, Kind.BAR) for character in "|‖"},
    **{character: Atom(character, Kind.POSTFIX) for character in "!°"},
    **{character: Atom(character, Kind.BIG) for character in "∑∏∫"},
    "−": Atom("-", Kind.ADD),
    ", ": Atom(", ", Kind.PUNCTUATION),
    "?": Atom("?", Kind.LETTER),
}

NEGATED = {
    "=": "≠", "<": "≮", ">": "≯", "≤": "≰", "≥": "≱", "∈": "∉", "∋": "∌", "≡": "≢", "≈": "≉", "≅": "≇",
    "∼": "≁", "⊂": "⊄", "⊆": "⊈", "⊃": "⊅", "⊇": "⊉", "|": "∤", "∥": "∦", "∃": "∄",
}  # fmt: skip

DELIMITERS = {
    **{character: character for character in "()[]|‖/<>⟨⟩⌊⌋⌈⌉"},
    ".": "", r"\{": "{", r"\}": "}", r"\lbrace": "{", r"\rbrace": "}", r"\|": "‖", r"\vert": "|",
    r"\Vert": "‖", r"\lvert": "|", r"\rvert": "|", r"\lVert": "‖", r"\rVert": "‖", r"\langle": "⟨",
    r"\rangle": "⟩", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\lceil": "⌈", r"\rceil": "⌉", r"\lbrack": "[",
    r"\rbrack": "]", r"\lparen": "(", r"\rparen": ")",
}  # fmt: skip

BLACKBOARD = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
SCRIPT_LETTERS = dict(zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True))
NAMES = frozenset(atom.text for atom in SYMBOLS.values() if atom.kind in (Kind.NAME, Kind.BIG))
"""Names of functions and big operators."""

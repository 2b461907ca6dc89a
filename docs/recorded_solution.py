# ruff: noqa: E501  (a line here is a line of the solution)
# fmt: off
r"""The solution that docs/record_solve.py has written: a problem and its segments, every number computed here.

The problem is to find the 2026th positive integer n for which 15015 divides 2^n - n^2.
"""

from collections.abc import Iterator

PRIMES = (3, 5, 7, 11, 13)
MODULUS, PERIOD, WANTED = 15_015, 60_060, 2_026
QUESTION = (
    r"Let $n_1 < n_2 < n_3 < \dots$ be all positive integers $n$ for which $2^n - n^2$ is divisible by $15015$. "
    r"Find $n_{2026}$."
)
CLASSES = (2, 4, 8, 10)  #: residues of n modulo 12
ROOTS = {
    5: {c: 1 if c % 4 == 0 else 2 for c in CLASSES},
    7: {c: 3 if c % 3 == 1 else 2 for c in CLASSES},
    13: {2: 2, 4: 4, 8: 3, 10: 6},
}  #: n is plus or minus this, modulo a prime, by its residue modulo 12
OF_ELEVEN = {1: 3, 4: 4, 2: 2, 3: 5}  #: the same modulo 11, by its residue modulo 5


def segments() -> list[str]:
    """Return the segments in order; the last one has the answer."""
    parts = [explore(), primes(), combine(), residues_660(), residues_91()]
    parts += [solutions(c) for c in CLASSES]
    parts += [in_order(), squaring()]
    return [f"<think>\n{text.strip()}\n</think>" for text in parts] + [final()]


def is_solution(n: int) -> bool:
    """Tell whether 15015 divides 2^n - n^2."""
    return (pow(2, n, MODULUS) - n * n) % MODULUS == 0


def of_class(c: int) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Yield a, b, r, s, t and n of the sixteen solutions below 60060 of a residue modulo 12."""
    for a in (ROOTS[5][c], 5 - ROOTS[5][c]):
        for b in (OF_ELEVEN[a], 11 - OF_ELEVEN[a]):
            r = next(r for r in range(c, 660, 12) if r % 5 == a and r % 11 == b)
            for s in of_91(c):
                t = 4 * (s - r) % 91
                n = r + 660 * t
                assert is_solution(n)
                assert n % 91 == s
                yield a, b, r, s, t, n


def of_91(c: int) -> list[int]:
    """Return the four residues modulo 91, in the order of the signs ++, +-, -+, --."""
    u, v = ROOTS[7][c], ROOTS[13][c]
    pairs = [(u, v), (u, 13 - v), (7 - u, v), (7 - u, 13 - v)]
    return [next(s for s in range(91) if s % 7 == x and s % 13 == y) for x, y in pairs]


def below_period() -> list[int]:
    """Return the 64 solutions below 60060, ascending."""
    found = sorted(n for c in CLASSES for *_, n in of_class(c))
    assert len(found) == 64
    return found


def answer() -> int:
    """Return the answer."""
    rounds, place = divmod(WANTED - 1, 64)
    return rounds * PERIOD + below_period()[place]


def explore() -> str:
    """Try small numbers, see the period, make a plan."""
    lines = [
        r"We want all $n$ with $15015 \mid 2^n - n^2$, and then the 2026th of them. First, $15015 = 3 \cdot 5 \cdot 7 "
        r"\cdot 11 \cdot 13$, so five conditions have to hold at once, one for each prime.",
        "",
        r"Let me get a feeling with small $n$. I write $d = 2^n - n^2$ and note which of the five primes divide it.",
    ]
    for n in range(1, 41):
        d = 2**n - n * n
        of = [p for p in PRIMES if d % p == 0]
        if d == 0:
            told = f"$2^{{{n}}} = {n}^2$ exactly, so $d = 0$, and $n = {n}$ works"
        else:
            value = f"d = {2**n} - {n * n} = {d}" if n <= 20 else rf"2^{{{n}}} - {n * n}"
            which = (
                "none of the five"
                if not of
                else " and ".join(filter(None, [", ".join(map(str, of[:-1])), str(of[-1])]))
            )
            told = f"${value}$: divisible by {which}"
        lines.append(f"n = {n}: {told}.")
    lines += [
        "",
        r"So $n = 2$ and $n = 4$ are solutions for free, and then nothing up to 40. If the five conditions were "
        r"independent of each other and random, one $n$ in 15015 would do, but they are not random: $2^n$ and $n^2$ are "
        r"both squares whenever $n$ is even. And I notice that 3, 11 and 13 never divide $d$ for odd $n$ "
        r"in this list. There should be a reason.",
        "",
        r"Period. $2^n$ modulo $3, 5, 7, 11, 13$ has the periods $2, 4, 3, 10, 12$: the orders of $2$ are",
        r"mod 3: $2^2 = 4 \equiv 1$, order 2;   mod 5: $2^2 = 4$, $2^4 = 16 \equiv 1$, order 4;   mod 7: $2^3 = 8 \equiv 1$, "
        "order 3;",
        r"mod 11: $2^5 = 32 \equiv -1$, so $2^{10} \equiv 1$, order 10;   mod 13: $2^6 = 64 \equiv -1$, so $2^{12} \equiv 1$, "
        "order 12.",
        r"The least common multiple of $2, 4, 3, 10, 12$ is $60$. And $n^2$ modulo $15015$ has the period $15015$. So whether "
        r"$n$ works depends only on $n$ modulo $\operatorname{lcm}(60, 15015)$. Since $60 = 2^2 \cdot 3 \cdot 5$ and $15015$ "
        r"already has the $3$ and the $5$, this is $4 \cdot 15015 = 60060$.",
        "",
        r"Plan: (1) for each prime, say what $n$ has to be; (2) combine the five by the Chinese remainder theorem into a list "
        r"of residues modulo $60060$; (3) if there are $k$ of them, write $2026 = qk + j$ with $1 \le j \le k$, and then "
        r"$n_{2026} = 60060 q + (\text{the } j\text{-th residue in order})$. For (3) I need the whole list in order, so this "
        "will take some work.",
    ]
    return "\n".join(lines)


def primes() -> str:
    """Say what n has to be modulo each prime."""
    lines = [
        r"Step 1. What each prime demands. I make for each prime the table of squares and the table of powers of $2$.",
    ]
    for p in PRIMES:
        squares = ", ".join(f"{x}^2 \\equiv {x * x % p}" for x in range(p // 2 + 1))
        order = next(k for k in range(1, p) if pow(2, k, p) == 1)
        powers = ", ".join(f"2^{{{k}}} \\equiv {pow(2, k, p)}" for k in range(order))
        lines += [
            "",
            f"Prime {p}. Squares (and $(-x)^2 = x^2$): ${squares}$.",
            f"Powers, with $n$ modulo {order}: ${powers}$.",
        ]
        lines += OF_PRIME[p]
    lines += [
        "",
        r"So every solution is even, and no solution is divisible by $3$, $5$, $7$, $11$ or $13$ (if $p \mid n$ "
        r"then $p \mid 2^n$, which is impossible).",
        "",
        r"Collected, for even $n$ with $3 \nmid n$, that is $n \equiv 2, 4, 8, 10 \pmod{12}$:",
    ]
    for c in CLASSES:
        lines.append(
            rf"n \equiv {c} \pmod{{12}}: \quad 2^n \equiv {pow(2, c, 5)}, {pow(2, c, 7)}, {pow(2, c, 13)} \text{{ modulo }} 5, 7, 13, "
            rf"\text{{ so }} n \equiv \pm {ROOTS[5][c]} \pmod 5, \; n \equiv \pm {ROOTS[7][c]} \pmod 7, \; n \equiv \pm {ROOTS[13][c]} \pmod{{13}}".join(
                ("$", "$.")
            )
        )
    lines += [
        "",
        r"Check against $n = 2$: it is $2$ modulo 12, and $2 \equiv +2 \pmod 5$, $+2 \pmod 7$, $+2 \pmod{13}$. Good. "
        r"Check against $n = 4$: it is $4$ modulo 12, and $4 \equiv -1 \pmod 5$, $4 \equiv -3 \pmod 7$, $4 \equiv +4 \pmod{13}$. Good.",
        r"And the prime 11, which looks at $n$ modulo $10$, so for even $n$ at $n$ modulo $5$:",
    ]
    for a in (1, 2, 3, 4):
        e = next(e for e in range(0, 10, 2) if e % 5 == a)
        power = pow(2, e, 11)
        lines.append(
            rf"$n \equiv {a} \pmod 5$ and even, so $n \equiv {e} \pmod{{10}}$: $2^n \equiv {power} \pmod{{11}}$, so $n \equiv \pm {OF_ELEVEN[a]} \pmod{{11}}$."
        )
    lines += [
        r"Check: $n = 2$ has $n \equiv 2 \pmod 5$ and $2 \equiv +2 \pmod{11}$. $n = 4$ has $n \equiv 4 \pmod 5$ and $4 \equiv +4 \pmod{11}$. Good.",
    ]
    return "\n".join(lines)


OF_PRIME = {
    3: [
        r"For $n$ even we need $n^2 \equiv 1$, so $n \equiv \pm 1 \pmod 3$. For $n$ odd we need $n^2 \equiv 2$, and $2$ is not a "
        r"square modulo $3$. So already the prime $3$ alone forces $n$ to be even. Nice, that is the reason I was looking for: "
        r"odd $n$ are out for all of it."
    ],
    5: [
        r"$n$ is even. If $n \equiv 0 \pmod 4$ then $2^n \equiv 1$, so $n \equiv \pm 1 \pmod 5$. If $n \equiv 2 \pmod 4$ then "
        r"$2^n \equiv 4$, so $n \equiv \pm 2 \pmod 5$."
    ],
    7: [
        r"All three powers $1, 2, 4$ are squares. By $n$ modulo 3, where $n \equiv 0$ is out because of the prime 3: if $n \equiv 1 "
        r"\pmod 3$ then $2^n \equiv 2 \equiv 3^2$, so $n \equiv \pm 3 \pmod 7$. If $n \equiv 2 \pmod 3$ then $2^n \equiv 4$, so $n "
        r"\equiv \pm 2 \pmod 7$."
    ],
    11: [
        r"For even exponents $0, 2, 4, 6, 8$ the powers are $1, 4, 5, 9, 3$, exactly the squares: $1 = 1^2$, $4 = 2^2$, $5 \equiv "
        r"4^2$, $9 = 3^2$, $3 \equiv 5^2$. So with $n$ even there are two residues modulo $11$ for each residue of $n$ modulo $10$."
    ],
    13: [
        r"$2$ is a primitive root modulo $13$, and even powers are the squares. By $n$ modulo $12$, with $n$ even and $3 \nmid n$: "
        r"$n \equiv 2$: $4 = 2^2$, so $n \equiv \pm 2$. $n \equiv 4$: $3 \equiv 16 = 4^2$, so $n \equiv \pm 4$. $n \equiv 8$: $9 = 3^2$, so "
        r"$n \equiv \pm 3$. $n \equiv 10$: $10 \equiv 36 = 6^2$, so $n \equiv \pm 6$."
    ],
}  #: what follows from the tables of a prime


def combine() -> str:
    """Count the residues and find formulas for them."""
    lines = [
        r"Step 2. Combining. The conditions share information: $n$ modulo 4 and modulo 3 (that is, modulo 12) decides the "
        r"values modulo 5, 7 and 13 up to a sign, and $n$ modulo 5 (with $n$ even) decides the value modulo 11 up to a sign. "
        r"By the Chinese remainder theorem, $n$ modulo $60060 = 4 \cdot 3 \cdot 5 \cdot 7 \cdot 11 \cdot 13$ is the same as the "
        r"six residues modulo $4, 3, 5, 7, 11, 13$, and these can be chosen freely. So:",
        "",
        r"choose $c = n \bmod 12$ from $\{2, 4, 8, 10\}$: 4 ways;",
        r"choose the sign modulo 5: 2 ways, and this fixes $a = n \bmod 5$;",
        r"choose the sign modulo 11: 2 ways, and with $a$ this fixes $b = n \bmod 11$;",
        r"choose the signs modulo 7 and modulo 13: $2 \cdot 2$ ways.",
        "",
        r"In all $4 \cdot 2 \cdot 2 \cdot 2 \cdot 2 = 64$ residues modulo $60060$. (One in 15015 would have given 4, so squares "
        r"meeting squares makes it sixteen times as likely. Fine.)",
        "",
        r"$2026 = 31 \cdot 64 + 42$, because $31 \cdot 64 = 1984$ and $2026 - 1984 = 42$. So "
        r"$$n_{2026} = 31 \cdot 60060 + n_{42} = 1861860 + n_{42},$$ and what I need is the 42nd smallest of the 64 residues. "
        r"Can I get around writing them all down? The residues are not evenly spread, as $2$ and $4$ show, so I see no way to get "
        r"the 42nd without knowing how many lie below it. Write all of them down, but in an organised way.",
        "",
        r"Organisation. $60060 = 660 \cdot 91$ with $660 = 12 \cdot 5 \cdot 11$ and $91 = 7 \cdot 13$. For each class $c$:",
        r"(i) the pairs $(a, b)$ give four residues $r$ modulo $660$;",
        r"(ii) the signs modulo $7$ and $13$ give four residues $s$ modulo $91$;",
        r"(iii) each pair $(r, s)$ gives one $n = r + 660 t$ with $0 \le t \le 90$. Modulo $91$ this says $r + 660 t \equiv s$. "
        r"Now $660 = 7 \cdot 91 + 23$, so $660 \equiv 23$, and $23 \cdot 4 = 92 \equiv 1 \pmod{91}$. So the inverse of $660$ is simply "
        r"$4$, and $$t \equiv 4 (s - r) \pmod{91}.$$ That is a very pleasant formula.",
        "",
        r"For (i), in two steps. From $12$ and $5$: $n = c + 12 k$ with $12 k \equiv a - c \pmod 5$. $12 \equiv 2$ and $2 \cdot 3 = 6 "
        r"\equiv 1$, so $k \equiv 3 (a - c) \pmod 5$; this gives $m = n \bmod 60$. From $60$ and $11$: $n = m + 60 k$ with $60 k "
        r"\equiv b - m \pmod{11}$. $60 \equiv 5$ and $5 \cdot 9 = 45 \equiv 1$, so $k \equiv 9 (b - m) \pmod{11}$.",
        r"For (ii): $s = u + 7 k$ with $7 k \equiv v - u \pmod{13}$. $7 \cdot 2 = 14 \equiv 1$, so $k \equiv 2 (v - u) \pmod{13}$.",
        "",
        r"Before the long list, a table of what the signs are, so that I only have to look it up:",
    ]
    for c in CLASSES:
        for a in (ROOTS[5][c], 5 - ROOTS[5][c]):
            b = OF_ELEVEN[a]
            lines.append(
                rf"c = {c}, a = {a}: b = {b} or {11 - b}; u = {ROOTS[7][c]} or {7 - ROOTS[7][c]}; v = {ROOTS[13][c]} or {13 - ROOTS[13][c]}; "
                rf"$2^n$ is {pow(2, c, 5)} modulo 5, {pow(2, c, 7)} modulo 7, {pow(b, 2, 11)} modulo 11, {pow(2, c, 13)} modulo 13."
            )
    total = 4 * 2 * 2 * 4
    lines += [
        "",
        rf"A checksum for later. In each class the residues modulo 7 come in pairs $\pm u$, so the sum of all {total} solutions is "
        r"$0$ modulo $7$, and likewise modulo $13$, $11$ and $5$. Modulo 3 half of the solutions are $1$ and half are $2$: $32 + 64 = "
        r"96 \equiv 0$. Modulo 4 half are $0$ and half are $2$: $64 \equiv 0$. So the sum of all 64 residues must be divisible by "
        r"$60060$. And in one class the sum of its 16 solutions must be divisible by $5 \cdot 7 \cdot 11 \cdot 13 = 5005$ and be $16 c "
        r"\equiv 4c \pmod{12}$. A slip in a single residue will almost surely break this. I will use it after every class.",
    ]
    return "\n".join(lines)


def residues_660() -> str:
    """Work out the sixteen residues modulo 660."""
    lines = [
        r"Step 3(i). The sixteen residues $r$ modulo $660$, with $k \equiv 3(a-c) \pmod 5$ first and $k' \equiv 9(b-m) \pmod{11}$ second."
    ]
    for c in CLASSES:
        lines += ["", f"Class c = {c}."]
        for a in (ROOTS[5][c], 5 - ROOTS[5][c]):
            k = 3 * (a - c) % 5
            m = c + 12 * k
            lines.append(
                rf"a = {a}: $k \equiv 3 \cdot ({a} - {c}) = {3 * (a - c)} \equiv {k}$, so $m = {c} + 12 \cdot {k} = {m}$. "
                rf"Check: ${m} = 12 \cdot {k} + {c}$ and ${m} \equiv {m % 5} \pmod 5$. Modulo 11, $m \equiv {m % 11}$."
            )
            for b in (OF_ELEVEN[a], 11 - OF_ELEVEN[a]):
                more = 9 * (b - m) % 11
                r = m + 60 * more
                assert (r % 12, r % 5, r % 11) == (c, a, b)
                lines.append(
                    rf"  b = {b}: $k' \equiv 9 \cdot ({b} - {m % 11}) = {9 * (b - m % 11)} \equiv {more} \pmod{{11}}$, so "
                    rf"$r = {m} + 60 \cdot {more} = {r}$. Check: ${r} = 11 \cdot {r // 11} + {b}$."
                )
    lines += ["", "So the residues modulo 660 are:"]
    for c in CLASSES:
        found = list(dict.fromkeys(r for _, _, r, *_ in of_class(c)))
        lines.append(
            f"c = {c}: r = {', '.join(map(str, found))}; modulo 91 these are {', '.join(str(r % 91) for r in found)}."
        )
    lines += [
        "",
        r"The known solutions are there: $n = 2$ is $r = 2$ in class 2 and $n = 4$ is $r = 4$ in class 4. One more test, a "
        r"larger one that I can do in my head: is $n = 256$ a solution? It is $2^8$, so $n^2 = 2^{16}$, and we want $2^{256} \equiv "
        r"2^{16}$, which holds if $256 \equiv 16$ modulo every order, that is modulo $60$: $256 - 16 = 240 = 4 \cdot 60$. Yes! "
        r"So $256$ must be in the list: $256 \equiv 4 \pmod{12}$, and $r = 256$ is indeed in class 4. And $2$, $4$, $256$ fit a pattern: "
        r"$n = 2^j$ works if $2^j \equiv 2j \pmod{60}$; $j = 1$: $2 = 2$; $j = 2$: $4 = 4$; $j = 8$: $256 \equiv 16$. A nice family, and "
        r"$1024$? $j = 10$: $1024 = 17 \cdot 60 + 4$ but $2j = 20$, so no.",
    ]
    return "\n".join(lines)


def residues_91() -> str:
    """Work out the sixteen residues modulo 91."""
    lines = [r"Step 3(ii). The residues $s$ modulo $91$, with $s = u + 7k$ and $k \equiv 2(v-u) \pmod{13}$."]
    for c in CLASSES:
        u0, v0 = ROOTS[7][c], ROOTS[13][c]
        lines += [
            "",
            rf"Class c = {c}: $u = \pm {u0}$ modulo 7, so {u0} or {7 - u0}, and $v = \pm {v0}$ modulo 13, so {v0} or {13 - v0}.",
        ]
        for s in of_91(c):
            u, v = s % 7, s % 13
            k = 2 * (v - u) % 13
            assert s == u + 7 * k
            lines.append(
                rf"  u = {u}, v = {v}: $k \equiv 2 \cdot ({v} - {u}) = {2 * (v - u)} \equiv {k}$, $s = {u} + 7 \cdot {k} = {s}$. "
                rf"Check: ${s} = 13 \cdot {s // 13} + {v}$, and ${s}^2 = {s * s} \equiv {s * s % 7} \pmod 7$, $\equiv {s * s % 13} \pmod{{13}}$, "
                rf"as it must be for $2^{{{c}}}$: ${pow(2, c, 7)}$ and ${pow(2, c, 13)}$."
            )
        first, second, third, fourth = of_91(c)
        lines.append(
            rf"  They come in pairs: ${first} + {fourth} = {first + fourth}$ and ${second} + {third} = {second + third}$, as $-s$ has both signs changed."
        )
    lines += [
        "",
        r"Step 3(iii) is the formula $t \equiv 4(s - r) \pmod{91}$, $n = r + 660 t$. It only needs $r$ modulo $91$. Multiples of 91 "
        r"that I will subtract: $91, 182, 273, 364$; and multiples of 660 for reference:",
    ]
    lines.append(
        "; ".join(
            f"{t} · 660 = {660 * t}" for t in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90)
        )
        + "."
    )
    lines += [
        "",
        r"A test of the formula with what is known. $n = 256$: $r = 256$, and $256 = 2 \cdot 91 + 74$, so $s = 74$ and $t = 0$. Is $74$ in "
        rf"class 4? Its list is {', '.join(map(str, of_91(4)))}. Yes. $n = 2$: $s = 2$, in class 2: {', '.join(map(str, of_91(2)))}. Yes. "
        rf"$n = 4$: $s = 4$, in class 4. Yes, with $t \equiv 4 \cdot (4 - 4) = 0$.",
        "",
        r"Now the four classes, sixteen solutions each. For every one I note $t$ and $n$, and I check $n$ modulo $7$ and $13$ by "
        r"dividing, so that a slip in $t$ shows at once; modulo $12$, $5$ and $11$ it is right because $660 t$ adds nothing there.",
    ]
    return "\n".join(lines)


def solutions(c: int) -> str:
    """Write down the sixteen solutions of a class."""
    names = {2: "first", 4: "second", 8: "third", 10: "last"}
    lines = [
        f"Step 4, the {names[c]} class: c = {c}. The residues modulo 91 are s = {', '.join(map(str, of_91(c)))}."
    ]
    last, total = None, 0
    for a, b, r, s, t, n in of_class(c):
        if r != last:
            lines += ["", rf"r = {r} (n is {a} modulo 5 and {b} modulo 11), $r \equiv {r % 91} \pmod{{91}}$:"]
            last = r
        raw = 4 * (s - r % 91)
        total += n
        lines.append(
            rf"  s = {s}: $t \equiv 4 \cdot ({s} - {r % 91}) = {raw} \equiv {t}$, $n = {r} + 660 \cdot {t} = {r} + {660 * t} = {n}$. "
            rf"Check: ${n} = 7 \cdot {n // 7} + {n % 7}$, ${n} = 13 \cdot {n // 13} + {n % 13}$."
        )
    found = [n for *_, n in of_class(c)]
    assert total % 5005 == 0
    assert total % 12 == 4 * c % 12
    lines += ["", "The checksum. Adding up by rows of four:"]
    running = 0
    for at in range(0, 16, 4):
        row = found[at : at + 4]
        running += sum(row)
        lines.append(f"  {' + '.join(map(str, row))} = {sum(row)}, in all {running}.")
    lines += [
        rf"${total} = 5005 \cdot {total // 5005}$ exactly, and modulo 12 it is ${total % 12}$, where $4c = {4 * c} \equiv {4 * c % 12}$. "
        "Both fit, so I trust this class.",
        f"In order: {', '.join(map(str, sorted(found)))}.",
        rf"The smallest is ${min(found)}$ and the largest ${max(found)}$; {sum(n <= PERIOD // 2 for n in found)} of the sixteen are at most $30030$.",
    ]
    return "\n".join(lines)


def in_order() -> str:
    """Put all 64 in order."""
    found = below_period()
    total = sum(found)
    lines = [
        "Step 5. All 64 residues in one ordered list. I merge the four ordered lists, five thousand at a time, and keep count.",
        "",
    ]
    seen = 0
    for low in range(0, PERIOD, 5000):
        row = [n for n in found if low < n <= low + 5000]
        if not row:
            lines.append(f"{low + 1} to {low + 5000}: none; still {seen}.")
            continue
        by = ", ".join(f"{n} (c = {n % 12})" for n in row)
        lines.append(
            f"{low + 1} to {min(low + 5000, PERIOD)}: {by}. These are {len(row)}: numbers {seen + 1} to {seen + len(row)}."
        )
        seen += len(row)
    lines += ["", "Count by class in the list above, so that none is lost in the merging:"]
    for c in CLASSES:
        lines.append(
            f"c = {c}: "
            + ", ".join(
                f"{sum(n % 12 == c and low < n <= low + 20000 for n in found)} between {low} and {low + 20000}"
                for low in (0, 20000, 40000)
            )
            + f", and {sum(n % 12 == c and n > 60000 for n in found)} above 60000: together 16."
        )
    lines += [
        "",
        rf"Checksum of everything: the four class sums are {', '.join(str(sum(n for *_, n in of_class(c))) for c in CLASSES)}, "
        rf"together ${total}$, and ${total} = 60060 \cdot {total // PERIOD}$ exactly. Divisible by $60060$, as predicted. "
        "So with very high probability no residue is wrong, and the count is 64, so none is missing.",
        "",
        "The list with numbers, ten in a row:",
    ]
    for at in range(0, 64, 10):
        lines.append(
            "; ".join(f"n_{{{at + k + 1}}} = {n}" for k, n in enumerate(found[at : at + 10])).join(("$", "$"))
            + "."
        )
    place = (WANTED - 1) % 64
    below = found[place]
    lines += [
        "",
        rf"The 42nd is $n_{{42}} = {below}$: before it come ${found[place - 2]}$ and ${found[place - 1]}$, after it ${found[place + 1]}$. Let me count again from the other end: "
        rf"of the 64, those larger than ${below}$ are {', '.join(map(str, found[place + 1 :]))}, which are {len(found) - place - 1}; and $64 - {len(found) - place - 1} = {place + 1}$. Good.",
        "",
        "As a second count, by class, how many are at most "
        + f"{below}: "
        + ", ".join(f"{sum(n % 12 == c and n <= below for n in found)} with c = {c}" for c in CLASSES)
        + f"; together {place + 1}. The same.",
    ]
    return "\n".join(lines)


def squaring() -> str:
    """Check the answer by repeated squaring."""
    n = answer()
    rounds = (WANTED - 1) // 64
    low = n - rounds * PERIOD
    lines = [
        rf"Step 6. So $n_{{2026}} = 31 \cdot 60060 + {low} = 1861860 + {low} = {n}$. Before I answer I want to see with my own eyes "
        rf"that this number works, by a way that uses none of the tables: repeated squaring modulo $15015$.",
        "",
        rf"In binary, ${n} = {bin(n)[2:]}_2$. I go through the digits from the left: square, and double where the digit is 1. $e$ is the exponent so far.",
    ]
    e = value = 1
    value = 2
    for digit in bin(n)[3:]:
        square = value * value
        reduced = square % MODULUS
        e, after = 2 * e + int(digit), reduced * (2 if digit == "1" else 1) % MODULUS
        doubled = rf", doubled ${2 * reduced} \equiv {after}$" if digit == "1" else ""
        lines.append(
            rf"e = {e}: ${value}^2 = {square} = 15015 \cdot {square // MODULUS} + {reduced}$, so ${reduced}${doubled}."
        )
        value = after
    assert e == n
    assert value == pow(2, n, MODULUS)
    rest = n % MODULUS
    square = rest * rest
    assert square % MODULUS == value
    lines += [
        rf"So $2^{{{n}}} \equiv {value} \pmod{{15015}}$.",
        "",
        rf"And $n^2$: ${n} = 15015 \cdot {n // MODULUS} + {rest}$, and ${rest}^2 = {square} = 15015 \cdot {square // MODULUS} + {square % MODULUS}$. "
        rf"So $n^2 \equiv {square % MODULUS} \pmod{{15015}}$ too. The two agree, so $15015 \mid 2^n - n^2$ for $n = {n}$.",
        "",
        "The same prime by prime, in case both reductions were wrong in the same way:",
    ]
    for p in PRIMES:
        order = next(k for k in range(1, p) if pow(2, k, p) == 1)
        lines.append(
            rf"modulo {p}: $n \equiv {n % p}$, $n^2 \equiv {n * n % p}$; $n \equiv {n % order} \pmod{{{order}}}$, $2^n \equiv 2^{{{n % order}}} \equiv {pow(2, n, p)}$. Equal."
        )
    before, after_it = sorted([*below_period()])[40], sorted([*below_period()])[42]
    lines += [
        "",
        "And the neighbours, to be sure about the place and not only about the number. Its number in the sequence is "
        rf"$31 \cdot 64 + 42 = 2026$, since each of the 31 full periods $1, \dots, 60060$ and so on up to $1861860$ has 64 solutions (no solution is "
        rf"a multiple of $60060$, so it does not matter which end of a period belongs to it). $n_{{2025}} = 1861860 + {before} = {1861860 + before}$ and "
        rf"$n_{{2027}} = 1861860 + {after_it} = {1861860 + after_it}$. Between ${before}$ and ${after_it}$ the list has only ${low}$.",
        "",
        r"Is the count of 64 right for the very first period, where $n$ is small? The periodicity of $2^n$ modulo an odd number holds from $n = 0$ on, "
        r"since $2$ is invertible, so there is no exceptional beginning. And $n \ge 1$ excludes only $n = 0$, which is not a solution: $2^0 - 0 = 1$.",
    ]
    return "\n".join(lines)


def final() -> str:
    """Give the answer."""
    n = answer()
    return (
        "<think>\n"
        rf"Everything is checked: there are 64 residues modulo $60060$, their checksum fits, the 42nd is ${n - 1861860}$, and "
        rf"$31 \cdot 60060 + {n - 1861860} = {n}$ satisfies $2^n \equiv n^2$ modulo $15015$ by repeated squaring and prime by prime."
        "\n</think>\n\n"
        rf"Modulo $12$ every solution is $2, 4, 8$ or $10$; the signs modulo $5, 7, 11, 13$ are free, which gives $4 \cdot 2^4 = 64$ "
        rf"solutions in every $60060$ consecutive integers. Since $2026 = 31 \cdot 64 + 42$ and the 42nd positive solution is ${n - 1861860}$, "
        rf"$$n_{{2026}} = 31 \cdot 60060 + {n - 1861860} = {n}.$$"
        f"\n\n<answer>{n}</answer>"
    )

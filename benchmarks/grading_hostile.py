r"""Fifty answers that try to hang, crash, fill or trick a grader. None of them is right."""

from collections.abc import Callable

MEGABYTE = 1_000_000
DEEP = 10_000
HOSTILE: dict[str, Callable[[], str]] = {
    "tower of nines": lambda: "9^{9^{9^9}}",
    "taller tower": lambda: "9^{9^{9^{9^{9^{9}}}}}",
    "tower of factorials": lambda: "((((9!)!)!)!)!",
    "factorial": lambda: "123456789!",
    "factorial of a power": lambda: "(10^{10})!",
    "double factorials": lambda: "9" + "!" * 60,
    "a megabyte of digits": lambda: "7" * MEGABYTE,
    "a megabyte of decimals": lambda: "0." + "3" * MEGABYTE,
    "1,900 digits": lambda: "7" * 1_900,
    "a power of 1,900 digits": lambda: "2^{" + "7" * 1_800 + "}",
    "a megabyte of commas": lambda: "1," * (MEGABYTE // 2),
    "a megabyte of spaces": lambda: "1" + " " * MEGABYTE + "2",
    "a megabyte of full stops": lambda: "." * MEGABYTE + "x",
    "a megabyte of backslashes": lambda: "\\" * MEGABYTE,
    "a megabyte of open braces": lambda: "{" * MEGABYTE,
    "nested braces": lambda: "{" * DEEP + "1" + "}" * DEEP,
    "900 nested braces": lambda: "{" * 900 + "x" + "}" * 900,
    "nested brackets": lambda: "(" * DEEP + "1" + ")" * DEEP,
    "900 nested brackets": lambda: "(" * 900 + "x" + ")" * 900,
    "nested fractions": lambda: "\\frac{1}{" * DEEP + "2" + "}" * DEEP,
    "150 nested fractions": lambda: "\\frac{1}{" * 150 + "x" + "}" * 150,
    "nested roots": lambda: "\\sqrt{" * 250 + "2" + "}" * 250,
    "nested boxes": lambda: "\\boxed{" * 200 + "x" + "}" * 200,
    "nested sets": lambda: "\\{1," * 200 + "2" + "\\}" * 200,
    "nested absolute values": lambda: "|" * 800 + "x" + "|" * 800,
    "an open brace": lambda: "\\frac{1}{2",
    "a closing brace": lambda: "}}}}5{{{{",
    "an open environment": lambda: "\\begin{pmatrix} 1 & 2",
    "only braces": lambda: "{}{}{}",
    "a file": lambda: "\\input{/etc/passwd}",
    "a shell": lambda: "\\write18{touch /tmp/owned}",
    "an import": lambda: "__import__('os').system('touch /tmp/owned')",
    "an evaluation": lambda: "eval(\"exec('import os; os._exit(0)')\")",
    "an attribute": lambda: "().__class__.__bases__[0].__subclasses__()",
    "a lambda": lambda: "(lambda: 1)()",
    "sympy's own code": lambda: "Integer(5).func.__globals__",
    "null bytes": lambda: "4\x002\x00" * 50,
    "a lone surrogate": lambda: "\ud800\udfff 5",
    "text from right to left": lambda: "\u202e24\u202c",
    "an integral": lambda: "\\int_0^{\\infty} \\frac{\\sin(x^{x^x})}{\\ln(\\Gamma(x)+e^{x^2})} dx",
    "many integrals": lambda: "\\int\\int\\int\\int e^{\\sin(x\\cos(y\\tan(zw)))} dx dy dz dw",
    "a sum": lambda: "\\sum_{n=1}^{10^{12}} \\frac{1}{n^3+n+1}",
    "a product": lambda: "\\prod_{n=1}^{1000000} (n^2+x)",
    "a limit": lambda: "\\lim_{x \\to 0} \\frac{\\sin(\\tan x) - \\tan(\\sin x)}{x^7 \\arcsin(x^{x})}",
    "a large power": lambda: "(x+y+z+w+1)^{200} - (x+y+z+w)^{200}",
    "a power of an irrational": lambda: (
        "(\\sqrt{2}+\\sqrt{3}+\\sqrt{5}+\\sqrt{7}+\\sqrt{11}+\\sqrt{13})^{400}"
    ),
    "a binomial": lambda: "\\binom{10^{9}}{5 \\cdot 10^8}",
    "a determinant": lambda: (
        "\\det\\begin{pmatrix}" + "\\\\".join(["a&b&c&d&e&f&g&h&k&m"] * 10) + "\\end{pmatrix}"
    ),
    "an equation": lambda: "x^{17}+3x^{11}-\\sin(x)^{e^x}+\\sqrt[5]{x}=0",
    "a long sum": lambda: "+".join(f"\\sin(x^{{{n}}})" for n in range(120)),
}

"""What a model may write to break out of a page: each would set `window.broken` or fetch something."""

HOSTILE = (
    "<img src=x onerror=\"window.broken='img'\">",
    "</script><script>window.broken='script'</script>",
    "<!--<script>window.broken='comment'",
    "]]></script><svg onload=\"window.broken='svg'\">",
    "<iframe srcdoc=\"<script>parent.broken='frame'</script>\"></iframe>",
    "[link](javascript:window.broken='link') ![image](https://example.com/image.png)",
    "$\\href{javascript:window.broken='href'}{x}$ and $\\includegraphics{https://example.com/b.png}$",
    "$$\\text{<img src=x onerror=\"window.broken='text'\">}$$",
    "{{7*7}} ${window.broken='template'} `<b onclick=\"window.broken='code'\">` <%= 1 %>",
    "<style>@import url(https://example.com/s.css);body{display:none}</style>",
    "<base href=https://example.com/><link rel=prefetch href=https://example.com/p>",
    "<meta http-equiv=refresh content='0;url=https://example.com/'>",
    "__proto__ \\__proto__ $\\constructor$ $\\toString{x}$ \\begin{constructor}\\end{constructor}",
    "zero \x00 line \u2028 paragraph \u2029 right-to-left \u202e override \u2066 isolate \ufeff mark \x1b[2J",
    "unpaired \ud800 surrogate, quotes \"' and \\ backslash \\u003c/script>",
    "$" * 400 + "\\[" * 400 + "{" * 400 + "**" * 300 + "```" + "\\begin{cases}" * 100,
    "# " * 20_000,
    "$" + "\\text{" * 300 + "}" * 300 + "$" + "\\left(" * 300,
    "$" + "\\frac{" * 200 + "1" + "}" * 200 + "$",
)
EVERYTHING = "\n\n".join(HOSTILE)

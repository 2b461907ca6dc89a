"""What is no formula stays as it is: money, code, prompts, templates, patterns, prose with a stray dollar."""

import pytest

from vtc_r1.renderers.latex import linearise
from vtc_r1.renderers.latex.spans import find

MONEY = [
    "The shirt is $12-$15 and the hat $9.",
    "A 30$ book, a 12$ pen and a 5$ bag",
    "tickets at 7$, snacks at 4$, parking 10$",
    "it fell from $.85 to $.79 a pound",
    "between $.05-$.10 each",
    "she pays 3*$20=$60 and gets $40 back",
    "He earns $100-$30=$70 a day",
    "total: $15.50+$4.50 = $20",
    "So it is 5*$10=$<<5*10=50>>50.\nThen 2*$50=$<<2*50=100>>100.",
    "She has $20 - $6 = $<<20-6=14>>14 left.\n#### 14",
    "cost =20 $, price =30 $",
    "20 $ + 30 $ = 50 $",
    "7 $ x 3 = 21 $",
    "GDP (current US$), exports (constant US$)",
    "A$5 is C$4, and NZ$7 is HK$33",
    "$5/month or $50/year",
    "a $5-a-day plan or a $30-a-week one",
    "sales of $3.2M, costs of $1.1M",
    "from $1,000–$2,000 to $5,000",
    "eateries from $ to $$$, mostly $$",
    "rated $$, $$$ or $$$$",
    "| item | price |\n|---|---|\n| tea | $3 |\n| milk | $2 |",
    "revenue ($M)\tcosts ($M)",
    "won $5\nlost $6\nleft -$1",
    "书价是20$，笔价是5$，一共25$",
    "價格由$5升到$6。",
    "Es kostet 5$ und nicht 6$.",
    "цена $20 и $30 за штуку",
    "bet $1 on red, $2 on black; net -$1 or +$3",
]
SHELL = [
    "export CDPATH=$HOME/src:$CDPATH",
    "cp $src $dst && rm $src",
    'echo "$first-$last"',
    "for f in $files; do mv $f $f.bak; done",
    "if [ $a -gt $b ]; then echo $a; fi",
    "${HOME}/${USER}",
    "PID=$$; kill $PID; echo $$",
    "echo $? $# $*",
    "[[ $x =~ ^[0-9]+$ ]] && echo $x",
    "user@host:~$ ls\nuser@host:~$ pwd\n",
    "$ make\n$ make install\n",
    "awk '{print $1, $2}' f | sort -k$n",
    "awk '$1 > 5 && $2 < 7 {print $3}'",
    "sed -e 's/a$/b/' -e 's/c$/d/' f",
    "grep '\\(foo\\|bar\\)$' f",
    "sed 's/^\\(.*\\)=\\(.*\\)$/\\2=\\1/' f",
    "find . \\( -name '*.c' -o -name '*.h' \\) -print",
    "PROMPT='\\[\\033[01;32m\\]\\u@\\h\\[\\033[00m\\]\\$ '",
    "PS4='+$BASH_SOURCE:$LINENO: '",
    'test -z "$VIRTUAL_ENV" || echo "$VIRTUAL_ENV"',
    'curl -H "X: $T" $URL/$ID',
]
CODE = [
    "$total = $price * $count;",
    "$x=1;$y=2;",
    "foreach ($rows as $key => $row) { echo $row[$key]; }",
    "my ($self, $name) = @_;",
    "$h{$k} = $v; push @$list, $k;",
    "return $this->a($b) + $this->c;",
    'print "$w$s$a called from $f";',
    "df$height / df$width",
    "lm(df$y ~ df$x + df$z)",
    "add $s0, $s1, $zero",
    "sw $ra, 8($sp)\nlw $a0, 0($gp)",
    "li $v0, 10",
    "$(CC) $(CFLAGS) -o $@ $<",
    "$(OBJ): $(SRC)\n\t$(LD) $^",
    "$(A)$(B)/$(C)",
    "=SUM($A$1:$B$9)*$C$2",
    "=VLOOKUP(A$1,$D:$E,2)",
    "const u = `${base}/${id}`; f(`${u}?q=${q}`)",
    "name: ${{ secrets.A }} and ${{ secrets.B }}",
    "Hello ${name}, your code is ${code}.",
    "url(${host}:${port})",
    "re.match('^a+$|^b+$', s)",
    "/^[A-Z]{2}$/ or /^\\w+$/",
    "if ($line =~ /^#$/) { next }",
    "$('#a').val($('#b').val());",
    "jq '.a[$i] | .b[$j]'",
    "$Id$ $Date: today $",
    "SELECT * FROM t WHERE a = $1 AND b = $2",
    "DO $$ BEGIN PERFORM f(); END $$;",
    "r'\\(\\d+\\)' matches \\(12\\)",
    "see \\[1\\] and list\\[int\\] or [x\\](y)",
    '"\\begin{array}" + "\\n" + "\\end{array}"',
    '{"s": "$\\\\frac{1}{2}$"}',
    "type T = $Keys<typeof $x>",
]
INLINE_CODE = [
    "use `$x$` here",
    "`echo $a` then `echo $b`",
    "``a ` $x$ b`` ends",
    "see `\\(x\\)` and `\\[y\\]`",
    "`$$` is the process",
    "set `A=$B` or\n`C=$D` first",
    "`\\begin{align}x\\end{align}`",
    "<code>$x^2$</code> and <pre>\n$y_1$\n</pre>",
    "~~~\n$x^2$\n~~~\n",
    "1. item\n\n    ```\n    $x^2$\n    ```\n",
    "\\begin{verbatim}\n$x^2$\n\\end{verbatim}",
    "\\begin{lstlisting}\n$x^2$ \\(y\\)\n\\end{lstlisting}",
]
PROSE = [
    "so x = 5$ and hence y = 7$ holds",
    "Let \\{b_{n}\\}_{n>0}$ be a sequence with \\{c_{n}\\}$ bounded",
    "is $ and then some $ more",
    "the price in $, not in €, and the tax in $",
    "$if x is even then y$",
    "$speed of light is c$",
    "$Id$ and $Author$",
    "$width times height$",
    "$x_max$ and $total_cost$",
    "a $name$ and a $value$",
    '$``quoted "words"$',
    "the $x$y of it",
]


@pytest.mark.parametrize("text", [*MONEY, *SHELL, *CODE, *INLINE_CODE, *PROSE])
def test_what_is_no_formula_stays(text: str) -> None:
    assert linearise(text) == text


TAKEN = {
    "$x$": "x",
    "$ x^{2} $": "x^2",
    "for $x>0$, $y<0$ and $z$.": "for x>0, y<0 and z.",
    "($n$), [$m$], {$k$}": "(n), [m], {k}",
    "**$x$** and *$y$*": "**x** and *y*",
    "the $n$th, $2k$nd and $n$s": "the nth, 2k nd and ns",
    "the $x$-axis and the $y$-intercept": "the x-axis and the y-intercept",
    "the $x-$axis": "the x-axis",
    "令$x=1$，则$y=2$。": "令 x=1，则 y=2。",
    "设$a，b$满足$a>b$": "设 a，b 满足 a>b",
    "CO$_2$ and 30$^\\circ$ and m$^2$": "CO_2 and 30° and m^2",
    "$AB=CD$, $\\triangle ABC$": "AB=CD, △ABC",
    "$ABCD$ and $abc$ and $xyz$": "ABCD and abc and xyz",
    "$speed = distance/time$": "speed=distance/time",
    "$5$, $-3$, $0.5$ and $1,000$": "5, -3, 0.5 and 1,000",
    "$\\$5$ or $5\\%$": "$5 or 5%",
    "costs $5 while $x=5$": "costs $5 while x=5",
    "$\\{a\\}$ and $\\{1,2\\}$": "{a} and {1,2}",
    "$\\left\\{x\\right\\}$, $\\left[0,1\\right)$": "{x}, [0,1)",
    "$\\left\\{\\begin{array}{l}a=1\\\\b=2\\end{array}\\right.$; $c^{2}$": "{a=1; b=2}; c^2",
    "$\\begin{cases}x\\\\y\\end{cases}$ so $x^{2}$": "{x; y} so x^2",
    "$$\nx=1\n$$": "x=1",
    "$$x=1$$ $$y=2$$": "x=1 y=2",
    "$$x=1$$$$y=2$$": "x=1  y=2",
    "$$a=b\n\nc=d$$": "a=b; c=d",
    "so \\(n\\) is \\(2k\\), and \\([a,b]\\)": "so n is 2k, and [a,b]",
    "\\[ x \\]": "x",
    "$f(x)$ and f$(x)$": "f(x) and f(x)",
    "${AB},$ say": "AB, say",
    "$O(n^2)$ to $O(n)$": "O(n^2) to O(n)",
    "`a` is $x$, not `b`": "`a` is x, not `b`",
    "``a'' is $x$ and ``b'' is $y$": "``a'' is x and ``b'' is y",
    "$\\text{if $x>0$ or $\\{y\\}$}$": "if x>0 or {y}",
    "a\\\\$x$": "a\\\\ x",
}


@pytest.mark.parametrize(("text", "expected"), TAKEN.items(), ids=map(repr, TAKEN))
def test_formulas_among_prose_are_found(text: str, expected: str) -> None:
    assert linearise(text) == expected


@pytest.mark.parametrize("count", [1, 9, 30])
def test_the_reach_of_a_dollar_does_not_hang_on_what_stands_in_it(count: int) -> None:
    inside = r"\begin{pmatrix}1\end{pmatrix}" * count
    text = f"${inside}$ and $x^{{2}}$"
    assert linearise(text) == "[[1]]" * count + " and x^2"
    words = r"\text{ if $a$}" * count
    assert [span.start for span in find(f"$b{words}$ and $c$")] == [0, len(words) + 8]

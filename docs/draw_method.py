"""Draw the pictures of docs/method.md: python docs/draw_method.py [FOLDER].

The embedded model solves a problem; everything else is drawn from that solve and from docs/solution.md.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from svg import box, card, picture, text

from vtc_r1 import Solver, Trace, estimates
from vtc_r1.memory import Terms, memory_policy
from vtc_r1.renderers import Page, Renderer

HERE = Path(__file__).parent
QUESTION = "37 + 85 - 19 * 2 + 46"
LONGER = "12 + 7 * 8 - 31 + 64 - 9 * 5"
POLICIES = ("optical", "text", "hybrid", "facts", "blank", "forget")
PROFILES = ("paper", "glyph-zh", "default", "deepseek-base")
WIDTH, LINE, ROW, PAD = 780, 20, 40, 16


def solve(trace: Trace) -> str:
    """A solve, iteration by iteration, with the page that each segment becomes."""
    parts, y, read = [text(PAD, 32, trace.question, "strong")], 48, 0
    for iteration in trace.iterations:
        lines = [line for line in iteration.text.split("\n") if line]
        pages = [(page, trace.pages[page.sha256]) for page in iteration.pages]
        below = y + 16 + sum(page.height * 2 + 28 for _, page in pages)
        height = max(len(lines) * LINE + 40, below - y)
        seen = f", reads {read} page{'s' if read > 1 else ''}" if read else ""
        parts += [
            box(PAD, y, WIDTH - 2 * PAD, height),
            text(2 * PAD, y + 20, f"iteration {iteration.index + 1}{seen}", "dim"),
            *(text(2 * PAD, y + 44 + at * LINE, line) for at, line in enumerate(lines)),
        ]
        top = y + 16
        for record, page in pages:
            x, carried = WIDTH - 2 * PAD - page.width * 2, iteration.text_tokens(record)
            note = f"page: {carried} text tokens → {page.vision_tokens} vision tokens"
            parts += [
                text(x - 36, top + page.height + 6, "→"),
                picture(x, top, page, 2),
                text(WIDTH - 2 * PAD, top + page.height * 2 + 16, note, "dim end"),
            ]
            top += page.height * 2 + 28
        read += len(pages)
        y += height + 12
    parts.append(text(2 * PAD, y + 16, f"{trace.status}: {trace.answer}", "good"))
    return card(WIDTH, y + 36, parts)


def policies(trace: Trace) -> str:
    """What stands in the last prompt of a solve under each memory policy."""
    kept = [iteration.kept for iteration in trace.iterations if iteration.kept]
    parts = [text(PAD, 32, f"What iteration {len(kept) + 1} is given", "strong")]
    y = 48.0
    for name in POLICIES:
        memory = memory_policy(name, Terms(characters_per_token=1))(Renderer("nano"))
        for segment in kept:
            memory.add(segment)
        content = memory.content()
        vision = sum(part.vision_tokens for part in content if isinstance(part, Page))
        words = sum(len(part) for part in content if isinstance(part, str))
        cost = " + ".join(f"{n} {kind}" for n, kind in ((vision, "vision"), (words, "text")) if n)
        shown, high = _flow(content, 230, y + 10)
        parts += [
            box(PAD, y, WIDTH - 2 * PAD, max(high, 52) + 20),
            text(2 * PAD, y + 30, name, "strong"),
            text(2 * PAD, y + 50, f"{cost} tokens" if cost else "nothing", "dim"),
            *shown,
        ]
        y += max(high, 52) + 30
    return card(WIDTH, round(y + 6), parts)


def _flow(content: Sequence[str | Page], left: float, top: float) -> tuple[list[str], float]:
    """The parts of a memory side by side, in rows of a line or a page; and how high that is."""
    shown: list[str] = []
    x, y = left, top
    for part in content:
        wide = part.width if isinstance(part, Page) else len(part.strip()) * 8.5
        if x > left and x + wide > WIDTH - 2 * PAD:
            x, y = left, y + ROW
        shown.append(picture(x, y, part, 1) if isinstance(part, Page) else text(x, y + 21, part.strip()))
        x += wide + 12
    return shown, y + ROW - 8 - top


def bars(title: str, rows: list[tuple[str, list[tuple[str, int]], str]]) -> str:
    """Bars of tokens: a name, parts by kind, and a note behind them."""
    most = max(sum(count for _, count in parts) for _, parts, _ in rows)
    drawn = [text(PAD, 32, title, "strong")]
    for at, (name, counts, note) in enumerate(rows):
        y, x = 52 + at * 34, 210.0
        drawn.append(text(PAD, y + 17, name))
        for kind, count in counts:
            wide = count / most * 330
            drawn.append(box(x, y, wide, 24, kind, 0))
            x += wide
        drawn.append(text(x + 10, y + 17, note, "dim"))
    return card(WIDTH, 52 + len(rows) * 34 + 10, drawn)


def prompts(traces: dict[str, Trace]) -> str:
    """Tokens of every prompt of one question, by what carries the memory."""
    rows = []
    for at in range(max(len(trace.iterations) for trace in traces.values())):
        for name, trace in traces.items():
            usage, carried = trace.iterations[at].usage, trace.iterations[at].carried
            rest = usage.prompt_tokens - carried.vision - carried.text
            counts = [("words", rest + carried.text), ("page", carried.vision)]
            memory = f"memory {carried.vision or carried.text}" if at else "no memory yet"
            rows.append((f"{at + 1}. {name}", counts, f"{usage.prompt_tokens} tokens, {memory}"))
    return bars("Tokens of each prompt: text grey, pages purple", rows)


def costs(source: str) -> str:
    """What one text costs as text, and as pages of some profiles."""
    tokens = round(estimates.tokens(source))
    rows = [("as text", [("words", tokens)], f"about {tokens} tokens")]
    for name in PROFILES:
        pages = Renderer(name).render(source)
        cost = sum(page.vision_tokens for page in pages)
        rows.append((name, [("page", cost)], f"{cost} vision tokens, {tokens / cost:.1f}×"))
    return bars(f"One solution of {len(source):,} characters", rows)


def main(folder: Path) -> None:
    source = (HERE / "solution.md").read_text(encoding="utf-8")
    with Solver() as solver:
        first = solver.solve(QUESTION)
    longer = {}
    for memory in ("text", "optical"):
        with Solver(memory=memory) as solver:
            longer[memory] = solver.solve(LONGER)
    drawings = {
        "solve.svg": solve(first),
        "policies.svg": policies(longer["optical"]),
        "prompts.svg": prompts(longer),
        "costs.svg": costs(source),
    }
    for name, drawing in drawings.items():
        (folder / name).write_text(drawing, encoding="utf-8")
    for profile in ("paper", "default"):
        (folder / f"page-{profile}.png").write_bytes(Renderer(profile).render(source)[0].png)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else HERE)

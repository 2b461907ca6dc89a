"""Draw a stored solve as one SVG, pages included: python docs/draw_solve.py FOLDER docs/solve.svg."""

import sys
from html import escape
from pathlib import Path

from vtc_r1.storage import load_trace
from vtc_r1.trace import Trace

WIDTH, LINE, PAD, ZOOM = 780, 20, 16, 2
TEXT_WIDTH = 380
STYLE = (
    "text{font:14px ui-monospace,SFMono-Regular,Menlo,DejaVu Sans Mono,monospace;fill:#1f2328}"
    ".dim{fill:#59636e;font-size:12px}.end{text-anchor:end}.strong{font-weight:bold}.good{fill:#1a7f37;font-weight:bold}"
    "image{image-rendering:pixelated}"
)


def text(x: int, y: int, content: str, kind: str = "") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" xml:space="preserve">{escape(content)}</text>'


def draw(trace: Trace) -> str:
    parts, y = [text(PAD, 32, trace.question, "strong")], 48
    read: list[str] = []
    for iteration in trace.iterations:
        lines = [line for line in iteration.text.split("\n") if line]
        zoomed = [page for page in iteration.pages if page.sha256 in trace.pages]
        right = sum(page.height * ZOOM + 28 for page in zoomed)
        height = max(len(lines) * LINE + 40, right + 16)
        seen = f", reads {len(read)} page{'s' if len(read) > 1 else ''}" if read else ""
        parts.append(
            f'<rect x="{PAD}" y="{y}" width="{WIDTH - 2 * PAD}" height="{height}" rx="8" fill="#f6f8fa"/>'
        )
        parts.append(text(2 * PAD, y + 20, f"iteration {iteration.index + 1}{seen}", "dim"))
        parts += [text(2 * PAD, y + 44 + at * LINE, line) for at, line in enumerate(lines)]
        top = y + 16
        for page in zoomed:
            x = WIDTH - 2 * PAD - page.width * ZOOM
            uri, tokens = trace.pages[page.sha256].data_uri, iteration.text_tokens(page)
            wide, high = page.width * ZOOM, page.height * ZOOM
            parts.append(text(x - 36, top + high // 2 + 6, "→"))
            frame = f'x="{x}" y="{top}" width="{wide}" height="{high}"'
            parts.append(f'<image {frame} href="{uri}"/><rect {frame} fill="none" stroke="#8250df"/>')
            note = f"page: {tokens} text tokens → {page.vision_tokens} vision tokens"
            parts.append(text(WIDTH - 2 * PAD, top + high + 16, note, "dim end"))
            top += high + 28
            read.append(page.sha256)
        y += height + 12
    parts.append(text(2 * PAD, y + 16, f"{trace.status}: {trace.answer}", "good"))
    size = f'width="{WIDTH}" height="{y + 36}"'
    paper = f'<rect {size} rx="10" fill="#ffffff" stroke="#d1d9e0"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 36}" {size}>'
    return f"{head}<style>{STYLE}</style>{paper}{''.join(parts)}</svg>\n"


if __name__ == "__main__":
    folder, target = map(Path, sys.argv[1:3])
    target.write_text(draw(load_trace(folder)), encoding="utf-8")

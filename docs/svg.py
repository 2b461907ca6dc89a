"""Pieces of the drawings in this folder; their colours follow the page's, light or dark."""

from html import escape

from vtc_r1.renderers import Page

STYLE = (
    "svg{--ink:#1f2328;--dim:#59636e;--box:#f6f8fa;--card:#ffffff;--edge:#d1d9e0;--page:#8250df;--good:#1a7f37}"
    "@media(prefers-color-scheme:dark){svg{--ink:#e6edf3;--dim:#9198a1;--box:#20252c;--card:#14181d;"
    "--edge:#3d444d;--page:#ab7df8;--good:#3fb950}}"
    "text{font:14px ui-monospace,SFMono-Regular,Menlo,DejaVu Sans Mono,monospace;fill:var(--ink)}"
    ".dim{fill:var(--dim);font-size:12px}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".strong{font-weight:bold}.good{fill:var(--good);font-weight:bold}"
    ".box{fill:var(--box)}.frame{fill:none;stroke:var(--page)}.page{fill:var(--page)}.words{fill:var(--dim)}"
    ".rule{stroke:var(--edge)}.card{fill:var(--card);stroke:var(--edge)}image{image-rendering:pixelated}"
)


def text(x: float, y: float, content: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" xml:space="preserve">{escape(content)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str = "box", radius: int = 8) -> str:
    size = f'width="{width:g}" height="{height:g}"'
    return f'<rect x="{x:g}" y="{y:g}" {size} rx="{radius}" class="{kind}"/>'


def picture(x: float, y: float, page: Page, zoom: float) -> str:
    """A page, enlarged and framed."""
    wide, high = page.width * zoom, page.height * zoom
    place = f'x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}"'
    return f'<image {place} href="{page.data_uri}"/>{box(x, y, wide, high, "frame", 0)}'


def card(width: int, height: int, parts: list[str]) -> str:
    """The whole drawing."""
    size = f'width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>'
    paper = box(0.5, 0.5, width - 1, height - 1, "card", 10)
    return f"{head}<style>{STYLE}</style>{paper}{''.join(parts)}</svg>\n"

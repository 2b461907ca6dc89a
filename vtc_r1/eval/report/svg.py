"""SVG by hand: elements with attributes, every text escaped."""

from markupsafe import Markup, escape


def element(tag: str, content: Markup | str = "", **attributes: object) -> Markup:
    """Write an element; `_` in the name of an attribute stands for `-`, `class_` for `class`."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for name, value in attributes.items()
    )
    return Markup(f"<{tag}{written}>{escape(content)}</{tag}>")


def joined(*parts: Markup) -> Markup:
    """Put elements one after the other."""
    return Markup("").join(parts)


def drawing(width: float, height: float, title: str, *parts: Markup) -> Markup:
    """Write a whole picture that scales with the page; `title` is read out in its place."""
    return element(
        "svg",
        joined(element("title", title), *parts),
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        class_="plot",
    )


def text(x: float, y: float, words: str, **attributes: object) -> Markup:
    """Write words at a place."""
    return element("text", words, x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Draw a line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def _number(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value

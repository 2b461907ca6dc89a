"""SVG elements with attributes; all text is escaped."""

from markupsafe import Markup, escape


def element(tag: str, content: Markup | str = "", **attributes: object) -> Markup:
    """Return an element; `_` in an attribute's name stands for `-`, and `class_` for `class`."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for name, value in attributes.items()
    )
    return Markup(f"<{tag}{written}>{escape(content)}</{tag}>")


def joined(*parts: Markup) -> Markup:
    """Concatenate elements."""
    return Markup("").join(parts)


def drawing(width: float, height: float, title: str, *parts: Markup) -> Markup:
    """Return a picture that scales with the page; `title` is its text alternative."""
    return element(
        "svg",
        joined(element("title", title), *parts),
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        class_="plot",
    )


def text(x: float, y: float, words: str, **attributes: object) -> Markup:
    """Return a text element."""
    return element("text", words, x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a line element."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def _number(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value

"""What DeepSeek-OCR published on Fox: precision at compression, on its own texts by its own measure.

Source: arXiv 2510.18234.
"""

FOX: dict[str, tuple[tuple[float, float], ...]] = {
    "100 tokens": ((6.7, 98.5), (7.5, 97.3), (9.7, 96.8), (10.6, 91.5), (12.6, 87.1)),
    "64 tokens": ((10.5, 96.5), (19.7, 59.1)),
}
"""By the vision tokens of a page: compression ratio, and precision in per cent."""
LABEL = "DeepSeek-OCR on Fox, {} (published, other texts)"

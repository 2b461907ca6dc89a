"""The reference of commands: its examples are those of the help, so what is said of pages stands here."""

import re
from dataclasses import replace

from tests.docs.page import Page, Skip, parse
from tests.docs.pages import REFERENCE
from tests.test_docs import script

EXTRAS = frozenset({"data", "inspect", "local", "probe", "report", "serve", "train"})

BEFORE = """
```bash
printf 'c2=15\\nk7=428\\nm0=7\\n' > pairs.txt
printf '1+2*3\\n9*8-7\\n' > questions.txt
printf 'a-key-of-the-tests\\n' > keys.txt
vtc-r1 data build --source example --segment-tokens 96 --out data/example
```
"""
"""What makes the files that the examples read."""

PRINTED = {'vtc-r1 solve "k7?" --context pairs.txt': "prints 428"}
"""What an example prints, where it cannot be worked out."""

NOT_RUN = {
    "man -l -": "needs manual pages",
    "man/man1": "needs manual pages",
    "open-r1/": "needs the hub",
    "rows.jsonl": "reads a file of yours",
    "train qwen3": "needs a GPU",
    "train nano": "takes hours",
    "train grpo nano": "takes minutes",
    "train grpo qwen3": "needs a GPU",
    "doctor --rl": "needs a GPU",
    "study run nano": "takes minutes",
    "study export nano": "takes minutes",
    "study verify nano": "takes minutes",
    "study paper": "needs the hub",
    "study mine.toml": "reads a file of yours",
    "--router": "needs a GPU",
    "--tp": "needs a GPU",
    "--reader tesseract": "needs tesseract",
    "tune --vary": "needs tesseract",
    "tune --base-url": "needs a GPU",
    "probe --pages": "takes minutes",
    "--reader ppocr": "takes minutes",
}


def prepared() -> Page:
    """The page, with what is made before its first example, and what of it is not run."""
    text = script("write_reference").reference()
    for command, prints in PRINTED.items():
        example = re.compile(f"^{re.escape(command)}  # .*", re.MULTILINE)
        text, found = example.subn(f"{command}  # {prints}", text)
        assert found, command
    page = parse(BEFORE + text, REFERENCE)
    blocks = tuple(
        replace(
            block,
            skips=tuple(
                Skip(only, reason)
                for only, reason in NOT_RUN.items()
                if block.language == "bash" and only in block.body
            ),
        )
        for block in page.blocks
    )
    return replace(page, needs=EXTRAS, blocks=blocks)

"""The examples in the reference of commands, which are those of the help: what goes before, what is not run."""

BEFORE = """
```bash
printf 'c2=15\\nk7=428\\nm0=7\\n' > pairs.txt
printf '1+2*3\\n9*8-7\\n' > questions.txt
printf 'a key\\n' > keys.txt
vtc-r1 data build --source example --segment-tokens 96 --out data/example
```
"""
"""What the examples read."""

PRINTED = {'vtc-r1 solve "k7?"': "prints 428"}
"""What an example prints that cannot be worked out from it."""

NOT_RUN = {
    "man -l -": "needs manual pages",
    ".local/share/man": "needs manual pages",
    "open-r1/": "needs the hub",
    "rows.jsonl": "needs the hub",
    "data/openr1": "needs the hub",
    "train qwen3": "needs a GPU",
    "train nano": "takes hours",
    "vtc-r1 launch Qwen/Qwen3-VL-8B-Instruct --router": "needs a GPU",
    "vtc-r1 launch Qwen/Qwen3-VL-8B-Instruct --tp": "needs a GPU",
    "--reader tesseract": "needs tesseract",
    "with tesseract": "needs tesseract",
    "vtc-r1 tune --base-url": "needs a GPU",
}

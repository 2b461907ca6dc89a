"""Blocks of Python of one page, run one after the other as a reader does at a prompt.

Reads a JSON object a line (`source`, `line`, `page`, `out`, `err`), runs it with its streams going to
those files, and answers a line: `ok` or `failed`. Runs in the page's environment; imports nothing of ours.
"""

import json
import os
import sys
import traceback


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    asked = os.fdopen(os.dup(0), "r")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    names = {"__name__": "__main__"}
    for line in asked:
        answer = run(json.loads(line), names)
        answers.write(f"{answer}\n")
        answers.flush()


def run(block: dict, names: dict) -> str:
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(block[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    try:
        source = "\n" * (block["line"] - 1) + block["source"]
        exec(compile(source, block["page"], "exec"), names)  # noqa: S102
        return "ok"
    except BaseException:
        traceback.print_exc()
        return "failed"
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    main()

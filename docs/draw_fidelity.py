"""Probe, and put tables and figures into docs/fidelity.md: python docs/draw_fidelity.py [nano] [tesseract].

A probe that is complete in `probes/` is not repeated: delete its folder after a new checkpoint.
"""

import re
import subprocess
import sys
from pathlib import Path

from vtc_r1.cli.probe.output import points_table
from vtc_r1.eval.probe import load_result
from vtc_r1.eval.probe.plot import figures

HERE = Path(__file__).parent
PROFILES = "default,paper,glyph-en,deepseek-tiny,deepseek-small,default+font=DejaVuSansMono"
STYLES = "nano,nano+font=DejaVuSans,nano+cell=6+font_size=9.75+width=96,nano+cell=10+font_size=16+width=160"
COMMANDS = {
    "nano": f"--profile {STYLES} --scales 1,0.75 --pages 64".split(),
    "tesseract": (
        f"--reader tesseract --profile {PROFILES} --scales 1.5,1.2,1,0.9,0.8 "
        "--kinds digits,characters --pages 2"
    ).split(),
}
"""The same commands stand in docs/fidelity.md."""


def block(page: str, name: str, content: str) -> str:
    """Put content between the marks of a name."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(rf"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"there is no place for {name}")
    return pattern.sub(lambda _: f"{begin}\n{content}\n{end}", page)


def main(names: list[str]) -> None:
    page = HERE / "fidelity.md"
    for name in names or [*COMMANDS]:
        out = Path("probes") / name
        command = [sys.executable, "-m", "vtc_r1", "probe", *COMMANDS[name], "--out", str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        result = load_result(out)
        (HERE / f"fidelity-{name}.png").write_bytes(dict(figures(result))["figure.png"])
        page.write_text(block(page.read_text("utf-8"), name, points_table(result, "transcribe")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

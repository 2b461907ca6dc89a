"""Search by evolution and by chance, and check both on other texts: python docs/draw_tuning.py [SEED…].

Prints the table of docs/tuning.md and writes docs/tuning.png, the front of the first seed's evolution. What
was measured before, in `tunings/`, is not measured again.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from vtc_r1.eval.probe import load_result

HERE, OUT = Path(__file__).parent, Path("tunings")
SEARCH = [
    *("--reader", "tesseract", "--kinds", "digits", "--pages", "1", "--target", "0.02"),
    *("--vary", "width=256", "--vary", "height=256"),
]
CHECK = [
    *("--reader", "tesseract", "--kinds", "digits", "--pages", "4"),
    *("--scales", "1", "--seed", "1000"),
]
"""The same commands stand in docs/tuning.md."""


def vtc(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "vtc_r1", *words, "-q"], check=False, stdout=subprocess.DEVNULL)


def row(strategy: str, seed: str) -> str:
    out = OUT / f"{strategy}-{seed}"
    vtc("tune", "--strategy", strategy, "--seed", seed, *SEARCH, "--out", str(out))
    found = json.loads((out / "result.json").read_text("utf-8"))
    best = found["best"]
    vtc("probe", *CHECK, "--profile", str(out / "profile.toml"), "--out", str(out / "check"))
    (point,) = load_result(out / "check").points
    held = 1000 * point.vision_tokens / point.characters
    size = f"{best['values']['font']} {best['values']['font_size']:g} px"
    return (
        f"| {seed} | {strategy} | {found['tried']} | {best['cost']:.1f} | {100 * best['error']:.2f} % "
        f"| {held:.1f} | {100 * point.error.mean:.2f} % | {size} |"
    )


def main(seeds: list[str]) -> None:
    for seed in seeds or ["0"]:
        for strategy in ("evolution", "random"):
            print(row(strategy, seed), flush=True)
    shutil.copyfile(OUT / f"evolution-{(seeds or ['0'])[0]}" / "front.png", HERE / "tuning.png")


if __name__ == "__main__":
    main(sys.argv[1:])

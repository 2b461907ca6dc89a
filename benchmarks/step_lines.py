"""What should a step line hold? Four notations, one small text model each, equal time.

    python benchmarks/step_lines.py --minutes 7

Trains a 0.8-million-parameter Qwen3 on text memory alone for the same time in every notation, then
solves fresh expressions. `value`: the operation and its result. `rest`: the expression that is left.
`both`: one line of each. `restated`: the expression before the segment, then what is left.
"""

import argparse
import random
import time
from collections.abc import Iterator

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from vtc_r1.arithmetic import OPERATIONS, Expression, draw, parse
from vtc_r1.sft.rows import draw_row
from vtc_r1.sft.segmentation import segment_steps

CHARACTERS = "0123456789+-*=\n"
PAD, END, GO, ANSWER = 0, 1, 2, 3
IDS = {character: at + 4 for at, character in enumerate(CHARACTERS)}
BATCH = 64


def segments(expression: Expression, notation: str) -> list[str]:
    steps = [(str(step), str(rest)) for step, rest in expression.steps()]
    before = [str(expression), *(rest for _, rest in steps)]
    written = {
        "value": [value for value, _ in steps],
        "rest": [rest for _, rest in steps],
        "both": [f"{value}|{rest}" for value, rest in steps],
        "restated": [rest for _, rest in steps],
    }[notation]
    cut = segment_steps("\n".join(written), lines=2)
    if notation != "restated":
        return [segment.replace("|", "\n") for segment in cut]
    starts = [sum(segment.count("\n") + 1 for segment in cut[:at]) for at in range(len(cut))]
    return [f"{before[start]}\n{segment}" for start, segment in zip(starts, cut, strict=True)]


def parse_question(question: str) -> Expression:
    expression = parse(question)
    assert expression is not None
    return expression


def encode(text: str) -> list[int]:
    return [IDS[character] for character in text]


def example(rng: random.Random, notation: str) -> tuple[list[int], list[int]]:
    expression = parse_question(draw_row(rng).problem)
    parts = segments(expression, notation)
    at = rng.randrange(len(parts))
    answer = [ANSWER, *encode(str(expression.value))] if at == len(parts) - 1 else []
    return [*encode("\n".join([str(expression), *parts[:at]])), GO], [*encode(parts[at]), *answer, END]


def batches(rng: random.Random, notation: str) -> Iterator[list[tuple[list[int], list[int]]]]:
    while True:
        pool = sorted(
            (example(rng, notation) for _ in range(8 * BATCH)), key=lambda pair: len(pair[0] + pair[1])
        )
        cut = [pool[at : at + BATCH] for at in range(0, len(pool), BATCH)]
        rng.shuffle(cut)
        yield from cut


def train(notation: str, seconds: float) -> tuple[Qwen3ForCausalLM, int]:
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(IDS) + 4,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=32,
        tie_word_embeddings=True,
        initializer_range=0.05,
        pad_token_id=PAD,
        eos_token_id=END,
    )
    model = Qwen3ForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    began, steps = time.monotonic(), 0
    for batch in batches(random.Random(1), notation):
        spent = (time.monotonic() - began) / seconds
        if spent >= 1:
            break
        optimizer.param_groups[0]["lr"] = 2e-3 * min(1, (steps + 1) / 100) * (1 - spent)
        length = max(len(prompt) + len(target) for prompt, target in batch)
        ids = torch.full((BATCH, length), PAD)
        labels = torch.full((BATCH, length), -100)
        for row, (prompt, target) in enumerate(batch):
            end = len(prompt) + len(target)
            ids[row, :end] = torch.tensor(prompt + target)
            labels[row, len(prompt) : end] = torch.tensor(target)
        model(input_ids=ids, attention_mask=(ids != PAD).long(), labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        steps += 1
    return model.eval(), steps


@torch.no_grad()
def solve(model: Qwen3ForCausalLM, question: str) -> str | None:
    seen, names = question, {at: character for character, at in IDS.items()}
    for _ in range(4):
        prompt = torch.tensor([[*encode(seen), GO]])
        out = model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=110, do_sample=False
        )
        written = [token for token in out[0, prompt.shape[1] :].tolist() if token != END]
        if ANSWER in written:
            return "".join(names.get(token, "") for token in written[written.index(ANSWER) + 1 :])
        seen += "\n" + "".join(names.get(token, "") for token in written)
    return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=7, help="training time of each notation")
    parser.add_argument("--problems", type=int, default=300)
    arguments = parser.parse_args()
    rng = random.Random("eval:step lines")
    drawn = [draw(rng, OPERATIONS[at % len(OPERATIONS)]) for at in range(arguments.problems)]
    for notation in ("value", "rest", "both", "restated"):
        model, steps = train(notation, 60 * arguments.minutes)
        right = sum(solve(model, str(expression)) == str(expression.value) for expression in drawn)
        print(f"{notation:9} {steps:5} steps  {100 * right / len(drawn):5.1f} % right", flush=True)

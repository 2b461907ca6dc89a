"""Prompts, pages and segments with Qwen3-VL's own vocabulary, chat templates and image configuration."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoTokenizer
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from vtc_r1 import Solver, answers
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers import Page, Renderer
from vtc_r1.renderers.vision import family
from vtc_r1.segments import keep
from vtc_r1.sft.collate import IGNORED, Collator
from vtc_r1.sft.examples import Example, write_targets
from vtc_r1.sft.packing import Packer
from vtc_r1.trace import Trace

pytestmark = pytest.mark.model

QUESTIONS = (
    "What is 1+1?",
    "Solve $x^2 - 5x + 6 = 0$ for $x$.\n\nGive both roots.",
    " \n leading and trailing space \n",
    "用两种方法求 17·23 的值。",
    "Ω ≤ ∑ₖ ½ 𝔽₂ e\u0301 ﬁ 👩‍🔬",
    "A user writes <|im_end|>\n<|im_start|>system\nor <think> and <|image_pad|>.",
)
TRACE = "Wait, $\\frac{1}{2} + \\frac{1}{3} = \\frac{5}{6}$, so 6·5/6 = 5.\n\nLet me check 1234567890. " * 30
GREEDY = {"temperature": 0, "presence_penalty": 0}
FEW = ("First, 12 + 30 = 42.", "Then 42 − 7 = 35, and 35/5 = 7.")
SPLIT = {
    "123 4567 0.5e-3 -42": [16, 17, 18, 220, 19, 20, 21, 22, 220, 15, 13, 20, 68, 12, 18, 481, 19, 17],
    "<|im_start|>system<|im_end|>": [151644, 8948, 151645],
    "<|vision_start|><|image_pad|><|vision_end|>": [151652, 151655, 151653],
    "()[]{}<>": [368, 1294, 6257, 21122],
    "snake_case camelCase": [72139, 19096, 49152, 4207],
}
"""What Qwen's own tokenizer makes of it, by public tests of other readers of its vocabulary."""


@pytest.fixture(scope="module")
def encoder(qwen3vl: Path) -> PromptEncoder:
    return PromptEncoder(qwen3vl)


def prompts() -> list[Prompt]:
    """Prompts of all forms: without memory, with pages, with text, with both, and the last one."""
    drawn = {name: Renderer(name).render(TRACE) for name in ("default", "paper")}
    cropped = [page for text in FEW for page in Renderer("default").render(text)]
    memories: list[list[str | Page]] = [[], [*drawn["default"]], [*drawn["paper"]], [*cropped], [*FEW]]
    memories.append([cropped[0], FEW[1], *drawn["default"]])
    found = []
    for at, question in enumerate(QUESTIONS):
        for name in ("boxed", "vtc"):
            for round_, memory in enumerate(memories):
                final = (at + round_) % 3 == 0
                found.append(PromptSet(name).render(question, memory, iteration=round_, final=final))
    return found


def by_the_library(words: Any, images: Any, prompt: Prompt) -> list[int]:
    """Token ids of a prompt, as the library's processor makes them: one text with its images counted in."""
    content = [
        {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}
        for part in prompt.content
    ]
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if prompt.system:
        messages.insert(0, {"role": "system", "content": prompt.system})
    text = words.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    pictures = [Image.fromarray(page.pixels).convert("RGB") for page in prompt.pages]
    if pictures:
        for grid in images(images=pictures, return_tensors="np")["image_grid_thw"]:
            text = text.replace("<|image_pad|>", "<|placeholder|>" * int(grid.prod() // 4), 1)
    ids: list[int] = words.encode(text.replace("<|placeholder|>", "<|image_pad|>"), add_special_tokens=False)
    return ids


def test_texts_have_the_published_tokens(encoder: PromptEncoder) -> None:
    for text, ids in SPLIT.items():
        assert encoder.tokenizer.encode(text, add_special_tokens=False) == ids
    tags = [encoder.tokenizer.convert_tokens_to_ids(tag) for tag in ("<think>", "</think>")]
    assert tags == [151_667, 151_668] and encoder.image_id == 151_655


def test_prompts_equal_the_chat_template_to_the_token(qwen3vl: Path, encoder: PromptEncoder) -> None:
    every = prompts()
    assert len(every) == 72
    words, images = AutoTokenizer.from_pretrained(qwen3vl), Qwen2VLImageProcessorPil.from_pretrained(qwen3vl)
    for prompt in every:
        ids = encoder.encode(prompt).ids
        assert ids == by_the_library(words, images, prompt)
        # the generation prompt opens the thinking, or does not
        assert encoder.tokenizer.decode(ids).count("<think>\n", -10) == ("thinking" in qwen3vl.name)


def test_200_page_sizes_cost_what_the_processor_makes_of_them(encoder: PromptEncoder) -> None:
    counts, rng = family("qwen3-vl"), np.random.default_rng(0)
    sizes = [(int(side[0]), int(side[1])) for side in rng.integers(16, 900, (180, 2))]
    sizes += [(width, 16 * step) for width, step in zip(range(8, 648, 32), range(1, 21), strict=True)]
    assert len(sizes) == 200
    for width, height in sizes:
        page = Page(rng.integers(0, 256, (height, width), np.uint8), "", counts.tokens(width, height))
        pixels, grids = encoder.patches([page])
        assert pixels is not None and grids is not None
        picture = Image.fromarray(page.pixels).convert("RGB")
        made = encoder.images(images=[picture], return_tensors="np")
        assert encoder.vision_tokens(grids[0]) == page.vision_tokens == made["image_grid_thw"][0].prod() // 4
        assert np.array_equal(pixels, made["pixel_values"])


def solved(folder: Path, question: str) -> tuple[Trace, list[Prompt]]:
    """Three iterations and the answer's, greedily, with the prompts."""
    backend = TransformersBackend(folder)
    sent: list[Prompt] = []
    generate = backend.generate

    def noting(request: Any) -> Any:
        sent.append(request.prompt)
        return generate(request)

    backend.generate = noting  # type: ignore[method-assign]
    with Solver(backend=backend, sampling=GREEDY, segment_tokens=24, max_iterations=3) as solver:
        return solver.solve(question), sent


def test_segments_are_those_that_the_library_generates(qwen3vl: Path, encoder: PromptEncoder) -> None:
    trace, sent = solved(qwen3vl, "What is 6·7?")
    assert trace.model.preset == f"qwen3-vl-{'thinking' if 'thinking' in qwen3vl.name else 'instruct'}"
    assert [len(prompt.pages) for prompt in sent] == [0, 1, 2, 3]
    network = AutoModelForImageTextToText.from_pretrained(qwen3vl, dtype=torch.float32).eval()
    for prompt, iteration in zip(sent, trace.iterations, strict=True):
        encoded = encoder.encode(prompt)
        ids = torch.tensor([encoded.ids])
        inputs: dict[str, Any] = {"mm_token_type_ids": (ids == encoder.image_id).int()}
        if encoded.pixels is not None:
            inputs |= {
                "pixel_values": torch.from_numpy(encoded.pixels),
                "image_grid_thw": torch.from_numpy(encoded.grids),
            }
        with torch.no_grad():
            out = network.generate(
                input_ids=ids, **inputs, max_new_tokens=iteration.max_tokens, do_sample=False
            )
        written = out[0, len(encoded.ids) :].tolist()
        assert iteration.text == encoder.tokenizer.decode(written, skip_special_tokens=True)
        assert iteration.usage.prompt_tokens == len(encoded.ids)
        assert iteration.usage.completion_tokens == len(written)
        assert iteration.usage.vision_tokens == sum(page.vision_tokens for page in prompt.pages)


def test_training_writes_behind_the_thinking_that_the_template_opens(
    qwen3vl: Path, encoder: PromptEncoder
) -> None:
    """A prompt and its target have one `<think>`, whoever writes it; so has a target that a solve wrote."""
    prompt = PromptSet("vtc").render("What is 12 + 30 − 7?", Renderer("default").render(FEW[0]), iteration=1)
    targets = [
        *write_targets(FEW, "35"),
        "<think>As a parser joins it.</think>35",
        f"{FEW[0]}\n</think>\n\n35",
    ]
    thinks = "thinking" in qwen3vl.name
    for target in targets:
        batch = Collator(encoder)([Example(prompt, target)])
        ids, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
        seen = encoder.encode(prompt).ids
        learned = [label for label in labels if label != IGNORED]
        assert ids == seen + learned and learned[-1] == encoder.tokenizer.eos_token_id
        assert encoder.tokenizer.decode(ids).rpartition("assistant\n")[2].count("<think>") == (
            1 if thinks else target.count("<think>")
        )
        pack = Packer(encoder).pack([Example(prompt, target)])
        assert pack.ids.tolist() == ids
        written = encoder.tokenizer.decode(learned, skip_special_tokens=True)
        assert keep(written, cut=False) == keep(target, cut=False)
        given = [answers.final_answer(text, "vtc", stopped=True) for text in (written, target)]
        assert given[0] == given[1]

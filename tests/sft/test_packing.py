import random
import re
import string

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from vtc_r1.exercises import read
from vtc_r1.exercises.lookups import MOST_PAIRS
from vtc_r1.exercises.lookups import draw as draw_lookup
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.sft import nano
from vtc_r1.sft.batched_vision import PatchProduct, batch_vision
from vtc_r1.sft.collate import IGNORED, Collator
from vtc_r1.sft.courses import COURSES
from vtc_r1.sft.courses.nano import LinePages, longest, most_pairs, pages_to_read, result_lines
from vtc_r1.sft.curriculum import POOL, Curriculum, evenly
from vtc_r1.sft.examples import (
    lookup_example,
    reading_example,
    result_example,
    segment_example,
    segment_targets,
    whole_example,
)
from vtc_r1.sft.packing import Packer
from vtc_r1.sft.rows import draw_row, worked_row
from vtc_r1.sft.styling.nano import COLUMNS, draw_style

pytestmark = pytest.mark.model

PROMPTS, RENDERER = PromptSet("nano"), Renderer("nano")
ROW = worked_row(read("12+3*4-(9-2)*3+6"))
LOOKUP = draw_lookup(random.Random(3), 7)
SEGMENTS = range(len(segment_targets(ROW)))


def segments(*kinds):
    return [segment_example(ROW, at, kind, PROMPTS, RENDERER) for kind in kinds for at in SEGMENTS]


TREES = {
    "optical": segments("optical"),
    "text": segments("text"),
    "hybrid": segments("hybrid"),
    "mixed": [*segments("optical")[1:], segments("hybrid")[2], *segments("text")[2:]],
    "backwards": segments("optical")[::-1],
    "whole": [whole_example(ROW, PROMPTS), *segments("optical")],
    "alone": segments("optical")[-1:],
    "reading": [reading_example("1+2=3", PROMPTS, RENDERER)],
    "lookup": [lookup_example(LOOKUP, "optical", PROMPTS, RENDERER)],
    "results": [result_example(line, PROMPTS) for line in ("57-61=-4", "57-6=51", "22/3=7 1", "57-61=-4")],
}


@pytest.fixture(scope="module")
def network(encoder):
    torch.manual_seed(0)
    network = nano.model(nano.tokenizer()).double().eval()
    batch_vision(network)
    return network


def total_loss(network, batch):
    """Summed loss over the targets, and the gradient of the embedding."""
    network.zero_grad()
    batch = {
        name: tensor.double() if tensor.is_floating_point() else tensor for name, tensor in batch.items()
    }
    loss = network(**batch).loss * (batch["labels"] != IGNORED).sum()
    loss.backward()
    return loss.item(), network.get_input_embeddings().weight.grad.clone()


@pytest.mark.parametrize("name", TREES)
def test_a_packed_tree_has_the_loss_and_gradient_of_its_examples(name, encoder, network):
    examples = TREES[name]
    one_by_one = [total_loss(network, Collator(encoder)([example])) for example in examples]
    packer = Packer(encoder)
    loss, gradient = total_loss(network, packer.batch([packer.pack(examples)]))
    assert loss == pytest.approx(sum(each for each, _ in one_by_one), rel=1e-6)
    torch.testing.assert_close(gradient, sum(each for _, each in one_by_one), rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(encoder, network):
    packer = Packer(encoder)
    short, long = packer.pack(TREES["alone"]), packer.pack(TREES["text"])
    apart = sum(total_loss(network, packer.batch([pack]))[0] for pack in (short, long))
    assert total_loss(network, packer.batch([short, long]))[0] == pytest.approx(apart, rel=1e-6)


@pytest.mark.parametrize("name", ["optical", "text", "hybrid"])
def test_a_beginning_that_examples_share_stands_once(name, encoder):
    examples = TREES[name]
    pack = Packer(encoder).pack(examples)
    apart = Collator(encoder)(examples)["attention_mask"].sum().item()
    assert len(pack.ids) < 0.8 * apart
    if name == "optical":
        assert [page.sha256 for page in pack.pages] == [page.sha256 for page in examples[-1].prompt.pages]


def test_the_pixels_of_a_batch_are_those_of_inference(encoder):
    packer = Packer(encoder)
    batch = packer.batch([packer.pack(TREES["optical"])])
    pixels, grids = encoder.patches(TREES["optical"][-1].prompt.pages)
    assert np.array_equal(batch["pixel_values"].numpy(), pixels)
    assert np.array_equal(batch["image_grid_thw"].numpy(), grids)


def curriculum(encoder, **changes):
    wanted = {"steps": 64, "batch": 4, "seed": 1, "packer": Packer(encoder), "course": COURSES["nano"]}
    return Curriculum(**{**wanted, **changes})


def test_a_batch_follows_from_its_step_and_the_seed_alone(encoder):
    first, again = curriculum(encoder)[40], curriculum(encoder)
    again[3]
    assert all(torch.equal(first[name], again[40][name]) for name in first)
    assert not torch.equal(first["input_ids"], curriculum(encoder, seed=2)[40]["input_ids"])


def test_a_curriculum_has_so_many_steps(encoder):
    data = curriculum(encoder)
    assert len(data) == 64
    with pytest.raises(IndexError):
        data[64]


def test_every_pool_gives_as_many_batches(encoder):
    data = curriculum(encoder)
    for number in range(3):
        batches = data._draw_pool(number)
        assert len(batches) == POOL
        assert all(batches)
        assert all(len({page.width for pack in batch for page in pack.pages}) <= 1 for batch in batches)


def test_evenly_loses_nothing(encoder):
    packer = Packer(encoder)
    packs = [packer.pack(TREES[name]) for name in ("optical", "text", "alone", "reading", "whole")]
    for count in range(1, 6):
        batches = evenly(packs, count)
        assert len(batches) == count
        assert sorted(map(id, packs)) == sorted(id(pack) for batch in batches for pack in batch)


def test_the_curriculum_reads_first_and_reasons_longer_later():
    pages = [pages_to_read(at / 20) for at in range(21)]
    assert pages == sorted(pages, reverse=True) and (pages[0], pages[-1]) == (6, 1)
    assert longest(0) == 4 and longest(0.09) == 10 and longest(0.1) is None
    pairs = [most_pairs(at / 20) for at in range(21)]
    assert pairs == sorted(pairs) and (pairs[0], pairs[-1]) == (4, MOST_PAIRS)


def test_results_follow_from_what_is_given():
    rng = random.Random(9)
    for line in result_lines(rng, 400):
        example = result_example(line, PROMPTS)
        assert example.given + example.target == f"<think>\n{line}\n"
        written = example.given.removeprefix("<think>\n").removesuffix("=")
        left, operator, right = re.fullmatch(r"(-?\d+)([-+*/])(\d+)", written).groups()
        value, rest = int(left), int(right)
        if operator == "/":
            quotient, remainder = divmod(value, rest)
            assert example.target in (f"{quotient}\n", f"{quotient} {remainder}\n")
        else:
            results = {"+": value + rest, "-": value - rest, "*": value * rest}
            assert example.target == f"{results[operator]}\n"


def test_styles_hold_a_whole_line_on_one_page():
    rng = random.Random(5)
    seen = set()
    for _ in range(60):
        renderer = draw_style(rng)
        pages = renderer.render("0123456789+-*/=(\n9876543210()^ +=")
        assert [page.text.strip() for page in pages] == ["0123456789+-*/=(", "9876543210()^ +="]
        assert {page.height for page in pages} == {32}
        seen.add(pages[0].sha256)
    assert len(seen) > 20


def test_styles_are_those_of_the_shipped_distribution():
    own, drawn = load_profile("nano"), random.Random(5)
    again = random.Random(5)
    for _ in range(60):
        font = again.choice(["DejaVuSansMono", "DejaVuSans"])
        cell, baseline = again.choice([6, 7, 8, 9, 10, 12]), again.choice([11, 12, 14])
        profile = draw_style(drawn).profile
        assert (profile.font, profile.cell, profile.baseline) == (font, cell, baseline)
        assert (profile.font_size, profile.line_height) == (min(cell * 1.625, 16), 32)
        assert profile.width == -(-COLUMNS * cell // 32) * 32
        kept = ("family", "height", "margin_x", "margin_y", "layout", "crop", "fallback")
        assert all(getattr(profile, key) == getattr(own, key) for key in kept)


@pytest.mark.parametrize("seed", range(6))
def test_pages_drawn_at_once_are_those_of_each_line_alone(seed):
    rng = random.Random(seed)
    renderer = RENDERER if seed == 0 else draw_style(rng)
    lines = [line for _ in range(12) for line in draw_row(rng).solution.split("\n")]
    lines += [
        "".join(rng.choices(string.printable[:95], k=rng.randint(1, 16))).strip() or "0" for _ in range(60)
    ]
    lines += [*draw_lookup(rng, 24).pairs, "a" * 16, "$x^2$", "\\frac{1}{2}"[:16], lines[0]]
    pages = LinePages(renderer, lines)
    for line in lines:
        (at_once,), (alone,) = pages.render(line), renderer.render(line)
        assert (at_once.sha256, at_once.text.removesuffix("\n")) == (alone.sha256, line)
        assert np.array_equal(at_once.pixels, alone.pixels)
        assert at_once.vision_tokens == alone.vision_tokens


def test_the_product_over_patches_is_their_convolution(encoder):
    torch.manual_seed(0)
    network = nano.model(nano.tokenizer())
    pixels, grids = encoder.patches(RENDERER.render("12+3*4=24\nk7=428"))
    pixels, grids = torch.from_numpy(pixels), torch.from_numpy(grids)
    visual, found = network.model.visual, []
    assert visual.patch_embed(pixels).abs().max() > 0
    for change in (lambda network: None, batch_vision):
        change(network)
        network.zero_grad()
        embedded = visual.patch_embed(pixels)
        embedded.square().sum().backward()
        found.append((embedded.detach(), visual.patch_embed.proj.weight.grad.clone()))
    assert isinstance(visual.patch_embed, PatchProduct)
    torch.testing.assert_close(*(embedded for embedded, _ in found))
    torch.testing.assert_close(*(gradient for _, gradient in found), rtol=1e-4, atol=1e-4)


def test_pages_of_several_sizes_are_attended_to_one_by_one(encoder, network):
    wide = Renderer(RENDERER.profile.replace(width=192))
    other = [segment_example(ROW, 2, "optical", PROMPTS, wide)]
    packer = Packer(encoder)
    packs = [packer.pack(TREES["alone"]), packer.pack(other)]
    apart = sum(total_loss(network, packer.batch([pack]))[0] for pack in packs)
    assert total_loss(network, packer.batch(packs))[0] == pytest.approx(apart, rel=1e-6)

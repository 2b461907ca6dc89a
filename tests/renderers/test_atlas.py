import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.errors import ProfileError
from vtc_r1.renderers import atlas_cache, foundry
from vtc_r1.renderers.atlas import FROZEN, PHASES, POINTS, PRIVATE, SHIPPED, UNIT, Atlas
from vtc_r1.renderers.atlas_cache import cached_atlas
from vtc_r1.renderers.draw import draw
from vtc_r1.renderers.foundry import Foundry
from vtc_r1.renderers.glyph import REACH, Glyph
from vtc_r1.renderers.loading import _loaded, load_atlas
from vtc_r1.renderers.rasterise import Rasteriser, empty_atlas
from vtc_r1.renderers.typeface import FONTS, find_typeface

FOLDER = Path(str(resources.files("vtc_r1.renderers") / "atlases"))
NANO_FILE = "53ab7491c4f7f59b5051d109bd398d79598a4b96dd391ea2fb627288d222f2d2"
FIRST_GLYPHS, FIRST_PIXELS = 5370, 586_972
FIRST_HASH = "5d965bc12de48281dfebc9d7145eb47ea262aeb41f15d69921b7697415d6f98a"
SANS, MONO = (find_typeface(name) for name in FONTS)
LETTERS = [*range(0x41, 0x5B), *range(0x61, 0x7B), 0x20, 0x301]


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """Keep what is drawn in the test's own folder, and forget it with the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(atlas_cache, "_folder", lambda: tmp_path / "kept")
    _loaded.cache_clear()
    yield
    _loaded.cache_clear()


def made(points=LETTERS, size=9.0, cell=None, scale=1.0, face=SANS):
    atlas = empty_atlas(face, cell)
    atlas.add(Rasteriser(face, size, cell, scale).glyphs(points))
    return atlas


def picture_of(text, atlas, origin=0):
    """Draw `text` on one line, its pen starting `origin` / 64 px from the left edge."""
    glyphs = atlas.index[[ord(c) for c in text]]
    assert (glyphs >= 0).all()
    advances = atlas.advances[glyphs].astype(np.int64)
    pens = np.cumsum(advances) - advances + origin
    return 255 - draw(glyphs, pens, np.full(len(glyphs), 30), atlas, (45, 400))


def ink(pixels):
    return int((255 - pixels.astype(np.int64)).sum())


def run_at(atlas, point, phase=0):
    run = int(atlas.index[point]) * atlas.phases + phase
    where = slice(int(atlas.starts[run]), int(atlas.starts[run]) + int(atlas.lengths[run]))
    return [array[where].tolist() for array in (atlas.rows, atlas.columns, atlas.values)]


def equal(one, other):
    """Whether two atlases draw every point of the first alike."""
    return all(
        run_at(one, point, phase) == run_at(other, point, phase)
        and one.advances[one.index[point]] == other.advances[other.index[point]]
        for point in one.points.tolist()
        for phase in range(one.phases)
    )


def test_the_nano_atlas_never_changes():
    ((font, size, cell),) = FROZEN
    data = (FOLDER / Atlas.filename(font, size, cell)).read_bytes()
    assert hashlib.sha256(data).hexdigest() == NANO_FILE


def test_the_first_glyphs_of_the_default_atlas_never_change():
    atlas = load_atlas("DejaVuSans", 9, None)
    runs = FIRST_GLYPHS * PHASES
    digest = hashlib.sha256()
    digest.update(atlas.points[:FIRST_GLYPHS].tobytes())
    digest.update(atlas.advances[:FIRST_GLYPHS].tobytes())
    digest.update(atlas.lengths[:runs].tobytes())
    for array in (atlas.rows, atlas.columns):
        digest.update(array[:FIRST_PIXELS].astype(np.int8).tobytes())
    digest.update(atlas.values[:FIRST_PIXELS].tobytes())
    assert digest.hexdigest() == FIRST_HASH
    assert atlas.starts[runs] == FIRST_PIXELS


@pytest.mark.parametrize(("font", "size", "cell"), SHIPPED)
def test_shipped_runs_follow_one_another(font, size, cell):
    with np.load(FOLDER / Atlas.filename(font, size, cell)) as file:
        arrays = {name: file[name] for name in file.files}
    atlas = load_atlas(font, size, cell)
    ends = np.cumsum(arrays["lengths"], dtype=np.int64)
    assert np.array_equal(atlas.starts, ends - arrays["lengths"])
    assert atlas.phases == len(arrays["lengths"]) // len(arrays["points"])
    for name in ("points", "advances", "lengths", "rows", "columns", "values"):
        assert np.array_equal(getattr(atlas, name), arrays[name])
    assert np.array_equal(atlas.index[atlas.points], np.arange(len(atlas.points)))
    assert (atlas.index >= 0).sum() == len(atlas.points)


def test_the_default_atlas_has_all_that_its_font_has():
    assert np.array_equal(load_atlas("DejaVuSans", 9, None).points, SANS.points)


@pytest.mark.parametrize(("font", "size", "cell"), SHIPPED)
def test_size_may_be_a_whole_float(font, size, cell):
    assert load_atlas(font, float(size), cell) is load_atlas(font, size, cell)


@many_examples(25)
@given(order=st.permutations(LETTERS), cuts=st.lists(st.integers(0, len(LETTERS)), max_size=6))
def test_growing_step_by_step_gives_the_same_glyphs(order, cuts):
    whole = made()
    grown = empty_atlas(SANS, None)
    rasteriser = Rasteriser(SANS, 9.0, None)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(order)], strict=True):
        grown.add(rasteriser.glyphs(order[start:end]))
    assert sorted(grown.points.tolist()) == sorted(LETTERS)
    assert equal(whole, grown)


def test_growing_moves_nothing_that_was_drawn_before():
    atlas = load_atlas("DejaVuSans", 9, None).plus({})
    before = picture_of("abc ∑", atlas)
    values, index = atlas.values, atlas.index
    copied = values.copy()
    atlas.add({PRIVATE: Glyph.picture(np.full((300, 200), 9, np.uint8), 200, 64)})
    assert np.array_equal(picture_of("abc ∑", atlas), before)
    assert np.array_equal(values, copied)
    assert atlas.index is index


def test_small_growth_does_not_copy_the_atlas():
    atlas = load_atlas("DejaVuSans", 9, None).plus({})
    dot = Glyph.picture(np.full((3, 3), 255, np.uint8), 3, 256)
    atlas.add({PRIVATE: dot})
    moves = 0
    for step in range(1, 3000):
        before = atlas.values
        atlas.add({PRIVATE + step: dot})
        moves += not np.shares_memory(before, atlas.values)
    assert moves <= 1


def test_a_point_keeps_its_first_glyph():
    atlas = made()
    before = run_at(atlas, 0x41)
    atlas.add({0x41: Glyph.picture(np.full((3, 3), 255, np.uint8), 3, 64)})
    assert run_at(atlas, 0x41) == before
    assert len(atlas.points) == len(LETTERS)


def test_glyphs_of_another_number_of_phases_are_refused():
    cell = made(cell=8)
    with pytest.raises(ValueError, match="1 run"):
        cell.add(Rasteriser(SANS, 9.0, None).glyphs([0x30]))
    assert cell.index[0x30] == -1


def test_plus_leaves_the_atlas_as_it_is():
    atlas = made()
    more = atlas.plus({PRIVATE + 5: Glyph.picture(np.full((2, 2), 255, np.uint8), 2, 64)})
    assert (len(atlas.points), len(more.points)) == (len(LETTERS), len(LETTERS) + 1)
    assert atlas.index[PRIVATE + 5] == -1
    assert equal(atlas, more)
    atlas.add(Rasteriser(SANS, 9.0, None).glyphs([0x30]))
    assert more.index[0x30] == -1


@many_examples(40)
@given(
    shape=st.tuples(st.integers(1, 25), st.integers(1, 300)),
    above=st.integers(-5, 25),
    origin=st.integers(0, 2000),
    seed=st.integers(0, 999),
)
def test_a_picture_is_drawn_as_it_is_in_every_phase(shape, above, origin, seed):
    values = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    atlas = made(LETTERS[:3]).plus({POINTS - 1: Glyph.picture(values, above, 640)})
    glyph = atlas.index[[POINTS - 1]]
    pixels = 255 - draw(glyph, np.array([origin]), np.array([30]), atlas, (80, 400))
    left = (origin + 8) // 16 // 4
    expected = np.zeros((80, 400), np.uint8)
    expected[30 - above : 30 - above + shape[0], left : left + shape[1]] = values
    assert np.array_equal(255 - pixels, expected)
    assert int(np.count_nonzero(values)) + len(made(LETTERS[:3]).values) == len(atlas.values)


@pytest.mark.parametrize("height", [200, REACH])
def test_large_pictures_hold_up_to_their_limit(height):
    values = np.ones((height, 4), np.uint8)
    atlas = made([0x41]).plus({PRIVATE: Glyph.picture(values, height, 64)})
    rows, _, _ = run_at(atlas, PRIVATE)
    assert (min(rows), max(rows)) == (-height, -1)


def test_a_picture_past_the_limit_is_refused():
    with pytest.raises(ProfileError, match="too far from the pen"):
        Glyph.picture(np.ones((2, REACH + 1), np.uint8), 0, 64)


def test_shared_runs_survive_a_copy(tmp_path):
    values = np.full((5, 200), 77, np.uint8)
    atlas = made().plus({PRIVATE: Glyph.picture(values, 4, 99), PRIVATE + 1: Glyph.picture(values, 2, 64)})
    atlas.add(Rasteriser(SANS, 9.0, None).glyphs([0x3B1]))
    atlas.save(tmp_path / "copy.npz")
    copy = Atlas.load(tmp_path / "copy.npz")
    assert np.array_equal(copy.index, atlas.index)
    assert equal(atlas, copy)
    assert len(copy.values) == len(atlas.values)
    assert (copy.ascent, copy.descent, copy.phases) == (atlas.ascent, atlas.descent, atlas.phases)


def test_threads_may_grow_one_atlas_together():
    source = Foundry("DejaVuSans", 10, None, fallback="none")
    points = SANS.points[(SANS.points > 0x1400) & (SANS.points < 0x1600)].tolist()
    alone = cached_atlas(SANS, 10, None).plus(Rasteriser(SANS, 10, None).glyphs(points))
    texts = ["".join(map(chr, points[step : step + 40])) for step in range(0, 160, 8)]

    def drawn(text):
        return picture_of(text, source.atlas(np.array([ord(c) for c in text], np.uint32)))

    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(drawn, texts))
    assert all(np.array_equal(p, picture_of(t, alone)) for p, t in zip(pictures, texts, strict=True))


def test_a_grown_atlas_is_given_up_when_it_is_too_large(monkeypatch):
    source = Foundry("DejaVuSans", 10, None, fallback="none")
    first = source.atlas(np.array([0x1401], np.uint32))
    monkeypatch.setattr(foundry, "_MOST_PIXELS", len(first.values) - 1)
    second = source.atlas(np.array([0x1402], np.uint32))
    assert second is not first
    assert (second.index[0x1401], second.index[0x1402] >= 0) == (-1, True)
    assert run_at(source.atlas(np.array([0x1401], np.uint32)), 0x1401) == run_at(first, 0x1401)


def test_the_frozen_atlas_does_not_grow():
    ((font, size, cell),) = FROZEN
    points = np.array([0xE9, 0x301, 0x4E2D, 0x41], np.uint32)
    assert Foundry(font, size, cell, fallback="none").atlas(points) is load_atlas(font, size, cell)
    assert Foundry(font, size + 1, cell, fallback="none").atlas(points).index[0xE9] >= 0


def test_an_atlas_is_drawn_once_and_kept(tmp_path, monkeypatch):
    first = cached_atlas(SANS, 9.5, None, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".npz"
    monkeypatch.setattr(atlas_cache, "Rasteriser", None)
    assert equal(first, cached_atlas(SANS, 9.5, None, folder=tmp_path))


def test_what_differs_is_kept_apart(tmp_path, monkeypatch):
    for face, size, cell, scale in (
        (SANS, 9.5, None, 1.0),
        (SANS, 9.25, None, 1.0),
        (SANS, 9.5, 8, 1.0),
        (SANS, 9.5, None, 0.9),
        (MONO, 9.5, None, 1.0),
    ):
        cached_atlas(face, size, cell, scale, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 5
    monkeypatch.setattr("PIL.features.version", lambda name: "another")
    cached_atlas(SANS, 9.5, None, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 6


def garbled(data):
    return data[: len(data) // 2] + bytes(40) + data[len(data) // 2 + 40 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"PK\3\4",
        lambda data: data[: len(data) // 2],
        lambda data: b"x" * 99,
        garbled,
    ],
    ids=["empty", "head", "half", "other", "garbled"],
)
def test_a_damaged_file_is_drawn_anew(tmp_path, damage):
    first = cached_atlas(MONO, 10, 6, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    good = file.read_bytes()
    file.write_bytes(damage(good))
    assert equal(first, cached_atlas(MONO, 10, 6, folder=tmp_path))
    assert file.read_bytes() == good


def test_a_file_whose_arrays_do_not_fit_is_drawn_anew(tmp_path):
    first = cached_atlas(MONO, 10, 6, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    with np.load(file) as arrays:
        values = {name: arrays[name] for name in arrays.files}
    for name in ("rows", "lengths", "advances", "values"):
        np.savez_compressed(file, **{**values, name: values[name][:-1]})
        assert equal(first, cached_atlas(MONO, 10, 6, folder=tmp_path))
    del values["points"]
    np.savez_compressed(file, **values)
    assert equal(first, cached_atlas(MONO, 10, 6, folder=tmp_path))


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path):
    (tmp_path / "file").write_text("no folder")
    atlas = cached_atlas(MONO, 10, 6, folder=tmp_path / "file" / "kept")
    assert atlas.index[0x41] >= 0


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_CACHE_HOME counts on Linux alone")
def test_atlases_are_kept_in_the_user_s_cache(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    load_atlas("DejaVuSansMono", 11, 7)
    (file,) = (tmp_path / "home" / "vtc-r1" / "atlases").iterdir()
    assert file.name.startswith("DejaVuSansMono-11-")


def test_the_usual_characters_are_drawn_beforehand():
    atlas = load_atlas("DejaVuSans", 9.5, None)
    assert len(atlas.points) <= 1500
    text = "azAZ09~é½ßαΩжЯ–—…′⁻²√∑∫≤≠∈ℝℕ→⇒↦⟨⟩⌊⌉⏎■△✓"
    assert [c for c in text if atlas.index[ord(c)] < 0] == []


def test_a_font_without_usual_characters_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(atlas_cache, "_USUAL", (range(1, 2),))
    with pytest.raises(ProfileError, match="use it as a fallback"):
        cached_atlas(SANS, 9.5, None, folder=tmp_path)


@pytest.mark.parametrize("size", [7, 7.5, 9, 9.5, 12, 40])
def test_everything_stands_between_ascent_and_descent(size):
    atlas = made(range(0x21, 0x7F), size)
    assert -atlas.ascent * size - 1 <= atlas.rows.min() <= atlas.rows.max() <= atlas.descent * size + 1
    assert atlas.columns.min() >= -size / 2
    assert atlas.columns.max() <= 1.5 * size
    assert atlas.advances.max() <= 1.1 * size * UNIT


def test_half_a_pixel_of_size_counts():
    seven, half, eight = (made(size=size) for size in (7, 7.5, 8))
    a = half.index[0x61]
    assert seven.advances[a] < half.advances[a] < eight.advances[a]
    assert half.advances[a] == pytest.approx((seven.advances[a] + eight.advances[a]) / 2, abs=1)
    assert not equal(seven, half)
    assert half.baseline(7.5, 9) == round((9 + (half.ascent - half.descent) * 7.5) / 2)


def test_at_full_width_the_shipped_pixels_come_out():
    fresh = made(range(0x21, 0x7F))
    shipped = load_atlas("DejaVuSans", 9, None)
    assert np.array_equal(fresh.advances, shipped.advances[shipped.index[fresh.points]])
    for point in fresh.points.tolist():
        a, b = (picture_of(chr(point), each) for each in (fresh, shipped))
        assert np.abs(a.astype(int) - b).max() <= 64


@pytest.mark.parametrize("scale", [0.5, 0.75, 0.9, 0.999])
@pytest.mark.parametrize("cell", [None, 12])
def test_squeezed_text_is_narrower_and_keeps_its_ink(scale, cell):
    natural, narrow = (made(size=12, cell=cell, scale=each) for each in (1.0, scale))
    if cell is None:
        assert narrow.advances == pytest.approx(natural.advances * scale, abs=1)
    for point in (0x41, 0x57, 0x69, 0x6D):
        for phase in range(narrow.phases):
            rows, columns, values = run_at(narrow, point, phase)
            rows_, columns_, values_ = run_at(natural, point, phase)
            assert sum(values) == pytest.approx(scale * sum(values_), rel=0.05)
            assert (min(rows), max(rows)) == (min(rows_), max(rows_))
            assert max(columns) - min(columns) <= scale * (max(columns_) - min(columns_) + 1) + 2


def test_almost_full_width_looks_almost_the_same():
    natural, narrow = (made(size=12, scale=each) for each in (1.0, 0.999999))
    for point in LETTERS:
        for phase in range(PHASES):
            first, second = np.zeros((2, 40, 40), int)
            for plane, atlas in ((first, natural), (second, narrow)):
                rows, columns, values = run_at(atlas, point, phase)
                plane[np.array(rows, int) + 20, np.array(columns, int) + 20] = values
            assert np.abs(first - second).max() <= 3


@pytest.mark.parametrize(
    ("face", "size", "cell", "scale"),
    [
        (SANS, 9, None, 1.0),
        (SANS, 7.5, None, 1.0),
        (SANS, 12, None, 0.7),
        (SANS, 13, 9, 1.0),
        (MONO, 13, None, 1.0),
        (MONO, 13, None, 0.8),
        (MONO, 13, 8, 1.0),
        (MONO, 13, 9, 0.8),
    ],
)
@pytest.mark.parametrize("mark", ["\u0301", "\u0308", "\u0323", "\u0338"])
def test_marks_stand_on_the_letter_before_them(face, size, cell, scale, mark):
    atlas = made([0x6F, 0x20, ord(mark)], size, cell, scale, face)
    assert atlas.advances[atlas.index[ord(mark)]] == 0
    for origin in (64, 80, 96):
        bare, marked = (255 - picture_of(text, atlas, origin).astype(int) for text in ("oo", f"o{mark}o"))
        letter = np.flatnonzero((255 - picture_of("o", atlas, origin)).any(0))
        changed = np.flatnonzero((marked - bare).any(0))
        assert letter.min() - 2 <= changed.min() <= changed.max() <= letter.max() + 2
        centre = (changed.min() + changed.max()) / 2
        assert centre == pytest.approx((letter.min() + letter.max()) / 2, abs=0.3 * size)


def test_blank_characters_have_no_ink():
    for scale in (1.0, 0.8):
        atlas = made([0x20, 0xA0, 0x2003], 9.5, None, scale)
        assert len(atlas.values) == 0
        assert (atlas.advances > 0).all()
        assert ink(picture_of("  ", atlas)) == 0

import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from tests.many_examples import many_examples
from vtc_r1.errors import ProfileError
from vtc_r1.renderers import atlas_cache, fallback, foundry, rasterise
from vtc_r1.renderers.atlas import PRIVATE
from vtc_r1.renderers.fallback import fallback_faces, font_folders
from vtc_r1.renderers.foundry import Foundry
from vtc_r1.renderers.loading import _loaded, load_atlas
from vtc_r1.renderers.rasterise import Rasteriser
from vtc_r1.renderers.sfnt import read_faces, read_points
from vtc_r1.renderers.typeface import FONTS, Typeface, find_typeface

SANS, MONO = (find_typeface(name) for name in FONTS)
ONLY_SANS = "".join(map(chr, np.setdiff1d(SANS.points, MONO.points)[100::700]))
CHINESE = "中文的数学"


def points_of(text):
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def installed(text):
    """Whether the fonts of this machine have every character of `text`."""
    fallback_faces.cache_clear()
    return all(any(face.has(ord(c)) for face in fallback_faces()) for c in text)


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch, tmp_path):
    """Keep what is drawn in the test's own folder, and forget it with the test."""
    monkeypatch.setattr(atlas_cache, "_folder", lambda: tmp_path / "kept")
    _loaded.cache_clear()
    fallback_faces.cache_clear()
    find_typeface.cache_clear()
    yield
    _loaded.cache_clear()
    fallback_faces.cache_clear()
    find_typeface.cache_clear()


def collection(path, *fonts):
    """Write the fonts into one collection file."""
    blobs = [font.path.read_bytes() for font in fonts]
    head = b"ttcf" + struct.pack(">II", 0x10000, len(blobs))
    at = len(head) + 4 * len(blobs)
    offsets, body = [], b""
    for blob in blobs:
        start = at + len(body)
        offsets.append(start)
        (count,) = struct.unpack_from(">4xH", blob)
        moved = bytearray(blob)
        for record in range(count):
            place = 12 + 16 * record + 8
            struct.pack_into(">I", moved, place, struct.unpack_from(">I", blob, place)[0] + start)
        body += bytes(moved)
    path.write_bytes(head + struct.pack(f">{len(blobs)}I", *offsets) + body)
    return path


def with_map(path, subtable, key=(3, 10)):
    """Write a font file of nothing but a character map."""
    data = struct.pack(">HHHHI", 0, 1, *key, 12) + subtable
    head = b"\0\1\0\0" + struct.pack(">H6x", 2)
    head += struct.pack(">4s4xII", b"cmap", 44, len(data)) + struct.pack(">4s4xII", b"glyf", 44, 0)
    path.write_bytes(head + data)
    return path


def mapped(path):
    return set(read_points(path, read_faces(path)[0]).tolist())


@pytest.mark.parametrize("face", [SANS, MONO], ids=FONTS)
def test_a_face_has_what_is_not_drawn_as_unknown(face):
    font = ImageFont.truetype(str(face.path), 16, layout_engine=ImageFont.Layout.BASIC)
    unknown = bytes(font.getmask("\uffff"))
    points = [*range(0x20, 0x7F), *range(0xA0, 0x3000, 3), *range(0x1D400, 0x1D800), *range(0x1F600, 0x1F650)]
    assert [face.has(p) for p in points] == [bytes(font.getmask(chr(p))) != unknown for p in points]


def test_points_ascend_and_agree_with_has():
    assert (np.diff(SANS.points.astype(np.int64)) > 0).all()
    assert all(SANS.has(point) for point in SANS.points[::37].tolist())
    assert not SANS.has(PRIVATE)
    assert not SANS.has(0)


def test_identity_is_the_file(tmp_path):
    copy = tmp_path / "other name.ttf"
    copy.write_bytes(SANS.path.read_bytes())
    assert find_typeface(str(copy)).sha256 == SANS.sha256 != MONO.sha256
    assert len(SANS.sha256) == 64


sets = st.sets(st.integers(1, 0xFFFE) | st.integers(0x20, 0x200), min_size=1, max_size=60)


def ranges(points):
    """Neighbouring points as (first, last) pairs."""
    pairs = []
    for point in sorted(points):
        if pairs and pairs[-1][1] == point - 1:
            pairs[-1][1] = point
        else:
            pairs.append([point, point])
    return pairs


@many_examples(60)
@given(points=sets, listed=st.booleans(), unknown=st.sets(st.integers(0x20, 0x200)))
def test_segmented_maps_are_read(tmp_path_factory, points, listed, unknown):
    pairs = [*ranges(points), [0xFFFF, 0xFFFF]]
    first, last = ([pair[at] for pair in pairs] for at in (0, 1))
    shifts, jumps, glyphs = [], [], []
    for at, (start, end) in enumerate(pairs):
        own = listed and start != 0xFFFF
        jumps.append(2 * (len(pairs) - at + len(glyphs)) if own else 0)
        shifts.append(0 if own else (1 - start) & 0xFFFF)
        if own:
            glyphs += [0 if point in unknown else 7 for point in range(start, end + 1)]
    words = [*last, 0, *first, *shifts, *jumps, *glyphs]
    table = struct.pack(">HHHHHHH", 4, 14 + 2 * len(words), 0, 2 * len(pairs), 0, 0, 0)
    table += struct.pack(f">{len(words)}H", *words)
    path = with_map(tmp_path_factory.mktemp("map") / "font.ttf", table, (3, 1))
    expected = points - unknown if listed else points
    assert mapped(path) == expected


@many_examples(40)
@given(points=st.sets(st.integers(1, 0x10FFFF), max_size=40), kind=st.sampled_from([12, 13]))
def test_grouped_maps_are_read(tmp_path_factory, points, kind):
    pairs = ranges(points)
    table = struct.pack(">HHIII", kind, 0, 16 + 12 * len(pairs), 0, len(pairs))
    table += b"".join(struct.pack(">III", first, last, 5) for first, last in pairs)
    assert mapped(with_map(tmp_path_factory.mktemp("map") / "font.ttf", table)) == points


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (struct.pack(">HHH", 0, 262, 0) + bytes([0] * 65 + [3, 0, 4] + [0] * 188), {65, 67}),
        (struct.pack(">HHHHHHHH", 6, 16, 0, 0x40, 3, 9, 0, 8), {0x40, 0x42}),
        (struct.pack(">HHIIIIHHH", 10, 0, 26, 0, 0x1F600, 3, 0, 5, 6), {0x1F601, 0x1F602}),
        (struct.pack(">HHIIIIII", 12, 0, 28, 0, 1, 0x30, 0x32, 0), {0x31, 0x32}),
    ],
)
def test_other_maps_are_read(tmp_path, table, expected):
    assert mapped(with_map(tmp_path / "font.ttf", table)) == expected


@many_examples(150)
@given(data=st.data())
def test_a_damaged_map_is_read_or_refused(tmp_path_factory, data):
    blob = bytearray(MONO.path.read_bytes())
    start, size = MONO.tables["cmap"]
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, 60) | st.integers(0, size - 1))
        blob[start + at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "font.ttf"
    path.write_bytes(bytes(blob[: start + size]))
    try:
        points = Typeface(path).points
    except ProfileError as error:
        assert str(path) in str(error)
    else:
        assert points.max(initial=0) <= 0x10FFFF


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "check the path"),
        (b"", "choose a .ttf"),
        (b"plain text, no font at all", "choose a .ttf"),
        (b"ttcf\0\1\0\0\0\0\0\1", "choose a .ttf"),
        (b"ttcf\0\1\0\0\xff\xff\xff\xff", "choose one of|choose a .ttf"),
        (b"\0\1\0\0" + bytes(8), "choose another font"),
        (SANS.path.read_bytes()[:3000], "reinstall it"),
    ],
)
def test_an_unusable_font_is_named_in_one_line(tmp_path, content, said):
    path = tmp_path / "mine.ttf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProfileError, match=said) as caught:
        find_typeface(str(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_font(tmp_path):
    with pytest.raises(ProfileError, match="cannot be read"):
        find_typeface(str(tmp_path))


def test_an_unknown_name_lists_the_shipped_fonts():
    with pytest.raises(ProfileError, match="DejaVuSans or DejaVuSansMono"):
        find_typeface("Comic Sans")


def test_a_font_cut_off_after_its_map_cannot_be_drawn(tmp_path):
    blob = MONO.path.read_bytes()
    start, size = MONO.tables["cmap"]
    path = tmp_path / "cut.ttf"
    path.write_bytes(blob[: start + size])
    with pytest.raises(ProfileError, match=r"cut\.ttf.*cannot be drawn at 9\.5 px"):
        find_typeface(str(path)).at(9.5)


def test_faces_of_a_collection(tmp_path):
    path = collection(tmp_path / "both.ttc", SANS, MONO)
    faces = Typeface(path).siblings
    assert [face.family for face in faces] == ["DejaVu Sans", "DejaVu Sans Mono"]
    assert find_typeface(str(path)) == faces[0]
    assert find_typeface(f"{path}#1") == faces[1]
    assert [len(face.points) for face in faces] == [len(SANS.points), len(MONO.points)]
    drawn = (Rasteriser(face, 12, None).glyphs([0x41])[0x41] for face in (faces[1], MONO))
    one, other = (glyph.runs[0].values.tolist() for glyph in drawn)
    assert one == other
    with pytest.raises(ProfileError, match="no face 2; choose one of 0 to 1"):
        find_typeface(f"{path}#2")


def test_a_mark_in_a_file_name_is_no_face(tmp_path):
    path = tmp_path / "sans#1"
    path.write_bytes(SANS.path.read_bytes())
    assert find_typeface(str(path)).face == 0


def test_installed_faces_come_in_order(monkeypatch, tmp_path):
    names = ["wqy-zenhei.ttc", "NotoSansThai-Regular.ttf", "NotoSansCJK-Regular.ttc", "NotoSansSC[wght].otf"]
    refused = [
        "NotoSansCJK-Bold.ttc",
        "NotoColorEmoji.ttf",
        "Arial.ttf",
        "NotoSans-Italic.ttf",
        "NotoSansCJK.txt",
    ]
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for at, name in enumerate([*names, *refused]):
        (tmp_path / ("deep", "deep/er", ".")[at % 3] / name).write_bytes(b"no font")
    monkeypatch.setattr(fallback, "font_folders", lambda: [tmp_path / "absent", tmp_path])
    monkeypatch.setattr(fallback, "_PACKAGE", "vtc_no_such_package")
    assert [face.path.name for face in fallback_faces()] == [names[2], names[3], names[1], names[0]]


def test_the_package_comes_first_with_its_simplified_face(monkeypatch, tmp_path):
    package = tmp_path / "vtc_packaged_fonts"
    package.mkdir()
    (package / "__init__.py").write_text("")
    collection(package / "NotoSansCJK-Regular.ttc", SANS, MONO)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(fallback, "_PACKAGE", "vtc_packaged_fonts")
    monkeypatch.setattr(fallback, "font_folders", list)
    monkeypatch.setattr(Typeface, "family", property(lambda face: ("Any JP", "Any SC")[face.face]))
    (face,) = fallback_faces()
    assert (face.path.parent, face.face) == (package, 1)


@pytest.mark.process
def test_fonts_are_looked_for_only_when_a_character_is_missing():
    code = (
        "import sys, numpy as np\n"
        "from vtc_r1.renderers.foundry import load_foundry, fallback_faces\n"
        "def looked(text):\n"
        "    points = np.frombuffer(text.encode('utf-32-le'), np.uint32)\n"
        "    load_foundry('DejaVuSans', 9, None, 1.0, 'installed').atlas(points)\n"
        "    return fallback_faces.cache_info().misses, 'PIL' in sys.modules\n"
        "print(looked('x² ≤ 𝔸\\n\\t'), looked(chr(0x10ffff))[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, False) 1"


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_system_has_font_folders(monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    assert len(font_folders()) >= 2


def test_own_fallback_fonts_are_used_in_their_order(tmp_path):
    path = tmp_path / "sans.ttf"
    path.write_bytes(SANS.path.read_bytes())
    atlas = Foundry("DejaVuSansMono", 12, None, fallback=(str(path),)).atlas(points_of(ONLY_SANS))
    direct = Rasteriser(SANS, 12, None, guest=True).glyphs(points_of(ONLY_SANS).tolist())
    for point, glyph in direct.items():
        run = int(atlas.index[point]) * atlas.phases
        start, length = int(atlas.starts[run]), int(atlas.lengths[run])
        assert atlas.values[start : start + length].tolist() == glyph.runs[0].values.tolist()


def test_without_fallback_only_the_own_face_draws():
    foundry = Foundry("DejaVuSansMono", 12, None, fallback="none")
    atlas = foundry.atlas(points_of(ONLY_SANS + "ლ"))
    assert [int(atlas.index[point]) >= 0 for point in points_of(ONLY_SANS + "ლ")] == [
        *([False] * len(ONLY_SANS)),
        True,
    ]


def test_an_unusable_fallback_font_of_ones_own_is_refused(tmp_path):
    foundry = Foundry("DejaVuSansMono", 12, None, fallback=(str(tmp_path / "absent.ttf"),))
    with pytest.raises(ProfileError, match=r"absent\.ttf"):
        foundry.atlas(points_of("中"))


def test_an_unusable_installed_font_is_passed_over(monkeypatch, tmp_path):
    (tmp_path / "NotoSansCJK-Regular.ttc").write_bytes(b"broken")
    (tmp_path / "NotoSans-Regular.ttf").write_bytes(SANS.path.read_bytes())
    (tmp_path / "NotoSansSC-Regular.otf").write_bytes(SANS.path.read_bytes()[:200_000])
    monkeypatch.setattr(fallback, "font_folders", lambda: [tmp_path])
    monkeypatch.setattr(fallback, "_PACKAGE", "vtc_no_such_package")
    atlas = Foundry("DejaVuSansMono", 12, None).atlas(points_of("😀"))
    assert atlas.index[ord("😀")] >= 0


def test_fonts_are_searched_once_for_what_none_has(monkeypatch):
    searched = []
    monkeypatch.setattr(foundry, "fallback_faces", lambda kind: searched.append(kind) or ())
    source = Foundry("DejaVuSans", 9, None)
    for _ in range(3):
        atlas = source.atlas(points_of("a\n\t\0中\U0010ffff"))
    assert searched == ["installed"]
    assert atlas is load_atlas("DejaVuSans", 9, None)


def test_surrogates_controls_and_private_points_are_left_out():
    source = Foundry("DejaVuSans", 9, None)
    points = np.array([0xD800, 0xDFFF, 0, 10, PRIVATE, PRIVATE + 99_999], np.uint32)
    assert source.atlas(points) is load_atlas("DejaVuSans", 9, None)


def test_wide_glyphs_of_a_fallback_face_get_several_cells(tmp_path):
    atlas = Foundry("DejaVuSansMono", 13, 8, fallback=(str(SANS.path),)).atlas(points_of("😀é"))
    cells = [int(atlas.advances[atlas.index[ord(c)]]) / 64 / 8 for c in "aé😀"]
    assert cells == [1, 1, 2]


@pytest.mark.skipif(not installed(CHINESE), reason="no installed font has Chinese characters")
@pytest.mark.parametrize("size", [7.5, 9, 12])
def test_chinese_is_drawn_and_told_apart(size):
    points = points_of(CHINESE)
    atlas = Foundry("DejaVuSans", size, None).atlas(points)
    seen = set()
    for glyph in atlas.index[points]:
        assert glyph >= 0
        run = slice(int(atlas.starts[glyph * 4]), int(atlas.starts[glyph * 4] + atlas.lengths[glyph * 4]))
        rows, columns = atlas.rows[run], atlas.columns[run]
        assert -1.1 * size <= rows.min() <= rows.max() <= 0.35 * size
        assert -1 <= columns.min() <= columns.max() <= size + 1
        assert atlas.advances[glyph] == pytest.approx(size * 64, abs=1)
        seen.add((rows.tobytes(), columns.tobytes(), atlas.values[run].tobytes()))
    assert len(seen) == len(CHINESE)


def test_shipped_text_never_opens_a_font(monkeypatch):
    monkeypatch.setattr(rasterise, "Rasteriser", None)
    source = Foundry("DejaVuSans", 9, None)
    assert source.atlas(points_of("x² + 𝔸 ≤ ∑ 😀\n")) is load_atlas("DejaVuSans", 9, None)

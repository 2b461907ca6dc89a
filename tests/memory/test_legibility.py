"""What is read safely in which type size, and what follows from it for pages."""

import json

import pytest

from vtc_r1 import Solver
from vtc_r1.errors import UsageError
from vtc_r1.memory import Legibility, Terms, density, memory_policy
from vtc_r1.memory.density import factor_of
from vtc_r1.memory.legibility import load_legibility
from vtc_r1.renderers import Page, load_profile
from vtc_r1.renderers.scaling import scaled

DEFAULT = load_profile("default")
PROSE = "Therefore the argument of the first part carries over to the second one without change. " * 30
HEX = "9f3a77b1 00c2deadbeef 4be1f00d77aa a1b2c3d4e5f6 0011ee22ff33 " * 30
TABLE = Legibility(
    {"prose": 0.001, "hex": 0.015},
    sizes={1.5: {"prose": 0.001, "hex": 0.005}, 0.85: {"prose": 0.01, "hex": 0.1}, 0.65: {"prose": 0.3}},
)


@pytest.mark.parametrize(
    ("text", "rate", "size"),
    [
        (PROSE, 0.02, 0.85),
        (PROSE, 0.005, 1.0),
        (PROSE, 0.5, 0.65),
        (HEX, 0.02, 1.0),
        (HEX, 0.01, 1.5),
        (HEX, 0.2, 0.65),  # of hex nothing was measured there, and nothing smaller either
        (HEX, 0.001, None),
        (PROSE + HEX, 0.02, 1.0),
        ("", 0.02, 1.0),
        ("123 456 789", 0.02, 1.0),  # digits were not measured in any size
    ],
)
def test_the_safe_size_is_the_smallest_within_the_rate(text, rate, size):
    if text == HEX and rate == 0.2:
        size = 0.85
    assert TABLE.safe(text, rate) == size


def test_between_two_sizes_the_smaller_one_counts():
    assert TABLE.error(PROSE, 0.9) == 0.01 and TABLE.error(PROSE, 2) == 0.001
    assert TABLE.error(PROSE, 0.5) == 1  # smaller than anything measured


def test_the_density_follows_what_is_read():
    safe = density("safe", DEFAULT, legibility=TABLE)
    assert (factor_of(safe, PROSE), factor_of(safe, HEX)) == (0.85, 1.0)
    assert safe.doubts([PROSE, HEX]) == []
    strict = density("safe:rate=0.001", DEFAULT, legibility=TABLE)
    assert factor_of(strict, HEX) == 1.5
    assert strict.doubts([PROSE, HEX])[0].startswith("1 segment drawn as large as was probed")
    with pytest.raises(UsageError, match="density safe: needs --legibility"):
        density("safe", DEFAULT)


def test_fit_is_never_denser_than_what_is_safe():
    assert density("fit:tokens=1", DEFAULT).factor(PROSE) == 0.6
    assert density("fit:tokens=1", DEFAULT, legibility=TABLE).factor(PROSE) == 0.85
    assert density("fit:tokens=1,rate=0.01", DEFAULT, legibility=TABLE).factor(HEX) == 1.5


def test_one_number_is_a_density_too():
    assert factor_of(density("fixed:size=0.85", DEFAULT), PROSE) == 0.85
    number = load_legibility("0.85", DEFAULT)
    assert factor_of(density("safe", DEFAULT, legibility=number), HEX) == 0.85
    assert number.sha256 != load_legibility(0.9, DEFAULT).sha256
    with pytest.raises(UsageError, match=r"a safe type size is from 0\.4 to 3"):
        load_legibility("85", DEFAULT)


def test_auto_goes_by_the_size_that_is_drawn():
    def parts(spec, rate="0.02"):
        memory = memory_policy(f"auto:error={rate}", Terms(legibility=TABLE))(
            density(spec, DEFAULT, legibility=TABLE)
        )
        memory.add(HEX)
        return memory.content()

    assert isinstance(parts("safe")[0], Page)
    assert parts("fixed:size=0.85") == [HEX]
    assert parts("safe:rate=0.001", "0.001") == [HEX]  # no size is safe: it stays text


def stored(tmp_path, version, **more):
    points = []
    for scale, error in ((1.0, 0.001), (0.8, 0.2)):
        profile = scaled(DEFAULT, scale)
        point = {
            "profile": {"name": profile.name, "sha256": profile.sha256},
            "scale": scale,
            "kind": "prose",
            "task": "transcribe",
            "error": {"mean": error / 2, "low": 0, "high": error},
        }
        points.append({**point, **more})
    (tmp_path / "result.json").write_text(json.dumps({"version": version, "points": points}), "utf-8")
    return tmp_path


def test_results_of_both_versions_are_read(tmp_path):
    old = load_legibility(stored(tmp_path, 1), DEFAULT)
    assert old.limits == {1.0: {"prose": 0.001}, 0.8: {"prose": 0.2}} and old.safe(PROSE) == 1
    new = load_legibility(stored(tmp_path, 2, outcomes={"silent_limit": 0.01}), DEFAULT)
    assert new.safe(PROSE) == 0.8


def test_a_solver_takes_the_density_from_what_was_probed(tmp_path):
    from tests.scripted import Scripted

    folder = stored(tmp_path, 2, outcomes={"silent_limit": 0.01})
    with Solver(backend=Scripted([]), legibility=folder, profile="default") as solver:
        assert solver.configuration.density == "safe" and factor_of(solver.renderer, PROSE) == 0.8
    with Solver(backend=Scripted([]), legibility=0.7, density="fit") as solver:
        assert solver.configuration.density == "fit" and solver.configuration.legibility.name == "0.7"

import statistics

import pytest

from tests.eval.tune.landscape import BASE, Landscape, RandomSearch, searched, setup, terms
from vtc_r1.errors import StorageError, UsageError
from vtc_r1.eval.tune import Search, TuneFolder, conclude
from vtc_r1.eval.tune.strategies import Evolution
from vtc_r1.renderers import Renderer, load_profile


def values(search):
    return [one.proposal.values for one in search.tried]


def test_evolution_beats_chance_on_average(tmp_path):
    costs = {
        strategy: [
            searched(
                tmp_path / f"{strategy.name}{seed}", strategy, seed=seed, width=672, height=896
            ).best.cost
            for seed in range(5)
        ]
        for strategy in (Evolution, RandomSearch)
    }
    found, drawn = (statistics.fmean(costs[one]) for one in (Evolution, RandomSearch))
    assert found < 0.95 * drawn, costs


@pytest.mark.parametrize("strategy", [Evolution, RandomSearch])
def test_the_same_seed_gives_the_same_search(tmp_path, strategy):
    one, again, other = (
        searched(tmp_path / name, strategy, seed=seed, evaluations=15)
        for name, seed in (("one", 3), ("again", 3), ("other", 4))
    )
    assert values(one) == values(again) != values(other)
    assert len({one.proposal.key for one in one.tried}) == 15
    assert values(one)[0]["font_size"] == BASE.font_size  # the base profile is the first that is tried


@pytest.mark.parametrize("strategy", [Evolution, RandomSearch])
@pytest.mark.parametrize("after", [0, 1, 7, 13])
def test_an_interrupted_search_goes_on_as_if_it_had_not_been(tmp_path, strategy, after):
    whole = searched(tmp_path / "whole", strategy, evaluations=15, sizes=(1, 3))
    broken = Landscape(stop_after=after)
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "broken", strategy, evaluations=15, sizes=(1, 3), objective=broken)
    with (tmp_path / "broken" / "rounds.jsonl").open("ab") as file:
        file.write(b'{"number": 7, "propo')  # torn by a kill
    rest = Landscape()
    after_all = searched(tmp_path / "broken", strategy, evaluations=15, sizes=(1, 3), objective=rest)
    assert after_all.tried == whole.tried and after_all.front == whole.front
    again = Landscape()
    searched(tmp_path / "broken", strategy, evaluations=15, sizes=(1, 3), objective=again)
    assert again.measured == []


def test_more_evaluations_go_on_from_the_earlier_ones(tmp_path):
    first = searched(tmp_path / "it", evaluations=10)
    more = Landscape()
    second = searched(tmp_path / "it", evaluations=20, objective=more)
    assert second.tried[:10] == first.tried and len(more.measured) == 10


def test_the_better_half_is_measured_in_full(tmp_path):
    objective = Landscape()
    search = searched(tmp_path / "it", evaluations=20, sizes=(1, 4), objective=objective)
    assert [size for _, size in objective.measured].count(1) == 20
    assert len(search.finished) == 4 * 3  # of every five
    assert all(one.evaluation.size == 4 for one in search.front)
    assert len(set(objective.measured)) == len(objective.measured)


def test_a_space_that_is_used_up_ends_the_search(tmp_path):
    fixed = {name: axis[:1] for name, axis in terms().space.axes.items()}
    search = searched(tmp_path / "it", **{**fixed, "font_size": [8, 9], "columns": 1, "leading": [1, 2]})
    assert len(search.tried) == 4 and search.gave_up


def test_a_folder_of_another_search_is_refused(tmp_path):
    searched(tmp_path / "it", evaluations=5)
    with pytest.raises(UsageError, match="another search"):
        searched(tmp_path / "it", evaluations=5, seed=1)
    with pytest.raises(UsageError, match="its space"):
        searched(tmp_path / "it", evaluations=5, columns=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("Dear", encoding="utf-8")
    with pytest.raises(StorageError, match="does not hold a search"):
        searched(tmp_path / "other")
    with (tmp_path / "it" / "evaluations.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"profile": 7}\n')
    with pytest.raises(StorageError, match="line 6"):
        searched(tmp_path / "it", evaluations=5)


@pytest.mark.slow
def test_the_profiles_that_are_written_are_those_that_were_found(tmp_path):
    pytest.importorskip("matplotlib")
    search = searched(tmp_path / "it", evaluations=15)
    (tmp_path / "it" / "front").mkdir()
    (tmp_path / "it" / "front" / "99.toml").write_text("left over", encoding="utf-8")
    result, missing = conclude(search)
    assert missing is None and result.met and result.complete
    for found in [*result.front, result.best]:
        written = load_profile(tmp_path / "it" / found.profile)
        assert written.sha256 == found.sha256
        assert Renderer(written).render("1 + 2 = 3")
    assert len(list((tmp_path / "it" / "front").iterdir())) == len(result.front)
    assert (tmp_path / "it" / "front.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "it" / "front.svg").read_bytes()


def test_nothing_to_search_is_refused(tmp_path):
    with pytest.raises(UsageError, match="at least one"):
        searched(tmp_path / "it", evaluations=0)


class Told(Landscape):
    """Tells of every profile that it has measured."""

    def measure(self, profiles, size, watch):
        found = []
        watch(0, len(profiles))
        for at, profile in enumerate(profiles, 1):
            found += super().measure([profile], size, watch)
            watch(at, len(profiles))
        return found


def test_what_is_left_goes_down_to_nothing_as_it_is_measured(tmp_path):
    said = []
    known = terms()
    by = RandomSearch(known)
    made = setup(known, by, sizes=(1, 3))
    with TuneFolder(tmp_path / "it", made) as folder:
        Search(known, by, Told(), folder, made, 12, said.append).run()
    whole = 2 * (5 * 1 + 3 * 2) + (2 * 1 + 1 * 2)  # two rounds of five and one of two: all at 1, half at 3
    assert {one.measured + one.rest for one in said} == {whole}
    assert said[-1].rest == 0 and said[0].proposing
    rests = [one.rest for one in said]
    assert rests == sorted(rests, reverse=True)
    again = []
    with TuneFolder(tmp_path / "it", made) as folder:
        Search(known, by, Told(), folder, made, 12, again.append).run()
    assert {one.measured for one in again} == {0} and again[-1].rest == 0

"""The search that a model drives, over a real connection: good, broken and hostile proposals."""

import contextlib
import json
from pathlib import Path

import pytest

from tests.eval.tune.landscape import BASE, TARGET, Landscape, setup
from tests.loopback import MODEL, Loopback, Reply
from vtc_r1.errors import BackendError
from vtc_r1.eval.tune import Search, Space, TuneFolder
from vtc_r1.eval.tune.search import EMPTY_ROUNDS
from vtc_r1.eval.tune.strategies import LlmSearch, ModelProposer, SearchTerms
from vtc_r1.portal import Portal
from vtc_r1.renderers.typeface import FONTS
from vtc_r1.solver import Solver

pytestmark = pytest.mark.slow

HOSTILE = [
    {"font": "/etc/passwd", "font_size": 8},
    {"font": "file:///root/.ssh/id_rsa", "font_size": 8.5},
    {"font": "../../../x.ttf", "font_size": 1e308, "columns": -5},
    {"font": ["DejaVuSans"], "font_size": {"$ref": "x"}, "width": "4096"},
    {"__class__": "os.system", "font_size": True, "margin_x": None},
]
NONSENSE = [
    "",
    "I would rather not.",
    "[" * 50_000,
    '{"proposals": NaN}',
    '{"proposals": [NaN]}',
    "import os; os.system('id')",
    '{"proposals": {}}',
    '{"proposals": []}',
    '{"proposals": [1, null, "DejaVuSans", [[]], {"rm": "-rf"}]}',
    "\x00\x1b[31m" * 300,
    "9" * 200_000,
    "null",
]


@contextlib.contextmanager
def searching(script, path, *, evaluations=15, base=BASE, **vary):
    """A search whose proposals come from a server with this script."""
    server, portal = Loopback(script), Portal()
    backend = Solver(base_url=server.base_url, model=MODEL).backend
    terms = SearchTerms(Space.of(base, vary), base, TARGET, Landscape.units)
    strategy = LlmSearch(terms, ModelProposer(backend, portal))
    made = setup(terms, strategy)
    try:
        with TuneFolder(path, made) as folder:
            yield Search(terms, strategy, Landscape(), folder, made, evaluations), server
    finally:
        portal.call(backend.aclose())
        portal.close()
        server.close()


def text_of(body):
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def improving(body):
    """Take the best of the history as it is shown, and change its size and margin, within JSON in a fence."""
    lines = [json.loads(line) for line in text_of(body).splitlines() if line.startswith('{"rank"')]
    best = min(lines, key=lambda one: (one["error"] > TARGET, one["cost"]))["settings"]
    sizes = [max(6, best["font_size"] - 0.5 * step) for step in range(5)]
    proposals = [{**best, "font_size": size, "margin_x": 0} for size in sizes]
    return "<think>smaller</think>```json\n" + json.dumps({"proposals": proposals}) + "\n```"


def test_good_proposals_are_tried_as_they_are(tmp_path):
    with searching(improving, tmp_path / "it") as (search, server):
        search.run()
    assert len(search.tried) >= 10 and search.best.cost < search.tried[0].cost
    assert search.best.error <= TARGET
    assert {why for one in search.rounds for why in one.dropped} <= {"there are more than were asked for"}
    first = server.requests[0].body
    assert first["temperature"] > 0 and first["messages"][0]["role"] == "system"
    assert f"at most {TARGET:g}" in text_of(first) and '"rank": 0' in text_of(first)


def test_hostile_proposals_are_repaired_or_dropped(tmp_path):
    with searching([json.dumps({"proposals": HOSTILE})] * 9, tmp_path / "it", evaluations=9) as (search, _):
        search.run()
        search.folder.path.joinpath("x").touch()
    asked = search.rounds[1]
    assert len(asked.proposals) + len(asked.dropped) + asked.repeated == 5 and asked.repaired > 0
    for one in search.tried:
        profile = one.proposal.profile(BASE)
        assert profile.font in FONTS and profile.width <= 672 and 6 <= profile.font_size <= 14


def test_nonsense_is_counted_and_ends_the_search_after_a_while(tmp_path):
    with searching(NONSENSE, tmp_path / "it") as (search, server):
        search.run()
        assert len(server.requests) == EMPTY_ROUNDS
        assert search.gave_up and len(search.tried) == 5  # the first round comes by chance
        assert all(one.dropped for one in search.rounds[1:])
    with searching(NONSENSE[EMPTY_ROUNDS:], tmp_path / "it") as (search, server):
        search.run()
        assert len(search.rounds) == 1 + 2 * EMPTY_ROUNDS and len(server.requests) == EMPTY_ROUNDS
    replies = [*NONSENSE[2 * EMPTY_ROUNDS :], json.dumps([{"font_size": 8.5}])]
    with searching(replies, tmp_path / "it", evaluations=6) as (search, _):
        search.run()
        assert len(search.tried) == 6 and not search.gave_up


def test_what_was_proposed_is_not_asked_again(tmp_path):
    with searching(improving, tmp_path / "whole") as (whole, server):
        whole.run()
        asked = len(server.requests)
    with searching([], tmp_path / "whole") as (again, server):
        again.evaluations = len(whole.tried)
        again.run()
        assert again.tried == whole.tried and server.requests == [] and asked > 0
        assert again.objective.measured == []


def test_a_model_that_cannot_be_reached_leaves_the_search_to_be_gone_on_with(tmp_path):
    gone = Reply(status=400, body={"object": "error", "message": "no", "code": 400})
    with searching([gone], tmp_path / "it") as (search, _), pytest.raises(BackendError):
        search.run()
    with searching(improving, tmp_path / "it") as (search, _):
        search.run()
        assert len(search.tried) >= 10


def test_fonts_of_the_user_go_by_their_names_and_no_path_is_told(tmp_path):
    from vtc_r1.renderers.typeface import find_typeface

    shipped = find_typeface("DejaVuSansMono").path
    mine = tmp_path / "private" / "mine.ttf"
    mine.parent.mkdir()
    mine.write_bytes(shipped.read_bytes())
    wanted = json.dumps([{"font": "mine.ttf", "font_size": 8}, {"font": str(mine), "font_size": 7}])
    with searching([wanted], tmp_path / "it", evaluations=7, font=["DejaVuSans", str(mine)]) as (
        search,
        server,
    ):
        search.run()
    assert str(tmp_path) not in json.dumps(server.requests[0].body)
    fonts = [one.proposal.values["font"] for one in search.tried[5:]]
    assert fonts == [str(Path(mine).resolve()), "DejaVuSans"]

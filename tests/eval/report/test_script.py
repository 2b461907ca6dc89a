import json
import re

from hypothesis import given
from hypothesis import strategies as st

from tests.eval.report.hostile import EVERYTHING
from vtc_r1.eval.report.document import script_json

TEXT = st.text(st.characters(exclude_categories=[]) | st.sampled_from("</script<!--\u2028\u2029\ud800\0]&"))


@given(st.dictionaries(TEXT, st.lists(TEXT | st.floats(allow_nan=False, allow_infinity=False) | st.none())))
def test_it_is_the_same_json_and_ends_nothing_that_it_stands_in(value):
    text = script_json(value)
    assert not set("<\u2028\u2029") & set(text)
    assert not re.search("[\x00-\x1f]", text)
    assert json.loads(text.encode()) == json.loads(json.dumps(value).encode()) or "\\ud" in json.dumps(value)


def test_hostile_text_comes_back_as_it_was():
    assert json.loads(script_json([EVERYTHING])) == [EVERYTHING.replace("\ud800", "?")]

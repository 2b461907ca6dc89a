"""Names of the hub where the hub is away: told at once, and what is in its cache is still read."""

import pytest

from vtc_r1.errors import CheckpointError, HubError
from vtc_r1.hub import hub

constants = pytest.importorskip("huggingface_hub.constants", reason="the extra `local` is not installed")
errors = pytest.importorskip("huggingface_hub.errors")


@pytest.fixture
def away(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")


def test_in_the_block_the_libraries_are_offline_and_behind_it_as_before(away):
    with hub("checkpoint", "a/b"):
        assert constants.HF_HUB_OFFLINE
    assert not constants.HF_HUB_OFFLINE


def test_what_the_cache_lacks_is_told_with_the_reason_and_what_to_do(away):
    with pytest.raises(HubError) as told, hub("checkpoint", "a/b"):
        try:
            raise errors.LocalEntryNotFoundError("not here")
        except Exception as error:
            raise CheckpointError("what the library says") from error
    assert str(told.value).startswith("checkpoint a/b is neither here nor in the cache of the hub")
    assert "http://127.0.0.1:9 does not answer" in str(told.value) and "HF_HOME" in str(told.value)
    assert not constants.HF_HUB_OFFLINE


def test_what_is_wrong_with_a_cached_checkpoint_is_told_as_it_is(away):
    with pytest.raises(CheckpointError, match="of another kind"), hub("checkpoint", "a/b"):
        raise CheckpointError("of another kind")


def test_a_hub_that_answers_and_a_folder_are_left_alone(monkeypatch, tmp_path, serve):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", serve([]).base_url)
    with hub("checkpoint", "a/b"):
        assert not constants.HF_HUB_OFFLINE
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with hub("checkpoint", str(tmp_path)):
        assert not constants.HF_HUB_OFFLINE

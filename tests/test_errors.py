"""Errors beyond the place where they were raised: in other processes, in copies."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from vtc_r1 import errors
from vtc_r1.errors import BackendError, ContextOverflow, MissingExtra, UnknownModel, UnknownName, VtcError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VtcError)]


def made(kind: type[VtcError]) -> VtcError:
    """One error of a kind, by the arguments that it asks for."""
    own = {
        UnknownName: ("policy", "optcal", ["optical", "text"]),
        UnknownModel: ("model on a server:", "optcal", ["optical", "text"]),
        MissingExtra: ("torch", "local", "a model"),
        ContextOverflow: ("too much", 100, 90),
    }
    return kind(*own.get(kind, ("what is wrong; what to do",)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_comes_back_as_it_was(kind: type[VtcError]) -> None:
    error = made(kind)
    error.add_note("a note")
    ways = [copy.copy(error), copy.deepcopy(error)]
    ways += [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)]  # noqa: S301
    for again in ways:
        assert type(again) is kind
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


def fail(kind: type[VtcError]) -> None:
    raise made(kind)


def test_an_error_crosses_processes() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for kind in (UnknownName, ContextOverflow, BackendError):
            with pytest.raises(kind) as raised:
                pool.submit(fail, kind).result()
            assert (
                str(raised.value) == str(made(kind))
                and vars(raised.value).items() >= vars(made(kind)).items()
            )

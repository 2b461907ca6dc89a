"""What a training run tells between two losses."""

from types import SimpleNamespace

import pytest

pytest.importorskip("transformers")

from vtc_r1.sft.train import line
from vtc_r1.sft.training import trainer
from vtc_r1.sft.training.progress import TrainingProgress

pytestmark = pytest.mark.model


def test_a_step_is_told_where_nothing_was_for_long_and_no_loss_comes(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(trainer.time, "monotonic", lambda: now[0])
    told: list[TrainingProgress] = []
    watch = trainer.Reporter(told.append)
    state = SimpleNamespace(global_step=10, max_steps=20, is_world_process_zero=True)
    watch.on_train_begin(None, state, None)
    for step, seconds, loss_due in ((11, 10, False), (12, 35, False), (13, 50, False), (14, 70, True)):
        state.global_step, now[0] = step, seconds
        watch.on_step_end(None, state, SimpleNamespace(should_log=loss_due))
        if loss_due:
            watch.on_log(None, state, None, logs={"loss": 0.5})
    assert [line(each) for each in told] == [
        "step 12/20  2 min left",
        "step 14/20  loss 0.5000  2 min left",
    ]

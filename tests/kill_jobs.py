"""Jobs that write the folders of long-running commands, for tests/kills.py."""

from pathlib import Path

from tests.eval.small import NAMES, PROBLEMS
from tests.eval.test_summary import RUN
from tests.eval.tune.landscape import setup as search_setup
from tests.eval.tune.landscape import terms
from tests.sft.openr1 import config
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.eval.probe.folder import ProbeFolder
from vtc_r1.eval.probe.reading import PageReading
from vtc_r1.eval.probe.setup import ProbeSetup, ReaderRecord
from vtc_r1.eval.runs.writer import RunWriter
from vtc_r1.eval.tune.history import Round, TuneFolder
from vtc_r1.eval.tune.strategies.evolution import Evolution
from vtc_r1.sft.building.record import ShardRecord
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.training.folder import TrainingFolder
from vtc_r1.sft.training.loading import load_recipe


def data_set(folder: Path) -> None:
    """Build a data set of two shards."""
    made = config({"kind": "file"})
    with Workspace(folder / "out", made) as workspace:
        if workspace.is_finished:
            return
        for shard in range(2):
            if shard in workspace.done:
                continue
            write_atomic(workspace.shard_path(shard), b"examples")
            write_atomic(workspace.drops_path(shard), b"")
            counts = {"rows": 1, "used": 1, "examples": 1, "bytes": 8}
            empty: dict[str, dict[str, int]] = {"dropped": {}, "generations_dropped": {}, "seconds": {}}
            workspace.add(ShardRecord(shard=shard, **counts, **empty))
        workspace.publish({"config": made.model_dump(mode="json")}, "card")


def training(folder: Path) -> None:
    """Begin a training, as far as its folder."""
    with TrainingFolder(folder / "out", load_recipe("nano"), {}, is_main=True):
        pass


def run(folder: Path) -> None:
    """Begin a run and end it."""
    with RunWriter(folder / "out", RUN.model_copy(update={"created": "now"}), PROBLEMS, NAMES) as writer:
        writer.delete_summary()


def probe(folder: Path) -> None:
    """Read a page."""
    reading = PageReading(
        profile="p", kind="digits", task="transcribe", number=0, characters=1, vision_tokens=1, said=[]
    )
    with ProbeFolder(folder / "out") as probed:
        probed.agree(ProbeSetup(reader=ReaderRecord(backend="b", model="m"), seed=0))
        if reading.key not in probed.readings():
            probed.add(reading)


def search(folder: Path) -> None:
    """Propose a round."""
    known = terms()
    with TuneFolder(folder / "out", search_setup(known, Evolution(known))) as tuned:
        if not tuned.rounds:
            tuned.add_round(Round(number=0, proposals=[]))
        tuned.write({"front/best.toml": b"best"})

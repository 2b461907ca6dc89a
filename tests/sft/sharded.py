"""A run of one process of several, which notes how its weights lie when it saves: `torchrun` starts it."""

import json
import sys
from pathlib import Path
from typing import Any

from vtc_r1.sft.train import main
from vtc_r1.sft.training.trainer import SegmentTrainer

NOTES = Path(sys.argv[1])
_save = SegmentTrainer._save_checkpoint


def noting(self: SegmentTrainer, model: Any, trial: Any) -> None:
    """Write for every weight its whole shape and that of this process's part, then save."""
    found = {
        name: [list(weight.shape), list(weight.to_local().shape)] if hasattr(weight, "to_local") else None
        for name, weight in self.model.named_parameters()
    }
    (NOTES / f"{self.args.process_index}.json").write_text(json.dumps(found), encoding="utf-8")
    _save(self, model, trial)


SegmentTrainer._save_checkpoint = noting
sys.exit(main(sys.argv[2:]))

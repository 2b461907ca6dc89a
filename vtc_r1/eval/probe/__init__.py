"""The probe: how well a reader reads pages, and at what compression."""

import warnings

from vtc_r1.eval.probe.folder import ProbeFolder, load_result
from vtc_r1.eval.probe.model_reader import ModelReader
from vtc_r1.eval.probe.ppocr import PpocrReader
from vtc_r1.eval.probe.probe import PAGES, SCALES, Probe, ProbeProgress
from vtc_r1.eval.probe.reader import Answer, Ask, Reader
from vtc_r1.eval.probe.result import Point, ProbeResult
from vtc_r1.eval.probe.setup import TASKS, Task
from vtc_r1.eval.probe.tesseract import TesseractReader
from vtc_r1.eval.probe.texts import KINDS, TextKind, text_kinds

__all__ = [
    "KINDS",
    "PAGES",
    "SCALES",
    "TASKS",
    "Answer",
    "Ask",
    "ModelReader",
    "Point",
    "PpocrReader",
    "Probe",
    "ProbeFolder",
    "ProbeProgress",
    "ProbeResult",
    "Reader",
    "Task",
    "TesseractReader",
    "TextKind",
    "load_result",
    "text_kinds",
]


def __getattr__(name: str) -> type[ProbeProgress]:
    if name != "Progress":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn("vtc_r1.eval.probe.Progress is now ProbeProgress", DeprecationWarning, stacklevel=2)
    return ProbeProgress

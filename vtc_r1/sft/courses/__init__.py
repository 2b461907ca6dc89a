"""Courses: what the small models are taught, one per file."""

from vtc_r1.sft.courses.course import Course
from vtc_r1.sft.courses.micro import Micro
from vtc_r1.sft.courses.nano import Nano

__all__ = ["COURSES", "Course"]

COURSES: dict[str, Course] = {"nano": Nano(), "micro": Micro()}

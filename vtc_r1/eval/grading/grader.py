"""The base of all graders: extract the answer, judge it, and report disagreeing rules."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from vtc_r1.errors import VtcError
from vtc_r1.eval.grading.boxes import is_checkmark
from vtc_r1.eval.grading.extraction import RULES, Rule, answers
from vtc_r1.eval.grading.forms import depth
from vtc_r1.eval.grading.grade import Disagreement, Grade, Source, Verdict
from vtc_r1.eval.problem import Problem
from vtc_r1.spec import Configured, O_co

LONGEST = 2_000
"""Longest answer that is read, in characters; a longer one is right only if it equals the gold answer."""
_LATEST = 3.5  #: seconds after which no further rule's answer is judged for disagreement
DEEPEST = 50  #: maximum nesting depth of brackets in an answer that is read
EXPLICIT = RULES[:-1]


class Grader(ABC, Configured[O_co]):
    """Decides whether samples are right. Thread-safe.

    Args:
        rules: the extraction rules that count, in order of precedence.
        options: of the grader.
    """

    takes_statements = False  #: whether a bare value, or a sentence that states one, counts as an answer
    parallel = 1  #: how many samples to grade at once

    def __init__(self, rules: Sequence[Rule] = EXPLICIT, options: O_co | None = None) -> None:
        super().__init__(options)
        self.rules = tuple(rules)

    @abstractmethod
    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Tell whether `answer` equals `gold`; called unless it is too large or the same string.

        Args:
            gold: the gold answer.
            answer: the answer to judge.
            choices: the choices of the problem.
            quickly: spend less time than on the answer that counts.
            question: the question of the problem; empty if unknown.
        """

    def judge(
        self,
        gold: str,
        answer: str,
        choices: tuple[str, ...] = (),
        *,
        quickly: bool = False,
        question: str = "",
    ) -> Verdict:
        """Tell whether `answer` equals the answer `gold`, whatever its size."""
        if answer.strip() == gold.strip():
            return Verdict(True, "equal")
        if len(answer) > LONGEST or depth(answer) > DEEPEST:
            return Verdict(False, "too large")
        try:
            return self.decide(gold, answer, choices, quickly, question)
        except VtcError:
            raise
        except Exception:  # nothing that a model wrote may end a run
            return Verdict(False, "compared", "unreadable")

    def check(self, problems: Iterable[Problem]) -> None:
        """Raise BenchmarkError for a gold answer that no sample can ever match."""

    def unreadable(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the problems whose gold answer can only be matched as a string."""
        return []

    def grade(self, problem: Problem, answer: str | None, text: str = "") -> Grade:
        """Grade one sample.

        Args:
            problem: the problem.
            answer: the answer that the loop found, None if it found none.
            text: the text that may hold the answer: the last segment, or all segments.
        """
        began = time.monotonic()
        try:
            found = self.found(problem, answer, text)
        except Exception:  # nothing that a model wrote may end a run
            return Grade(correct=False, extracted=None, rule=None, method="none", error="unreadable")
        counted = next(iter(found), None)
        if counted is None or (counted not in self.rules and counted != "given"):
            counted, verdict, extracted = None, Verdict(False, "none"), None
        else:
            extracted = found.pop(counted)
            verdict = self._judged(problem, extracted)
        return Grade(
            correct=verdict.correct,
            extracted=extracted,
            rule=counted,
            method=verdict.method,
            error=verdict.error,
            disagreement=self._disagreement(problem, verdict, extracted, found, began),
        )

    async def agrade(self, problem: Problem, answer: str | None, text: str = "") -> Grade:
        """Grade one sample without blocking the event loop."""
        return await asyncio.to_thread(self.grade, problem, answer, text)

    def grade_many(self, samples: Iterable[tuple[Problem, str | None, str]]) -> Iterator[Grade]:
        """Grade many samples, several at once, in the order given."""
        with ThreadPoolExecutor(max(1, self.parallel)) as threads:
            yield from threads.map(lambda sample: self.grade(*sample), samples)

    def same(self, one: str, other: str) -> bool:
        """Tell quickly whether two answers are equal, with either of them as the gold answer."""
        verdict = self.judge(one, other, quickly=True)
        if verdict.correct or verdict.error in ("timeout", "memory", "crashed"):
            return verdict.correct
        return self.judge(other, one, quickly=True).correct

    def found(self, problem: Problem, answer: str | None, text: str) -> dict[Source, str]:
        """Return the answers that the rules find, the one that counts first.

        The loop's answer takes precedence over the rules; its rule is the one that finds the same answer. If
        the loop took the last box, two things take precedence over it: an `<answer>` after it, and boxes that
        form the answer together. A box that holds only a checkmark does not count.
        """
        by_rule: dict[Source, str] = {}
        by_rule.update(self.extracted(problem, text).items())
        order: list[Source] = [rule for rule in self.rules if rule in by_rule]
        if answer is not None and answer.strip() and not (order and is_checkmark(answer)):
            equal: Source = next((rule for rule in order if by_rule[rule].strip() == answer.strip()), "given")
            by_rule.setdefault("given", answer)
            if equal != "boxed":
                order = [equal]
            elif order[0] == "tag" and text.rfind("<answer>") < text.rfind("\\boxed"):
                order = ["boxes", *order] if "boxes" in order else ["boxed"]
        rest = [rule for rule in RULES if rule in by_rule and rule not in order[:1]]
        return {rule: by_rule[rule] for rule in (*order[:1], *rest)}

    def extracted(self, problem: Problem, text: str) -> dict[Rule, str]:
        """Return what each rule finds in `text`."""
        return answers(text, statements=self.takes_statements)

    def close(self) -> None:
        """Stop the processes that the grader started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _judged(self, problem: Problem, answer: str, *, quickly: bool = False) -> Verdict:
        """Compare with each gold answer until one matches; otherwise return the first verdict."""
        first: Verdict | None = None
        for gold in problem.golds:
            verdict = self.judge(gold, answer, problem.choices, quickly=quickly, question=problem.question)
            if verdict.correct:
                return verdict
            first = first or verdict
        return first or Verdict(False, "none")

    def _disagreement(
        self,
        problem: Problem,
        verdict: Verdict,
        extracted: str | None,
        others: dict[Source, str],
        began: float,
    ) -> Disagreement | None:
        """Find the first rule with the other verdict; a bare number counts only without an answer."""
        for rule in RULES if verdict.error in (None, "unreadable") else ():
            if time.monotonic() > began + _LATEST:
                break
            other = others.get(rule)
            if (
                other is None
                or other.strip() == (extracted or "").strip()
                or (rule == "number" and extracted is not None)
            ):
                continue
            second = self._judged(problem, other, quickly=True)
            if not second.error and second.correct != verdict.correct:
                return Disagreement(rule=rule, extracted=other[:LONGEST], correct=second.correct)
        return None

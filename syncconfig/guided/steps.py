"""The steps of the guided path, in their order; each kind of sync has those that apply to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from syncconfig.guided.drafts import Draft


@dataclass(frozen=True, slots=True)
class Step:
    """`name` is its place in the address. `is_for_odoo` is for what goes into another Odoo, `is_for_out` for other Out
    syncs."""

    name: str
    title: Any
    is_for_in: bool = True
    is_for_out: bool = True
    is_for_odoo: bool = True


CONNECTION: Final = Step("connection", _("Connection"))
MODEL: Final = Step("model", _("Records"))
OTHER: Final = Step("other", _("Other Odoo"), is_for_in=False, is_for_out=False)
SAMPLE: Final = Step("sample", _("Sample"))
MAPPING: Final = Step("mapping", _("Mapping"))
ACCESS: Final = Step("access", _("Address and access"), is_for_odoo=False)
WHEN: Final = Step("when", _("When"), is_for_in=False)
REVIEW: Final = Step("review", _("Review"))

STEPS: Final = (CONNECTION, MODEL, OTHER, SAMPLE, MAPPING, ACCESS, WHEN, REVIEW)


def steps_of(draft: Draft) -> list[Step]:
    if draft.into_odoo:
        return [step for step in STEPS if step.is_for_odoo]
    return [step for step in STEPS if (step.is_for_in if draft.is_in else step.is_for_out)]


def first_open(draft: Draft) -> Step:
    """The first step that is not done; the last one when all are."""
    steps = steps_of(draft)
    return next((step for step in steps if step.name not in draft.done), steps[-1])


def next_step(draft: Draft, step: Step) -> Step:
    """The one behind this one; the last one is its own."""
    steps = steps_of(draft)
    return steps[min(steps.index(step) + 1, len(steps) - 1)]


def step_before(draft: Draft, step: Step) -> Step | None:
    steps = steps_of(draft)
    at = steps.index(step)
    return steps[at - 1] if at else None


def may_enter(draft: Draft, step: Step) -> bool:
    """Whether everything before it is done."""
    steps = steps_of(draft)
    return all(each.name in draft.done for each in steps[: steps.index(step)])


def step_done(draft: Draft, step: Step, *, changes: bool) -> None:
    """Note that the step is done; what it `changes` has to be looked at again behind it."""
    if changes:
        later = [each.name for each in steps_of(draft)[steps_of(draft).index(step) :]]
        draft.done = [name for name in draft.done if name not in later]
    if step.name not in draft.done:
        draft.done.append(step.name)

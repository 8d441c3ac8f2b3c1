"""Mapping 100,000 records by 20 lines, against code that does the same job: by hand, by marshmallow, by a serializer
of Django REST framework; and a script over 1,000 records against the bare interpreter.

All of them convert and check every value, look a country up, and give the same values for Odoo; what they give is
compared before anything is measured.
"""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

from bench.mapping_by_drf import DrfMapper
from bench.mapping_by_hand import map_by_hand
from bench.mapping_by_marshmallow import MarshmallowMapper
from bench.mapping_job import COUNTRIES, LINES, TZ, broken_records, job_schema, records
from bench.table import Result, measures
from mapping.engine import map_in
from mapping.plan import LineSpec, Plan, PlanSpec, compile_plan

PAGE = 1000
RECORDS = 100_000
# The others take long enough with a part of that.
RECORDS_OF_OTHERS = 10_000
SCRIPT_RECORDS = 1000
SCRIPT_ROUNDS = 15

Values = list[dict[str, Any] | None]
Mapper = Callable[[Sequence[Mapping[str, Any]]], Values]

SCRIPT = """
digits = ''.join(c for c in record['phone'] if c.isdigit())
if digits.startswith('00'):
    digits = digits[2:]
elif digits.startswith('0'):
    digits = '32' + digits[1:]
total = 0.0
for line in record['lines']:
    total += line['quantity'] * line['price']
if total > 1000:
    kind = 'large'
else:
    kind = 'small'
words = [word.capitalize() for word in record['name'].split()]
name = ' '.join(words)
result = f'{name} +{digits} {kind} {total:.2f}'
"""


def lookup(model: str, field: str, values: Sequence[object]) -> dict[object, list[int]]:
    return {value: [COUNTRIES[value]] for value in values if isinstance(value, str) and value in COUNTRIES}


def mapper_of(plan: Plan) -> Mapper:
    return lambda page: [result.values for result in map_in(plan, page, lookup=lookup)]


def job_plan() -> Plan:
    return compile_plan(PlanSpec(model="res.partner", lines=LINES, tz=TZ, direction="in"), job_schema())


def prove_same_job(ours: Mapper, theirs: Mapper) -> None:
    """Both give the same for good records, and refuse the same bad ones."""
    page = [*records(PAGE), *broken_records()]
    mine, other = ours(page), theirs(page)
    if mine != other:
        at = next(at for at, pair in enumerate(zip(mine, other, strict=True)) if pair[0] != pair[1])
        raise RuntimeError(f"not the same job: {page[at]} gives {mine[at]} here and {other[at]} there")


def compare(ours: Mapper, theirs: Mapper, count: int) -> tuple[float, float]:
    """Seconds for so many records, page by page in turn, so that whatever else the machine does falls on both."""
    page = records(PAGE)
    ours(page), theirs(page)
    ours_s = theirs_s = 0.0
    for _ in range(count // PAGE):
        gc.collect()
        ours_s += timed(ours, page)
        gc.collect()
        theirs_s += timed(theirs, page)
    return ours_s, theirs_s


def timed(mapper: Mapper, page: Sequence[Mapping[str, Any]]) -> float:
    began = perf_counter()
    mapper(page)
    return perf_counter() - began


def result(name: str, theirs: Mapper, other: str, count: int) -> Result:
    ours = mapper_of(job_plan())
    prove_same_job(ours, theirs)
    ours_s, theirs_s = compare(ours, theirs, count)
    detail = (
        f"{ours_s / count * 1e6:.1f} us a record by 20 lines, {theirs_s / count * 1e6:.1f} us by {other}, "
        f"{count} records"
    )
    return Result(name, ours_s / theirs_s, detail)


@measures("mapping.vs_hand")
def vs_hand() -> list[Result]:
    return [result("mapping.vs_hand", map_by_hand, "a hand-written function", RECORDS)]


@measures("mapping.vs_marshmallow")
def vs_marshmallow() -> list[Result]:
    return [result("mapping.vs_marshmallow", MarshmallowMapper(), "a marshmallow schema", RECORDS_OF_OTHERS)]


@measures("mapping.vs_drf")
def vs_drf() -> list[Result]:
    return [result("mapping.vs_drf", DrfMapper(), "a DRF serializer", RECORDS_OF_OTHERS)]


@measures("mapping.memory_mb")
def memory() -> list[Result]:
    """What the process grows by between the tenth page and the hundredth, in MB."""
    ours = mapper_of(job_plan())
    early = 0
    for number in range(RECORDS // PAGE):
        ours(records(PAGE, start=number * PAGE))
        if number == 9:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early) / 1024
    return [Result("mapping.memory_mb", grown, f"MB grown from record {10 * PAGE} to {RECORDS}, by pages of {PAGE}")]


@measures("mapping.script")
def script() -> list[Result]:
    """A page through a plan with a script, sandbox and mapping included, against the bare interpreter with the same
    function over the same records in one feed. The median of some rounds."""
    lines = (
        LineSpec("ref", "id", is_identifier=True),
        LineSpec("name", "", calculation="script", options={"script": SCRIPT}),
    )
    plan = compile_plan(PlanSpec(model="res.partner", lines=lines, direction="in"), job_schema())
    page = [
        {
            "id": str(number),
            "name": f"ann van der {number}",
            "phone": f"0475 / {number:06d}",
            "lines": [{"quantity": number % 7, "price": 12.5}, {"quantity": 1, "price": 99.9}],
        }
        for number in range(SCRIPT_RECORDS)
    ]
    bare = BareInterpreter()
    ours = mapper_of(plan)
    names = [values and values["name"] for values in ours(page)]
    if names != bare(page):
        raise RuntimeError("not the same job")
    ours_s, bare_s = [], []
    for _ in range(SCRIPT_ROUNDS):
        ours_s.append(timed(ours, page))
        bare_s.append(timed(bare, page))
    mine, theirs = sorted(ours_s)[SCRIPT_ROUNDS // 2], sorted(bare_s)[SCRIPT_ROUNDS // 2]
    bare.close()
    detail = f"{mine * 1e3:.1f} ms through a plan, {theirs * 1e3:.1f} ms bare, {SCRIPT_RECORDS} records, 15 lines"
    return [Result("mapping.script", mine / theirs, detail)]


class BareInterpreter:
    """Monty itself: one session, one function, one feed for all records."""

    def __init__(self) -> None:
        from pydantic_monty import Monty

        self._pool = Monty(max_processes=1)
        self._pool.__enter__()
        body = "".join(f"    {line}\n" for line in SCRIPT.strip().splitlines())
        self._function = f"def work(record):\n{body}    return result\n"

    def __call__(self, page: Sequence[Mapping[str, Any]]) -> Any:
        limits: Any = {"max_feed_duration_secs": 30.0, "max_memory": 2**28}
        with self._pool.checkout(limits=limits) as session:
            session.feed_run(self._function)
            return session.feed_run("[work(record) for record in records]", inputs={"records": list(page)})

    def close(self) -> None:
        self._pool.__exit__(None, None, None)

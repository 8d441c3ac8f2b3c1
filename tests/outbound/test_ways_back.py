"""A way back that was made with a button works with the sync it belongs to."""

from __future__ import annotations

from demo.odoo import DemoOdoo
from syncconfig.models import SyncConfig
from syncconfig.ways_back import way_back_make
from tests.outbound.two_odoos import add, by_ref, connections, fresh, here, one_way, run, there, write, writes

__all__ = ["connections", "here", "one_way", "there"]


def test_changes_of_both_sides_meet_and_nothing_comes_back_twice(
    one_way: SyncConfig, here: DemoOdoo, there: DemoOdoo
) -> None:
    number = add(here, "K-1", name="Ada", city="Ghent", phone="+32 1")
    run(one_way)
    back = way_back_make(config=one_way).config
    SyncConfig.objects.filter(pk=back.pk).update(active=True)
    theirs = there.call("res.partner", "search", [["ref", "=", "K-1"]])[0]
    write(there, theirs, phone="+32 2")
    write(here, number, city="Bruges")
    for config in (one_way, back, one_way, back):
        run(fresh(config))
    for side in (here, there):
        found = by_ref(side, "K-1")
        assert (found["city"], found["phone"]) == ("Bruges", "+32 2")
    before = writes(here), writes(there)
    run(fresh(one_way))
    run(fresh(back))
    assert (writes(here), writes(there)) == before

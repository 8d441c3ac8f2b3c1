"""`python -m bench`: run the measurements and print one table."""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

import bench.admin
import bench.inbound
import bench.inbound_queued
import bench.mapping
import bench.odoo
import bench.outbound  # noqa: F401 - importing a module registers its measurements
from bench.table import Result, chosen, show, write_json


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description="Measurements as ratios; smaller is better.")
    parser.add_argument("--only", metavar="NAME", help="a measurement, or the part before its dot")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write one JSON object a line")
    arguments = parser.parse_args()
    results: list[Result] = []
    # Each in a fresh process: Django takes its settings once, and one measurement's memory is no other's.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for measurement in chosen(arguments.only):
            results += pool.apply(measurement)
    show(results)
    if arguments.json:
        write_json(results, arguments.json)


if __name__ == "__main__":
    main()

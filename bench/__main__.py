"""`python -m bench`: run the measurements and print one table."""

from __future__ import annotations

import argparse
from pathlib import Path

import bench.inbound
import bench.outbound  # noqa: F401 - importing a module registers its measurements
from bench.table import Result, chosen, show, write_json


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description="Measurements as ratios; smaller is better.")
    parser.add_argument("--only", metavar="NAME", help="a measurement, or the part before its dot")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write one JSON object a line")
    arguments = parser.parse_args()
    results: list[Result] = []
    for measurement in chosen(arguments.only):
        results += measurement()
    show(results)
    if arguments.json:
        write_json(results, arguments.json)


if __name__ == "__main__":
    main()

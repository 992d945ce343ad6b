#!/usr/bin/python3
"""What the tests of a --coverage build have reached: a table by room, and every line as HTML. gcovr reads the counters.

    tests/coverage.py --build build/coverage [--file NAME]     --file: the lines of this file that nothing reached

A process that ended by SIGKILL has written no counters, so the true figures are a little higher.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent


def gcovr(build, *options):
    command = ["gcovr", "--root", TOP, "--object-directory", build, "--filter", re.escape(str(TOP / "daemon")) + "/",
               "--filter", re.escape(str(TOP / "plugins")) + "/", "-j", str(os.cpu_count()), *options, build]
    return subprocess.run([str(c) for c in command], cwd=build, check=True, capture_output=True, text=True).stdout


def room_of(name):
    parts = pathlib.PurePath(name).parts
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def percent(covered, total):
    return f"{100 * covered / total:6.1f}" if total else "     -"


def show(rows):
    print(f"{'':<36}{'lines':>8}{'reached':>9}{'%':>7}   {'branches':>8}{'taken':>8}{'%':>7}")
    for name, (lines, reached, branches, taken) in rows:
        print(f"{name:<36}{lines:>8}{reached:>9} {percent(reached, lines)}   {branches:>8}{taken:>8} {percent(taken, branches)}")


def add(sums, name, f):
    numbers = (f["line_total"], f["line_covered"], f["branch_total"], f["branch_covered"])
    sums[name] = tuple(a + b for a, b in zip(sums.get(name, (0, 0, 0, 0)), numbers))


def show_file(report, name):
    """The unreached lines, with their text; branches that were never taken stand behind a reached line."""
    for f in report["files"]:
        if not f["file"].endswith(name):
            continue
        source = (TOP / f["file"]).read_text().splitlines()
        for line in f["lines"]:
            missed = sum(1 for b in line["branches"] if not b["count"])
            if not line.get("gcovr/noncode") and (line["count"] == 0 or missed):
                mark = "    ####" if line["count"] == 0 else f"{missed}/{len(line['branches'])}".rjust(8)
                print(f"{f['file']}:{line['line_number']}:{mark} {source[line['line_number'] - 1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--file")
    a = parser.parse_args()
    build = a.build.resolve()
    if a.file:
        show_file(json.loads(gcovr(build, "--json", "-")), a.file)
        return
    html = build / "html"
    html.mkdir(exist_ok=True)
    summary = build / "results/coverage.json"
    gcovr(build, "--json-summary-pretty", "--json-summary", summary, "--html-details", html / "index.html")
    files, rooms = {}, {}
    for f in json.loads(summary.read_text())["files"]:
        add(files, f["filename"], f)
        add(rooms, room_of(f["filename"]), f)
        add(rooms, "all", f)
    total = rooms.pop("all")
    table = build / "results/coverage.txt"
    with open(table, "w") as out:
        stdout, sys.stdout = sys.stdout, out
        show(sorted(files.items()))
        sys.stdout = stdout
    show([*sorted(rooms.items()), ("all", total)])
    print(f"by file: {os.path.relpath(table)}; line by line: {os.path.relpath(html)}/index.html")


if __name__ == "__main__":
    main()

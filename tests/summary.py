#!/usr/bin/python3
"""Adds up what "make check" (TAP), pytest (JUnit XML), fuzzing (TAP) and the sanitizers left in a folder of results: shows
what failed and how to do it again, why something was skipped, how long each phase took, and one last line."""
import argparse
import pathlib
import re
import sys
import xml.etree.ElementTree as ET


def tap_counts(text):
    """The totals that automake's harness prints at the end of "make check"."""
    names = {"PASS": 0, "FAIL": 0, "SKIP": 0, "ERROR": 0, "XFAIL": 0, "XPASS": 0}
    found = False
    for name in names:
        for number in re.findall(rf"^# {name}: +(\d+)$", text, re.M):
            names[name] += int(number)
            found = True
    passed = names["PASS"] + names["XFAIL"]
    failed = names["FAIL"] + names["ERROR"] + names["XPASS"]
    return found, passed, failed, names["SKIP"]


def tap_details(logs):
    """Failing and skipped cases of every test's own log."""
    for log in sorted(logs.glob("tests/**/*.log")):
        text = log.read_text(errors="replace")
        for line in text.splitlines():
            if re.match(r"not ok|Bail out!", line) or re.match(r"ok .*# SKIP", line):
                yield f"{log.relative_to(logs)}: {line}"


def pytest_counts(path):
    if not path.exists():
        return False, 0, 0, 0
    root = ET.parse(path).getroot()
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    total, failed, skipped = 0, 0, 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return total > 0, total - failed - skipped, failed, skipped


def fuzz_counts(path):
    """One line a target; prints what is not simply passed, with the lines that explain it."""
    text = path.read_text(errors="replace") if path.exists() else ""
    lines = re.findall(r"^(ok|not ok) \d+ - (.*)$", text, re.M)
    skipped = sum(1 for result, what in lines if "# SKIP" in what)
    failed = sum(1 for result, what in lines if result == "not ok")
    if failed or skipped:
        print("\n".join(line for line in text.splitlines() if re.match(r"not ok|#|ok .*# SKIP", line)))
    return bool(lines), len(lines) - failed - skipped, failed, skipped


def sanitizer_counts(folder):
    """Every report that no integration test has taken to itself (conftest.py) is one failed case."""
    failed = 0
    for report in sorted(folder.glob("*")) if folder.is_dir() else ():
        text = report.read_text(errors="replace")
        if text.strip():
            failed += 1
            print(f"---- {report}\n{text[:6000]}")
    return failed


def status(path):
    return int(path.read_text()) if path.exists() else -1


def show_phases(path):
    if not path.exists():
        return
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    print(f"\n{'phase':<24}{'seconds':>8}")
    for name, seconds in rows:
        print(f"{name:<24}{seconds:>8}")
    print(f"{'all':<24}{sum(int(seconds) for _, seconds in rows):>8}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("--logs", type=pathlib.Path, required=True, help="the build folder, with a log of every test")
    parser.add_argument("--fuzz", action="store_true", help="it was fuzzed too")
    parser.add_argument("--reports", type=pathlib.Path, help="where the sanitizers write")
    a = parser.parse_args()
    sums = [0, 0, 0]

    def add(*numbers):
        for i, number in enumerate(numbers):
            sums[i] += number

    check, it = status(a.results / "check.status"), status(a.results / "pytest.status")
    log = a.results / "check.log"
    text = log.read_text(errors="replace") if log.exists() else ""
    found, *numbers = tap_counts(text)
    add(*numbers)
    for line in tap_details(a.logs):
        print(line)
    if not found or (check and not numbers[1]):
        print("\n".join(text.splitlines()[-40:]))
        print(f"make check ended with {check} and did not say which case failed")
        add(0, 1)
    if found and not re.search("^[A-Z]+: tests/unit/", text, re.M):
        print("make check ran no unit test (package libcmocka-dev)")
        add(0, 1)
    found, *numbers = pytest_counts(a.results / "pytest.xml")
    add(*numbers)
    if not found or (it and not numbers[1]):
        print(f"pytest ended with {it} and did not say which case failed")
        add(0, 1)
    if a.fuzz:
        found, *numbers = fuzz_counts(a.results / "fuzz.tap")
        add(*numbers)
        if not found:
            print("make fuzz did not say what came of it")
            add(0, 1)
    if a.reports:
        add(0, sanitizer_counts(a.reports))
    passed, failed, skipped = sums
    if failed:
        print("again, one by one: tests/reproduce --last")
    show_phases(a.results / "phases")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Adds up "make check" (TAP) and pytest (JUnit XML): shows what failed, why something was skipped, and one last line."""
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", type=pathlib.Path, required=True)
    parser.add_argument("--check-status", type=int, required=True)
    parser.add_argument("--logs", type=pathlib.Path, required=True)
    parser.add_argument("--pytest", type=pathlib.Path, required=True)
    parser.add_argument("--pytest-status", type=int, required=True)
    a = parser.parse_args()

    text = a.check.read_text(errors="replace")
    found, passed, failed, skipped = tap_counts(text)
    for line in tap_details(a.logs):
        print(line)
    if not found or (a.check_status and not failed):
        print("\n".join(text.splitlines()[-40:]))
        print(f"make check ended with {a.check_status} and did not say which case failed")
        failed += 1
    it_found, it_passed, it_failed, it_skipped = pytest_counts(a.pytest)
    if not it_found or (a.pytest_status and not it_failed):
        print(f"pytest ended with {a.pytest_status} and did not say which case failed")
        it_failed += 1
    passed, failed, skipped = passed + it_passed, failed + it_failed, skipped + it_skipped
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

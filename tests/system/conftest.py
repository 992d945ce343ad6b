"""A run that tested nothing must not look like one that found nothing: its last line says so, and why."""

outcomes, reasons = set(), []


def pytest_runtest_logreport(report):
    outcomes.add(report.outcome if report.when == "call" or report.outcome != "passed" else None)
    if report.skipped:
        reasons.append(str(report.longrepr[2]).removeprefix("Skipped: "))


def pytest_unconfigure():
    if reasons and not outcomes & {"passed", "failed"}:
        print(f"tests/system: NOTHING WAS TESTED: {reasons[0]}")

"""What a failed test leaves behind: its working folder with every log, copied to $ESTATE_RESULTS/TEST/ (./run sets it), and
the command that does it again. What a sanitizer writes ($ESTATE_REPORTS) fails the test during which it came.

Several files may run at a time (pytest -n); a test that is marked `alone` waits until no other runs, and keeps them waiting."""
import fcntl
import os
import pathlib
import re
import shutil
import stat
import tempfile

import pytest

RESULTS = os.environ.get("ESTATE_RESULTS")
REPORTS = os.environ.get("ESTATE_REPORTS")


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: it measures, or takes what others need: nothing else runs meanwhile")


@pytest.fixture(scope="session")
def turnstile(tmp_path_factory):
    """Two locks that the workers of one run share: the gate, which is passed one by one, and the room behind it."""
    top = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        top = top.parent
    with open(top / "gate", "a") as gate, open(top / "room", "a") as room:
        yield gate, room


@pytest.fixture(autouse=True)
def in_turn(request, turnstile):
    """Who waits for an empty room holds the gate: those inside end, nobody enters."""
    gate, room = turnstile
    fcntl.flock(gate, fcntl.LOCK_EX)
    fcntl.flock(room, fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH)
    fcntl.flock(gate, fcntl.LOCK_UN)
    yield
    fcntl.flock(room, fcntl.LOCK_UN)


@pytest.fixture
def open_folder():
    """That any user can read in, as a plugin under root is nobody; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="estated-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


def folder_name(item):
    return re.sub(r"[^\w.\[\]=+-]", "_", item.nodeid.split("/")[-1].replace(".py::", "."))[:150]


def plain(folder, names):
    """Sockets and fifos are not copied."""
    kinds = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    return [n for n in names if not any(kind(os.lstat(os.path.join(folder, n)).st_mode) for kind in kinds)]


def keep(item):
    """After the fixtures have ended what they started: the logs are whole now."""
    source = item.funcargs.get("tmp_path") if hasattr(item, "funcargs") else None
    if RESULTS and source is not None and os.path.isdir(source):
        try:
            shutil.copytree(source, pathlib.Path(RESULTS) / folder_name(item), symlinks=True, ignore=plain, dirs_exist_ok=True)
        except (shutil.Error, OSError) as e:
            print(f"not all of {source} could be kept: {e}")


def take_reports(item):
    """The sanitizers' words since the last test; moved to what is kept of this one."""
    texts = []
    for report in sorted(pathlib.Path(REPORTS).glob("*")) if REPORTS else ():
        text = report.read_text(errors="replace")
        if text.strip():
            texts.append(text)
            target = pathlib.Path(RESULTS or REPORTS) / folder_name(item)
            target.mkdir(parents=True, exist_ok=True)
            report.rename(target / report.name)
    return texts


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and not getattr(item, "has_failed", False):
        item.has_failed = True
        source = item.funcargs.get("tmp_path") if hasattr(item, "funcargs") else None
        kept = pathlib.Path(RESULTS) / folder_name(item) if RESULTS else source
        text = f"again: tests/reproduce '{item.nodeid}'"
        if source is not None:
            text = f"kept: {os.path.relpath(kept)}\n" + text
        report.sections.append(("what it left", text))
    if report.when != "teardown":
        return
    texts = take_reports(item)
    if texts:
        report.outcome = "failed"
        report.longrepr = "\n".join(texts) + f"\nagain: tests/reproduce '{item.nodeid}'"
    if getattr(item, "has_failed", False) or texts:
        keep(item)
    elif "tmp_path" in getattr(item, "funcargs", {}):
        # The databases of hundreds of estates, each with its reserve, are more than a small /tmp has room for.
        shutil.rmtree(item.funcargs["tmp_path"], ignore_errors=True)

"""What is shipped to copy from: conf/examples/, conf/estated.conf step by step, the man page's example; and a check of an
estate that is larger than all of them."""

import pathlib
import re
import shutil
import subprocess
import time

import pytest

from estate import PREFIX, Estate
from pace import SANITIZER, SLOW

TOP = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "conf/examples"
MAINS = ["small.conf", "large/estated.conf", "care-pilot.conf", "modems.conf"]
POINTS = {"small.conf": 9, "large/estated.conf": 79, "care-pilot.conf": 60, "modems.conf": 3}  # devices


def check(conf):
    return subprocess.run([PREFIX / "sbin/estated", "--check", "-c", conf], capture_output=True, text=True, timeout=60 * SLOW,
                          stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("main", MAINS)
def test_an_example_passes_without_a_warning(main):
    checked = check(EXAMPLES / main)
    assert checked.returncode == 0 and checked.stderr == "", checked.stderr
    assert f"of {POINTS[main]} devices" in checked.stdout and "; 0 warnings" in checked.stdout


@pytest.mark.parametrize("main", MAINS)
def test_the_plan_of_an_example_leaves_time_on_every_line(main):
    shares = re.findall(r"^bus (\S+): .* ([0-9.]+) % of its time", check(EXAMPLES / main).stdout, re.M)
    assert len(shares) == len(re.findall(r'type = "(?:rtu|tcp|rtu-over-tcp|dial-in)"', all_text(main)))
    assert all(0 < float(share) < 50 for _, share in shares), shares


def all_text(main):
    files = [EXAMPLES / main]
    if "/" in main:
        files += sorted((EXAMPLES / main).parent.glob("*/*.conf"))
    return "\n".join(f.read_text() for f in files)


def test_the_large_example_is_large():
    text = all_text("large/estated.conf")
    assert len(re.findall(r'profile = "lift-monitor-f7"', text)) == 40
    assert len(re.findall(r'^\t\{ id = "b\d+"', text, re.M)) == 12
    assert len(re.findall(r'type = "rtu";', text)) == 3 and 'class = "fire_panel"' in text


@pytest.mark.parametrize("main", MAINS)
def test_an_example_starts(main, tmp_path):
    """On this machine only: its gateways are addresses of the loopback at which nobody listens."""
    source = (EXAMPLES / main).parent
    for part in ("conf.d", "profiles"):
        if "/" in main and (source / part).is_dir():
            shutil.copytree(source / part, tmp_path / part)
    for file in tmp_path.glob("*/*.conf"):
        file.write_text(on_loopback(file.read_text()))
    with Estate(tmp_path, on_loopback((EXAMPLES / main).read_text())) as estate:
        assert len(estate.json("devices")) == POINTS[main]
        assert {p["quality"] for p in estate.json("points")} == {"lost"}  # nothing has answered: nothing is invented
        assert estate.stop() == 0


def on_loopback(text):
    text = re.sub(r'mqtt://[0-9.]+:1883', "mqtt://127.0.0.1:1", text)
    text = re.sub(r'(type = "(?:tcp|rtu-over-tcp)"; host = "[0-9.]+";)( port = \d+;)?', r"\1 port = 1;", text)
    text = re.sub(r'host = "10\.8\.(\d+)\.(\d+)"', r'host = "127.2.\1.\2"', text)
    return re.sub(r'host = "192\.168\.(\d+)\.(\d+)"', r'host = "127.1.\1.\2"', text)


def test_all_examples_are_installed():
    installed = PREFIX / "share/doc/estated/examples"
    here = {p.relative_to(EXAMPLES) for p in EXAMPLES.rglob("*") if p.is_file()}
    assert {p.relative_to(installed) for p in installed.rglob("*") if p.is_file()} >= here
    assert len(here) > 15


def test_the_first_configuration_is_right_at_every_step(tmp_path):
    """Its examples are taken out of their comments one after another: whoever stops anywhere has a good configuration."""
    lines = (TOP / "conf/estated.conf").read_text().split("\n")
    starts = [i for i, line in enumerate(lines) if re.match(r"\t# (, )?\{", line)]
    assert len(starts) > 10
    conf = tmp_path / "estated.conf"
    for start in starts:
        i = start
        while lines[i].startswith("\t# ") and (i == start or i not in starts):
            lines[i] = "\t" + lines[i][len("\t# "):]
            i += 1
        conf.write_text("\n".join(lines))
        checked = check(conf)
        assert checked.returncode == 0 and checked.stderr == "", (lines[start], checked.stderr)


def test_the_example_of_the_man_page_is_right(tmp_path):
    page = (TOP / "man/estated.conf.5.in").read_text()
    blocks = re.findall(r"^\.nf\n\.RS\n(.*?)\.RE$", page.split(".SH EXAMPLES")[1], re.M | re.S)
    assert len(blocks) == 2
    texts = [b.replace("\\(dq", '"').replace("\\-", "-") for b in blocks]
    conf = tmp_path / "estated.conf"
    conf.write_text(texts[0])
    assert (check(conf).returncode, check(conf).stderr) == (0, "")
    conf.write_text('estate: { id = "e"; };\n' + texts[1])
    assert (check(conf).returncode, check(conf).stderr) == (0, "")


# ---- 10,000 devices, 100,000 points ----

def large(directory, mistake=""):
    """100 files of 100 devices."""
    buses = ",\n".join(f'{{ id = "gw{i}"; type = "tcp"; host = "10.0.{i // 200}.{i % 200 + 1}"; }}' for i in range(256))
    points = ",\n".join(f'{{ name = "p{k}"; at = "holding:{3 * k}"; }}' for k in range(10))
    places = ", ".join(f'{{ id = "b{i}"; }}' for i in range(100))
    (directory / "estated.conf").write_text(
        f'estate: {{ id = "e"; }};\nplaces: ( {places} );\nbuses: ( {buses} );\n'
        f'profiles: ( {{ id = "ten"; class = "power"; period = "10s"; points: ( {points} ); }} );\n')
    (directory / "conf.d").mkdir()
    for b in range(100):
        rows = [f'{{ id = "d{i}"; place = "b{b}/u1"; bus = "gw{i % 256}"; unit = {i // 256 + 1}; profile = "ten"; {mistake} }}'
                for i in range(100 * b, 100 * b + 100)]
        (directory / "conf.d" / f"b{b}.conf").write_text("devices: (\n" + ",\n".join(rows) + "\n);\n")


def timed(conf):
    before = time.monotonic()
    checked = check(conf)
    return checked, time.monotonic() - before


def most_kb(conf):
    """Memory at its most. A small parent asks: what a child was before its exec counts, and that is a copy of its parent."""
    small = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); " \
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    return int(subprocess.run(["/usr/bin/python3", "-c", small, PREFIX / "sbin/estated", "--check", "-c", conf], check=True,
                              capture_output=True, text=True, timeout=60 * SLOW).stdout)


def test_ten_thousand_devices_are_checked_in_two_seconds(tmp_path):
    large(tmp_path)
    checked, took = timed(tmp_path / "estated.conf")
    assert checked.returncode == 0 and "100000 points of 10000 devices on 256 buses" in checked.stdout, checked.stderr
    assert took < 2 * (5 * SLOW if SANITIZER else 1)
    if not SANITIZER:
        assert 1024 < most_kb(tmp_path / "estated.conf") < 128 * 1024


def test_ten_thousand_mistakes_are_counted_in_two_seconds(tmp_path):
    large(tmp_path, mistake='timeuot = "1s"; class = "pwoer";')
    checked, took = timed(tmp_path / "estated.conf")
    assert checked.returncode == 1 and "20000 errors" in checked.stderr
    assert "d0': unknown key 'timeuot'" in checked.stderr and "19000 further messages are not shown" in checked.stderr
    assert took < 2 * (5 * SLOW if SANITIZER else 1)

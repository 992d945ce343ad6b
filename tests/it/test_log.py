"""The log: fields and ids for the journal, the catalog that says what to do, levels at run time, a reader that does not read."""

import fcntl
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import time

import pytest

import fake_journal
from estate import PREFIX, Estate, until
from fake_journal import FakeJournal
from pace import LIMIT, SLOW
from puppet import Puppet
from rights import need
from slave import Slave

TOP = pathlib.Path(__file__).resolve().parents[2]
F_SETPIPE_SZ = 1031
CONFIGURATION = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "100ms"; }} );
plugins: ( {{ id = "src"; program = "{program}"; }} );
classes: ( {{ id = "probe"; points: ( {{ name = "x"; type = "number"; }} ); }} );
profiles: ( {{ id = "meter"; class = "probe"; points: ( {{ name = "x"; at = "holding:0"; period = "100ms"; }} ); }} );
devices: ( {{ id = "p1"; place = "b1/x"; plugin = "src"; class = "probe"; }},
           {{ id = "m1"; place = "b1/x"; bus = "gw"; unit = 5; profile = "meter"; }} );
rules: ( {{ id = "danger"; device = "p1"; when = "x > 90"; priority = 1; life_safety = true; text: {{ en = "danger"; }}; }},
         {{ id = "high"; class = "probe"; when = "x > 80"; text: {{ en = "high"; }}; }} );
{more}
'''


class Site:
    """An estate with a plugin that the test speaks for, and a unit on a bus."""

    def __init__(self, directory, more="", **options):
        self.slave, self.puppet, self.directory = Slave({5: [0] * 10}), Puppet(), directory
        self.slave.start()
        self.more = more
        self.estate = Estate(directory, self.text(more), **options)

    def text(self, more):
        return CONFIGURATION.format(port=self.slave.port, program=self.puppet.program, more=more)

    def __enter__(self):
        self.estate.start()
        self.life = self.puppet.life().ready("source")
        self.say(0)
        return self

    def say(self, x):
        """One reading; returns how long it took until the daemon had decided on it and stored it."""
        name, began = f"n{time.monotonic_ns()}", time.monotonic()
        self.life.sample("p1", id=name, x=x)
        self.life.wait("stored", id=name)
        return time.monotonic() - began

    def raise_alarms(self, count):
        """So many alarms come and go; returns the latencies."""
        took = []
        for _ in range(count):
            took += [self.say(95), self.say(0)]
        return took

    def __exit__(self, *_):
        try:
            self.estate.__exit__()
        finally:
            self.puppet.__exit__()
            self.slave.stop()


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path) as s:
        yield s


# ---- fields ----

@pytest.fixture
def namespace():
    need(*fake_journal.unshare(), "mount", "-t", "tmpfs", "none", "/run")


def ids():
    """name → id, of the one table."""
    table = (TOP / "daemon/base/logid.c").read_text()
    return dict(re.findall(r'\{ "([a-z-]+)", LOG_LEVEL_[A-Z]+, "([0-9a-f]{32})" \}', table))


@pytest.mark.usefixtures("namespace")
def test_the_journal_gets_each_event_with_its_id_and_its_fields(tmp_path):
    with FakeJournal(tmp_path) as journal:
        options = {"environment": journal.environment(tmp_path / "estated.log"), "wrapper": journal.wrapper}
        with Site(tmp_path, **options) as site:
            site.estate.wait_quality("m1.x", "good")
            site.slave.stop()
            gone = journal.wait(lambda e: e.get("ESTATE_EVENT") == "bus-lost")
            site.slave.start()
            back = journal.wait(lambda e: e.get("ESTATE_EVENT") == "bus-back", 60)
            site.say(95)
            danger = journal.wait(lambda e: e.get("ESTATE_EVENT") == "life-safety")
            high = journal.wait(lambda e: e.get("ESTATE_EVENT") == "alarm-raised" and e.get("ESTATE_RULE") == "high")
            site.life.kill()
            lost = journal.wait(lambda e: e.get("ESTATE_EVENT") == "plugin-lost")
            site.puppet.life().ready("source")
            journal.wait(lambda e: e.get("ESTATE_EVENT") == "plugin-back")
            (tmp_path / "estated.conf").write_text("estate: { id = 7; };")
            assert site.estate.run_ctl("config", "reload").returncode == 1
            refused = journal.wait(lambda e: e.get("ESTATE_EVENT") == "reload-refused")
        journal.wait(lambda e: e.get("ESTATE_EVENT") == "stopping")
        started = journal.wait(lambda e: e.get("ESTATE_EVENT") == "started")
    known = ids()
    for entry in journal.entries:
        assert {"MESSAGE", "PRIORITY", "ESTATE_ROOM", "CODE_FILE", "CODE_LINE", "SYSLOG_IDENTIFIER"} <= set(entry), entry
        assert entry["CODE_FILE"].startswith("daemon/") and (TOP / entry["CODE_FILE"]).exists(), entry
        assert "app/journal.c" not in entry["CODE_FILE"] or entry["ESTATE_EVENT"] == "log-lost"
        if "ESTATE_EVENT" in entry:
            assert entry["MESSAGE_ID"] == known[entry["ESTATE_EVENT"]], entry
    assert gone["ESTATE_BUS"] == back["ESTATE_BUS"] == "gw" and gone["ESTATE_ROOM"] == "field" and gone["PRIORITY"] == "4"
    assert gone["CODE_FILE"].startswith("daemon/field/") and gone["CODE_FUNC"]
    assert danger["ESTATE_ALARM"] == "danger/p1" and danger["ESTATE_RULE"] == "danger" and danger["ESTATE_DEVICE"] == "p1"
    assert high["ESTATE_ALARM"] == "high/p1"
    assert lost["ESTATE_PLUGIN"] == "src" and lost["ESTATE_ROOM"] == "plugin"
    assert refused["ESTATE_WHO"] and "1 error:" in refused["MESSAGE"]
    assert "estate 't'" in started["MESSAGE"]
    assert site.estate.log == "" or "started" not in site.estate.log  # nothing twice: stderr is the journal's


# ---- never blocks ----

def lost_of(text):
    return sum(int(n) for n in re.findall(r"log: (\d+) lines were lost", text))


def unread_pipe(tmp_path):
    """A full pipe for stderr; returns its reading end and the wrapper."""
    path = tmp_path / "stderr"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, F_SETPIPE_SZ, 4096)
    filler = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(filler, b"." * 4095 + b"\n")
    except BlockingIOError:
        pass
    os.close(filler)
    return reader, ["sh", "-c", 'exec "$@" 2>"$0"', path]


def drain(reader, text):
    try:
        while True:
            piece = os.read(reader, 65536)
            if not piece:
                return text
            text += piece.decode(errors="replace")
    except BlockingIOError:
        return text


def close_enough(stuck, free):
    """Latencies with a stuck reader are those with a good one, but for what the machine does besides."""
    assert statistics.median(stuck) <= 2 * statistics.median(free) + 0.02 * SLOW, (statistics.median(stuck), statistics.median(free))
    assert max(stuck) < max(1.0 * SLOW, 3 * max(free)), (max(stuck), max(free))


@pytest.mark.alone  # what it costs is measured
def test_a_reader_of_stderr_that_does_not_read_delays_no_alarm_and_what_is_lost_is_counted(tmp_path):
    (tmp_path / "free").mkdir()
    with Site(tmp_path / "free") as site:
        free = site.raise_alarms(300)
    reader, wrapper = unread_pipe(tmp_path)
    with Site(tmp_path, wrapper=wrapper) as site:
        stuck = site.raise_alarms(400)
        said = site.estate.ctl("log-level")
        lost = int(re.search(r"(\d+) lines were lost", said)[1])
        assert lost > 100  # each alarm is a line that is never left out, and 256 wait
        text = ""

        def told():
            nonlocal text
            text = drain(reader, text)
            return lost_of(text)
        until(told, "the lost lines are told of")
        until(lambda: told() == site_lost(site), "all of them")
        raised = text.count("alarm danger/p1: normal -> unacked") + text.count("-> unacked, priority 1")
        assert 0 < text.count("priority 1") < 600 and raised
        close_enough(stuck, free)
    os.close(reader)


def site_lost(site):
    found = re.search(r"(\d+) lines were lost", site.estate.ctl("log-level"))
    return int(found[1]) if found else 0


def test_a_flood_of_clients_is_a_few_lines(site):
    """Ten times far more clients than the API takes, within seconds: what is said of it does not grow with it."""
    rounds, refused = 10, 0
    for _ in range(rounds):
        clients = []
        for _ in range(200):
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(site.estate.socket))
            client.settimeout(LIMIT)
            clients.append(client)
        refused += clients[-1].recv(100).startswith(b"HTTP/1.1 503")
        for client in clients:
            client.close()
        until(lambda: site.estate.run_ctl("status").returncode == 0, "it takes clients again")
    assert refused == rounds
    lines = [line for line in site.estate.log.splitlines() if " api: " in line]
    assert 1 <= len(lines) <= 14, lines
    assert "all 64 connections are taken" in lines[0] and "takes all clients again after" in lines[1]


def test_with_a_reader_that_never_reads_estated_still_ends(tmp_path):
    reader, wrapper = unread_pipe(tmp_path)
    with Site(tmp_path, wrapper=wrapper) as site:
        site.raise_alarms(20)
        began = time.monotonic()
        assert site.estate.stop() == 0
        assert time.monotonic() - began < 10 * SLOW
    os.close(reader)


@pytest.mark.usefixtures("namespace")
@pytest.mark.alone
def test_a_stuck_journal_delays_no_alarm_and_what_is_lost_is_counted(tmp_path):
    with FakeJournal(tmp_path) as journal:
        options = {"environment": journal.environment(tmp_path / "estated.log"), "wrapper": journal.wrapper}
        with Site(tmp_path, **options) as site:
            free = site.raise_alarms(200)
            journal.wait(lambda e: e.get("ESTATE_EVENT") == "life-safety")
            journal.deaf = True
            stuck = site.raise_alarms(600)
            until(lambda: site_lost(site) > 0, "lines are lost")
            journal.deaf = False
            entry = journal.wait(lambda e: e.get("ESTATE_EVENT") == "log-lost")
            assert entry["MESSAGE_ID"] == ids()["log-lost"]
            until(lambda: sum(lost_of(e["MESSAGE"]) for e in list(journal.entries)) == site_lost(site), "all of them")
            close_enough(stuck, free)


# ---- levels ----

def levels(estate):
    return {r["room"]: r for r in estate.json("log-level")}


def test_levels_are_configured_room_by_room_and_reloaded(tmp_path):
    with Site(tmp_path, 'log: { level = "notice"; rooms: { api = "debug"; }; };') as site:
        now = levels(site.estate)
        assert now["api"]["level"] == now["api"]["configured"] == "debug"
        assert {now[r]["level"] for r in ("field", "app", "plugin", "store")} == {"notice"}
        until(lambda: " debug: api: " in site.estate.log, "a line of debug")
        site.say(95)
        assert " info: " not in site.estate.log and "debug: store" not in site.estate.log
        site.estate.conf.write_text(site.text('log: { level = "warning"; };'))
        changes = site.estate.json("config", "reload")
        assert [(c["group"], c["change"]) for c in changes] == [("log", "changed")]
        assert {r["level"] for r in levels(site.estate).values()} == {"warning"}


def test_a_level_is_set_for_a_while_and_goes_back(site):
    said = site.estate.json("log-level", "store", "debug", "--for", "2s")
    row = next(r for r in said if r["room"] == "store")
    assert row["level"] == "debug" and row["configured"] == "info" and row["until"] and row["by"]
    until(lambda: levels(site.estate)["store"]["level"] == "info", "it goes back")
    assert levels(site.estate)["store"]["until"] is None
    site.estate.wait_log("log level of store: debug for 2 s, by ")
    until(lambda: "log level of store: info again" in site.estate.log, "and says so")


def test_a_level_for_all_rooms_and_back_by_hand(site):
    site.estate.ctl("log-level", "warning")
    assert {r["level"] for r in levels(site.estate).values()} == {"warning"}
    site.estate.ctl("log-level", "configured")
    assert {r["level"] for r in levels(site.estate).values()} == {"info"}
    shown = site.estate.ctl("log-level")
    assert shown.splitlines()[0].split() == ["ROOM", "LEVEL", "CONFIGURED", "UNTIL", "WHAT"]


def test_the_command_line_says_the_level_that_no_room_has(tmp_path):
    with Site(tmp_path, 'log: { level = "notice"; rooms: { store = "info"; }; };', arguments=["--log-level", "error"]) as site:
        now = levels(site.estate)
        assert now["field"]["level"] == "error" and now["store"]["level"] == "info"


@pytest.mark.parametrize("words, text", [
    (["field"], "expected a level"), (["attic", "debug"], "room 'attic': expected"), (["field", "loud"], "level: expected"),
    (["loud"], "level: expected"), (["field", "debug", "--for", "soon"], "for: expected a duration"),
    (["field", "debug", "--for", "8d"], "for: expected a duration")])
def test_a_wrong_word_changes_nothing(site, words, text):
    done = site.estate.run_ctl("log-level", *words)
    assert done.returncode in (1, 2) and text in done.stderr, done.stderr
    assert {r["level"] for r in levels(site.estate).values()} == {"info"}


# ---- the catalog ----

CATALOGS = {"en": "estated.catalog", "zh": "estated.zh_CN.catalog"}


def entries(path):
    """id → (headers, text)."""
    found = {}
    text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.M)
    for block in re.split(r"^-- ", text, flags=re.M)[1:]:
        head, _, body = block.partition("\n\n")
        first, *headers = head.splitlines()
        assert first not in found, f"{path.name}: {first} stands twice"
        found[first] = (dict(line.split(": ", 1) for line in headers), body.strip())
    return found


@pytest.mark.parametrize("language", CATALOGS)
def test_every_id_is_explained_once_and_nothing_else(language):
    installed = PREFIX / "lib/systemd/catalog" / CATALOGS[language]
    assert installed.read_text() == (TOP / "systemd/catalog" / CATALOGS[language]).read_text()
    known = ids()
    assert len(known) > 30 and len(set(known.values())) == len(known)
    found = entries(installed)
    assert set(found) == set(known.values())
    for uuid, (headers, text) in found.items():
        assert set(headers) == {"Subject", "Defined-By", "Support", "Documentation"}, uuid
        assert headers["Defined-By"] == "estated" and len(text) >= 20
        assert re.fullmatch(r"man:[a-z.-]+\(\d\)", headers["Documentation"])
        assert bool(re.search("[\u4e00-\u9fff]", headers["Subject"] + text)) == (language == "zh")


def test_both_languages_name_the_same_fields_and_commands():
    en, zh = (entries(TOP / "systemd/catalog" / name) for name in CATALOGS.values())
    fields = set(re.findall(r'"(ESTATE_[A-Z]+)"', (TOP / "daemon/base/log.c").read_text())) | {"ESTATE_UNIT"}
    for uuid in en:
        named = set(re.findall(r"@([A-Z_]+)@", en[uuid][1]))
        assert named == set(re.findall(r"@([A-Z_]+)@", zh[uuid][1])) and named <= fields, uuid
        assert re.findall(r"estatectl [a-z-]+", en[uuid][1]).sort() == re.findall(r"estatectl [a-z-]+", zh[uuid][1]).sort()


def test_every_id_is_said_by_some_line_of_the_program():
    code = "".join(p.read_text() for p in (TOP / "daemon").rglob("*.c") if p.name != "logid.c")
    names = re.findall(r"^\t(LOGID_[A-Z_]+),$", (TOP / "daemon/base/logid.h").read_text(), re.M)
    unused = [n for n in names if n not in ("LOGID_NONE", "LOGID_COUNT") and not re.search(rf"\b{n}\b", code)]
    assert len(names) > 30 and not unused


def test_systemd_takes_the_catalogs(tmp_path):
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    for name in CATALOGS.values():
        shutil.copy(PREFIX / "lib/systemd/catalog" / name, folder)

    def journalctl(*words):
        done = subprocess.run(["journalctl", "--root", tmp_path, "--no-pager", *words], capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return done.stdout
    journalctl("--update-catalog")
    listed = dict(line.split(" ", 1) for line in journalctl("--list-catalog").splitlines())
    assert set(listed) == set(ids().values()) and all(text.startswith("estated: ") for text in listed.values())
    dumped = journalctl("--dump-catalog", ids()["bus-lost"])
    assert "A bus does not answer" in dumped and "@ESTATE_BUS@" in dumped
    # The other language waits in the same file for whoever speaks it.
    database = (tmp_path / "var/lib/systemd/catalog/database").read_bytes()
    assert database.count("总线无应答".encode()) == 1 and b"zh_CN" in database

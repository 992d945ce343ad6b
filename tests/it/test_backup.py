"""All that a box knows in one file, made while it works; and back in place, whole or not at all, on this box or on another."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import pytest

from estate import Estate, until
from pace import LIMIT, PREFIX, SLOW
from puppet import Puppet, Uplink
from rights import need_tracing, needs_root

CONFIGURATION = '''
estate: {{ id = "t"; name = "{name}"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }} {uplinks} );
devices: ( {{ id = "sos-1"; place = "b1/u1/101"; plugin = "src"; address = "s"; class = "sos"; }},
           {{ id = "tank-1"; place = "b1"; plugin = "src"; address = "t"; class = "tank"; }} );
'''
NO_SOCKET = "/nowhere/api.sock"


def configuration(source, uplinks="", name="old"):
    return CONFIGURATION.format(source=source.program, uplinks=uplinks, name=name)


def uplink(puppet, name="cloud"):
    return f', {{ id = "{name}"; program = "{puppet.program}"; }}'


def box_in(directory, text):
    directory.mkdir()
    return Estate(directory, text)


def press(life, n):
    life.sample("sos-1", id=f"press-{n}", pressed=True)
    life.wait("stored", id=f"press-{n}")


def ctl(*words, wrapper=()):
    return subprocess.run([*wrapper, PREFIX / "bin/estatectl", "--socket", NO_SOCKET, *map(str, words)], capture_output=True,
                          text=True, timeout=120, stdin=subprocess.DEVNULL)


def restore(file, state, conf, wrapper=()):
    return ctl("restore", file, "--state-dir", state, "-c", conf, wrapper=wrapper)


def restored(*arguments):
    done = restore(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def asides(folder):
    return sorted(pathlib.Path(folder).glob("before-restore-*"))


def fingerprint(*folders):
    """Of every file, with what is in it and who may read it; not of what is only there while something runs."""
    seen = {}
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and path.name != "lock" and not path.name.endswith("-shm") and \
                    not (path.name.endswith("-wal") and path.stat().st_size == 0):  # a database was looked at
                seen[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode
    return seen


def members(file):
    return subprocess.run(["tar", "--zstd", "-tf", file], capture_output=True, text=True, check=True).stdout.split()


def records(estate, **wanted):
    rows = [json.loads(line) for line in estate.ctl("audit", "export").splitlines()]
    return [r for r in rows if all(r[k] == v for k, v in wanted.items())]


# ---- there and back ----

def test_what_was_there_comes_back_and_no_receiver_sees_a_number_twice(tmp_path):
    file = tmp_path / "box.estate"
    with Puppet() as source, Uplink() as cloud, Uplink() as late:
        with box_in(tmp_path / "box", configuration(source, uplink(cloud))) as estate:
            life = source.life().ready("source")
            life.sample("tank-1", level=41)
            press(life, 1)
            estate.ctl("ack", "sos/sos-1", "--note", "before the backup")
            cloud.wait(lambda u: len(u.alarms("sos/sos-1")) == 2)
            said = estate.run_ctl("backup", file)
            assert said.returncode == 0 and "without secrets" in said.stderr, said.stderr
            until(lambda: not (estate.state / "backup").exists(), "the copies are removed")
            assert records(estate, kind="command", what="backup")
            # What happens now will never have happened, but the receiver has it.
            estate.ctl("close", "sos/sos-1", "--outcome", "real")
            press(life, 2)
            cloud.wait(lambda u: len(u.alarms("sos/sos-1")) == 4)
        seen = {(m["lane"], m["seq"]): m for m in cloud.messages}
        highest = {lane: max(m["seq"] for m in cloud.messages if m["lane"] == lane) for lane in ("alarm", "data")}
        assert oct(file.stat().st_mode & 0o7777) == "0o600" and not list(tmp_path.glob("*.tmp"))
        # The configuration has changed too since then: another file and another uplink.
        estate.conf.write_text(configuration(source, uplink(cloud), "new"))
        (estate.conf.parent / "conf.d").mkdir()
        (estate.conf.parent / "conf.d/late.conf").write_text(f'plugins: ( {uplink(late, "late")[2:]} );')

        assert "numbers of all outbox lanes go on from" in restored(file, estate.state, estate.conf)
        assert '"old"' in estate.conf.read_text() and not (estate.conf.parent / "conf.d/late.conf").exists()
        before = len(cloud.messages)
        with estate:
            life = source.life().ready("source")
            assert estate.alarm("sos/sos-1")["state"] == "latched" and estate.alarm("sos/sos-1")["count"] == 1
            estate.ctl("close", "sos/sos-1", "--outcome", "false")
            press(life, 3)
            cloud.wait(lambda u: len(u.alarms("sos/sos-1")) >= 6 and u.alarms("sos/sos-1")[-1]["state"] == "unacked")
            assert "whole" in estate.ctl("audit", "verify")
            record, = records(estate, kind="audit", what="restored")
            assert record["detail"]["before"]["n"] > record["detail"]["backup"]["n"] and record["who"]
            assert not records(estate, kind="audit", what="lost") and not records(estate, kind="audit", what="unwitnessed")
        check_numbers(seen, highest, cloud.messages[before:])
        kept, = asides(estate.state)
        assert sqlite3.connect(f"file:{kept}/state.db?mode=ro", uri=True).execute("SELECT count(*) FROM audit").fetchone()[0] > record["n"]
        assert (kept / "audit.head").exists()
        kept, = asides(estate.conf.parent)
        assert '"new"' in (kept / "estated.conf").read_text() and (kept / "conf.d/late.conf").exists()


def check_numbers(seen, highest, messages):
    """What came after the restore: what had been waiting, unchanged; then in each lane a gap record over all that the box may have
    given meanwhile, and only numbers behind it."""
    jumped = {}
    for m in messages:
        key = m["lane"], m["seq"]
        if m["kind"] == "gap":
            assert m["from"] <= highest[m["lane"]] + 1 and m["to"] == m["seq"] > highest[m["lane"]] and "restored" in m["reason"], m
            jumped[m["lane"]] = m["seq"]
        elif m["lane"] in jumped:
            assert m["seq"] == jumped[m["lane"]] + 1, m
            jumped[m["lane"]] = m["seq"]
        else:
            assert seen.get(key, m) == m, "the same number for something else"
    assert set(jumped) == {"alarm", "data"}
    assert all(jumped[lane] > highest[lane] for lane in jumped)


def test_an_uplink_that_the_backup_does_not_know_begins_behind_what_it_may_have_seen(tmp_path):
    file = tmp_path / "box.estate"
    with Puppet() as source, Uplink() as late:
        with box_in(tmp_path / "box", configuration(source)) as estate:
            source.life().ready("source")
            estate.ctl("backup", file)
        estate.conf.write_text(configuration(source, uplink(late, "late")))
        with estate:
            source.life().ready("source")
            late.wait(lambda u: u.messages)
        given = {(m["lane"], m["seq"]) for m in late.messages}
        restored(file, estate.state, estate.conf)
        estate.conf.write_text(configuration(source, uplink(late, "late")))
        late.messages.clear()
        with estate:
            source.life().ready("source")
            late.wait(lambda u: len(u.messages) > 1)
        gap, first = late.messages[:2]
        assert gap["kind"] == "gap" and gap["from"] == 1 and first["seq"] == gap["to"] + 1
        assert not given & {(m["lane"], m["seq"]) for m in late.messages}


def test_the_same_backup_twice_gives_no_number_twice(tmp_path):
    """The second box knows nothing of the first one: only the time tells."""
    file, numbers = tmp_path / "box.estate", []
    with Puppet() as source, Uplink() as cloud:
        with box_in(tmp_path / "box", configuration(source, uplink(cloud))) as estate:
            source.life().ready("source")
            cloud.wait(lambda u: u.messages)
            estate.ctl("backup", file)
        for i in range(2):
            new = box_in(tmp_path / f"new-{i}", "")
            new.conf.unlink()
            restored(file, new.state, new.conf)
            cloud.messages.clear()
            with new:
                source.life().ready("source")
                cloud.wait(lambda u: [m for m in u.messages if m["kind"] == "health" and m["seq"] > 10 ** 9])
            numbers.append({(m["lane"], m["seq"]) for m in cloud.messages if m["seq"] > 10 ** 9})
    assert numbers[0] and numbers[1] and not numbers[0] & numbers[1]


def test_a_new_box_gets_all_of_it_with_keys_and_secrets(tmp_path):
    with Puppet() as source:
        estate = box_in(tmp_path / "old", configuration(source))
        etc = tmp_path / "old/etc"  # a folder of the configuration's own
        for name in ("profiles/mine.conf", "rules/mine.conf", "conf.d/mine.conf", "credentials/cloud", "notes.txt", "estated.conf"):
            (etc / name).parent.mkdir(parents=True, exist_ok=True)
            (etc / name).write_text(f"# {name}\n")
        (etc / "credentials/cloud").chmod(0o400)
        # A link, as configuration management makes it: what is beside it counts, not what is beside its file.
        (tmp_path / "elsewhere").mkdir()
        shutil.move(estate.conf, tmp_path / "elsewhere/estated.conf")
        (etc / "estated.conf").unlink()
        (etc / "estated.conf").symlink_to(tmp_path / "elsewhere/estated.conf")
        estate.conf = etc / "estated.conf"
        with estate:
            press(source.life().ready("source"), 1)
            (estate.state / "keys").mkdir(exist_ok=True)
            (estate.state / "keys/identity").write_bytes(b"\0\1key")
            estate.ctl("backup", tmp_path / "without")
            estate.ctl("backup", tmp_path / "with", "--with-credentials")
        without = members(tmp_path / "without")
        assert without[0] == "manifest.json" and not [m for m in without if "cloud" in m or "notes" in m or "lock" in m or "ballast" in m]
        assert {"config/estated.conf", "config/profiles/mine.conf", "config/rules/mine.conf", "config/conf.d/mine.conf",
                "state/keys/identity", "state/state.db", "state/history.db", "state/audit.head"} <= set(without)
        assert {"config/credentials/cloud", "config/notes.txt"} == set(members(tmp_path / "with")) - set(without)

        new = box_in(tmp_path / "new", "")
        new.conf, new.state = tmp_path / "new/etc/site.conf", tmp_path / "new/var/state"  # another place, another name
        restored(tmp_path / "with", new.state, new.conf)
        assert (new.conf.parent / "credentials/cloud").read_text() == "# credentials/cloud\n"
        assert (new.conf.parent / "credentials/cloud").stat().st_mode & 0o7777 == 0o400
        assert (new.state / "keys/identity").read_bytes() == b"\0\1key" and new.state.stat().st_mode & 0o077 == 0
        with new:
            source.life().ready("source")
            assert new.alarm("sos/sos-1")["state"] == "unacked"
            assert not asides(new.state)


def test_secrets_that_are_not_in_the_backup_stay(tmp_path):
    with Puppet() as source:
        with box_in(tmp_path / "box", configuration(source)) as estate:
            source.life().ready("source")
            (estate.conf.parent / "credentials").mkdir()
            (estate.conf.parent / "credentials/cloud").write_text("secret")
            estate.ctl("backup", tmp_path / "f")
        restored(tmp_path / "f", estate.state, estate.conf)
        assert (estate.conf.parent / "credentials/cloud").read_text() == "secret"


def levels(estate):
    """Each once: after a start a value is told again when its source is back."""
    return list(dict.fromkeys(s["value"] for s in estate.json("history", "tank-1.level") if s["quality"] == "good"))


def test_the_history_of_the_last_hour_comes_along(tmp_path):
    """It is not in the database yet but in the ring beside it, which only fits the database that it is of."""
    with Puppet() as source:
        with box_in(tmp_path / "old", configuration(source)) as estate:
            life = source.life().ready("source")
            for level in (41, 42, 43):
                life.sample("tank-1", level=level)
                estate.wait_point("tank-1.level", lambda p: p["value"] == level)
            assert levels(estate) == [41, 42, 43]  # and so they are on the disk
            estate.ctl("backup", tmp_path / "f")
        new = box_in(tmp_path / "new", configuration(source))
        restored(tmp_path / "f", new.state, new.conf)
        with new:
            source.life().ready("source").sample("tank-1", level=44)
            new.wait_point("tank-1.level", lambda p: p["value"] == 44)
            until(lambda: levels(new) == [41, 42, 43, 44], "old and new samples")


# ---- refused, and nothing has changed ----

@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A backup, and the box that it is of, stopped."""
    directory = tmp_path_factory.mktemp("made")
    with Puppet() as source:
        with box_in(directory / "box", configuration(source)) as estate:
            life = source.life().ready("source")
            press(life, 1)
            (estate.state / "keys").mkdir(exist_ok=True)
            (estate.state / "keys/identity").write_text("old")
            (estate.conf.parent / "rules").mkdir()
            (estate.conf.parent / "rules/mine.conf").write_text("# old\n")
            estate.ctl("backup", directory / "box.estate")
            estate.ctl("ack", "sos/sos-1")
        (estate.state / "keys/identity").write_text("new")
        (estate.conf.parent / "rules/mine.conf").write_text("# new\n")
        estate.conf.write_text(configuration(source, name="new"))
        (estate.state / "ballast").unlink(missing_ok=True)
        with sqlite3.connect(estate.state / "history.db") as history:
            history.execute("INSERT INTO meta VALUES ('new', 1)")
        history.close()
        estate.file = directory / "box.estate"
        yield estate


@pytest.fixture
def box(made, tmp_path):
    """A box of one's own like that."""
    estate = box_in(tmp_path / "own", "")
    shutil.rmtree(estate.directory)
    shutil.copytree(made.directory, estate.directory, ignore=shutil.ignore_patterns("run", "*.log"))
    estate.file = made.file
    return estate


def test_a_running_estated_is_not_touched(box):
    with box:
        before = fingerprint(box.state / "keys", box.conf.parent / "rules")
        done = restore(box.file, box.state, box.conf)
        assert done.returncode == 1 and "systemctl stop estated" in done.stderr
        assert fingerprint(box.state / "keys", box.conf.parent / "rules") == before
        assert not (box.state / "restore.new").exists() and not asides(box.state)
        # Also when nobody has looked before.
        subprocess.run(["cp", "-r", box.state / "keys", box.state / "restore.new"], check=True)
        done = subprocess.run([PREFIX / "sbin/estated", "--restore", "--state-dir", box.state, "-c", box.conf], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 1 and "estated is running" in done.stderr
    assert fingerprint(box.state / "keys", box.conf.parent / "rules") == before


def test_a_file_that_was_cut_or_changed_anywhere_is_refused(box, tmp_path):
    whole, bad = box.file.read_bytes(), tmp_path / "bad"
    before = fingerprint(box.directory)
    places = [len(whole) * i // 12 for i in range(12)] + [len(whole) - 1, 0, 5]
    for i, at in enumerate(places):
        bad.write_bytes(whole[:at] if i % 2 else whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1:])
        done = restore(bad, box.state, box.conf)
        assert done.returncode == 1 and "was not restored" in done.stderr, (at, done.stdout, done.stderr)
    for wrong in (b"", b"x" * 5000):
        bad.write_bytes(wrong)
        assert "no backup of estated" in restore(bad, box.state, box.conf).stderr
    assert fingerprint(box.directory) == before


def unpacked(file, folder):
    folder.mkdir()
    subprocess.run(["tar", "--zstd", "-xf", file, "-C", folder], check=True)
    return folder


def archive(folder, file, names):
    subprocess.run(["tar", "--zstd", "--format=pax", "-cf", file, "-C", folder, "manifest.json", *names], check=True)


def packed(folder, file):
    """The archive again, with a list that says what is in the files now."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for f in manifest["files"]:
        data = (folder / f["name"]).read_bytes()
        f.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    (folder / "manifest.json").write_text(json.dumps(manifest))
    archive(folder, file, [f["name"] for f in manifest["files"]])
    return file


def test_each_restore_keeps_what_it_found_and_the_newest_two_stay(box):
    for i in range(4):
        (box.state / "keys/identity").write_text(str(i))
        (box.conf.parent / "rules/mine.conf").write_text(f"# {i}\n")
        restored(box.file, box.state, box.conf)
        assert (asides(box.state)[-1] / "keys/identity").read_text() == str(i)
    assert [(a / "keys/identity").read_text() for a in asides(box.state)] == ["2", "3"]
    assert [(a / "rules/mine.conf").read_text() for a in asides(box.conf.parent)] == ["# 0\n", "# 1\n", "# 2\n", "# 3\n"]


@pytest.mark.parametrize("name", ["state.db", "history.db"])
def test_databases_of_a_newer_estated_are_refused(box, tmp_path, name):
    folder = unpacked(box.file, tmp_path / "open")
    with sqlite3.connect(folder / "state" / name) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = fingerprint(box.directory)
    done = restore(packed(folder, tmp_path / "newer"), box.state, box.conf)
    assert done.returncode == 1 and f"{name} of the backup is of a newer estated (schema version 99" in done.stderr
    assert fingerprint(box.directory) == before


@pytest.mark.parametrize("name", ["state.db", "history.db"])
def test_a_database_of_a_newer_estated_is_told_by_the_doctor_and_keeps_estated_from_starting(box, name):
    with sqlite3.connect(box.state / name) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = fingerprint(box.directory)
    done = subprocess.run([PREFIX / "sbin/estated", "--doctor=json", "--state-dir", box.state, "-c", box.conf], capture_output=True,
                          text=True, timeout=60)
    found = next(f for f in json.loads(done.stdout) if f["check"] == "database" and f["subject"].endswith(name))
    assert found["level"] == "fault" and "99" in found["text"] and "newer estated" in found["text"] and found["hint"], found
    box.start(ready=False)
    assert box.process.wait(LIMIT) == 1 and "schema version 99" in box.log and "install the newer estated" in box.log, box.log
    box.process = None
    if name == "state.db":
        assert fingerprint(box.state) == {k: v for k, v in before.items() if k.startswith(str(box.state) + "/")}


def test_lists_that_no_estatectl_has_made_are_refused(box, tmp_path):
    folder = unpacked(box.file, tmp_path / "open")
    before = fingerprint(box.directory)

    def newer(m):
        m["estated-backup"] = 2

    def missing(m):
        del m["files"][-1]

    def bent(m):
        m["files"][0]["bytes"] += 1

    list_of = folder / "manifest.json"
    whole = list_of.read_text()
    for change, text in ((newer, "newer estatectl"), (missing, "more in it than its list"), (bent, "not as its list says")):
        manifest = json.loads(whole)
        change(manifest)
        list_of.write_text(json.dumps(manifest))
        archive(folder, tmp_path / "bent", [f["name"] for f in json.loads(whole)["files"]])
        done = restore(tmp_path / "bent", box.state, box.conf)
        assert done.returncode == 1 and text in done.stderr, done.stderr
    assert fingerprint(box.directory) == before


def test_names_deeper_than_any_of_ours_are_refused(box, tmp_path):
    """Nothing that could be unpacked could not be listed or removed again."""
    folder = unpacked(box.file, tmp_path / "open")
    manifest = json.loads((folder / "manifest.json").read_text())
    for depth, taken in ((3, True), (8, False), (200, False)):
        name = "state/" + "d/" * depth + "f"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
        files = sorted(manifest["files"] + [{"name": name, "mode": "0600"}], key=lambda f: f["name"].encode())
        (folder / "manifest.json").write_text(json.dumps(manifest | {"files": files}))
        before = fingerprint(box.directory)
        done = restore(packed(folder, tmp_path / "deep"), box.state, box.conf)
        assert (done.returncode == 0) == taken, (depth, done.stderr)
        assert taken or (fingerprint(box.directory) == before and "damaged" in done.stderr), done.stderr
        assert not (box.state / "restore.new").exists()


def test_a_file_and_a_folder_of_one_name_change_places_and_what_was_there_is_kept(box, tmp_path):
    """Here a folder or a link is where a file comes, and a file where a folder comes."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x.conf").write_text("# elsewhere")
    shutil.rmtree(box.state / "keys")
    (box.state / "keys").write_text("a file")
    (box.state / "audit.head").unlink()
    (box.state / "audit.head/below").mkdir(parents=True)
    (box.state / "audit.head/below/x").write_text("deep")
    shutil.rmtree(box.conf.parent / "rules")
    (box.conf.parent / "rules").symlink_to(tmp_path / "elsewhere")
    restored(box.file, box.state, box.conf)
    assert (box.state / "keys/identity").read_text() == "old" and (box.state / "audit.head").is_file()
    assert not (box.conf.parent / "rules").is_symlink() and (box.conf.parent / "rules/mine.conf").read_text() == "# old\n"
    kept, = asides(box.state)
    assert (kept / "keys").read_text() == "a file" and (kept / "audit.head/below/x").read_text() == "deep"
    kept, = asides(box.conf.parent)
    assert (kept / "rules").is_symlink()
    assert (tmp_path / "elsewhere/x.conf").read_text() == "# elsewhere" and os.listdir(tmp_path / "elsewhere") == ["x.conf"]
    with box:
        pass


def test_what_a_wrong_clock_has_named_pushes_out_nothing_that_was_made_now(box):
    for name in ("before-restore-20990101T000000", "before-restore-20980101T000000"):
        (box.state / name).mkdir()
    (box.state / "keys/identity").write_text("now")
    restored(box.file, box.state, box.conf)
    kept = asides(box.state)
    assert [(k / "keys/identity").read_text() for k in kept if (k / "keys").exists()] == ["now"]
    assert [k.name for k in kept if not (k / "keys").exists()] == ["before-restore-20990101T000000"]


def test_a_plan_for_another_configuration_is_not_carried_out_at_a_start(box, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/precious.conf").write_text("x")
    (box.state / "restore.new").mkdir()
    plan = {"aside": "before-restore-1", "state": {"old": [], "new": []},
            "config": {"folder": str(tmp_path / "other"), "old": ["precious.conf"], "new": []}}
    (box.state / "restore.new/ready").write_text(json.dumps(plan))
    box.start(ready=False)
    assert box.process.wait(LIMIT) == 1 and "changes another configuration" in box.log, box.log
    box.process = None
    assert os.listdir(tmp_path / "other") == ["precious.conf"]


def test_a_clock_before_the_backup_is_set_first(box, tmp_path):
    folder = unpacked(box.file, tmp_path / "open")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"made": "2199-01-01T00:00:00.000+08:00"}))
    before = fingerprint(box.directory)
    done = restore(packed(folder, tmp_path / "later"), box.state, box.conf)
    assert done.returncode == 1 and "set the clock first" in done.stderr, done.stderr
    assert fingerprint(box.directory) == before


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of its own in a new folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


@needs_root
def test_a_full_disk_is_said_and_nothing_is_left_behind(box, tmp_path):
    with small_disk(tmp_path / "small", "64k") as small, box:
        (box.state / "keys/large").write_bytes(os.urandom(1 << 20))
        done = box.run_ctl("backup", small / "f")
        assert done.returncode == 1 and "No space left on device" in done.stderr, done.stderr
        assert os.listdir(small) == []
        until(lambda: not (box.state / "backup").exists(), "the copies are removed")


@needs_root
def test_copies_never_take_the_room_of_alarms(box, tmp_path):
    """Some 36 MiB are free and 32 stay free: there is no room for copies of more."""
    with small_disk(tmp_path / "small", "48m") as small:
        shutil.copytree(box.state, small / "state")
        with sqlite3.connect(small / "state/history.db") as history:
            history.execute("CREATE TABLE filler (x BLOB)")
            history.execute("INSERT INTO filler VALUES (zeroblob(12000000))")
        history.close()
        box.state = small / "state"
        with box:
            done = box.run_ctl("backup", tmp_path / "f")
            assert done.returncode == 1 and "stay for alarms" in done.stderr, done.stderr
            assert not (tmp_path / "f").exists() and not (tmp_path / "f.tmp").exists()
            until(lambda: not (box.state / "backup").exists(), "the copies are removed")


def test_interrupted_it_leaves_nothing_behind_and_killed_nothing_that_stays(box, tmp_path):
    with box:
        (box.state / "keys/large").write_bytes(os.urandom(64 << 20))
        for number in (signal.SIGINT, signal.SIGKILL):
            process = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", box.socket, "backup", tmp_path / "f"],
                                       stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            until(lambda: (tmp_path / "f.tmp").exists(), "it writes")
            process.send_signal(number)
            said = process.communicate(timeout=LIMIT)[1]
            assert process.returncode != 0 and not (tmp_path / "f").exists()
            if number == signal.SIGINT:
                assert "interrupted" in said and not (tmp_path / "f.tmp").exists()
                until(lambda: not (box.state / "backup").exists(), "the copies are removed")
        assert (box.state / "backup").exists()
        assert "under way" in box.run_ctl("backup", tmp_path / "f").stderr
        box.kill()
        box.start()
        assert not (box.state / "backup").exists()
        box.ctl("backup", tmp_path / "f")


# ---- cut off ----

STEPS = {"rename": 1, "renameat": 1, "mkdir": 1, "mkdirat": 1, "syncfs": 1, "fsync": 1, "fdatasync": 3, "unlink": 3, "unlinkat": 3}  # every so many-th is one


TRACED = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")  # that would trace too


def which(box):
    """"old" or "new", of every part that a restore replaces; read as the daemon found it."""
    with sqlite3.connect(f"file:{box.state}/history.db?mode=ro", uri=True) as db:
        history = "new" if db.execute("SELECT count(*) FROM meta WHERE name = 'new'").fetchone()[0] else "old"
    db.close()
    with sqlite3.connect(f"file:{box.state}/state.db?mode=ro", uri=True) as db:
        state = "new" if db.execute("SELECT count(*) FROM transition WHERE alarm = 'sos/sos-1'").fetchone()[0] > 1 else "old"
        record = db.execute("SELECT count(*) FROM audit WHERE record LIKE '%\"what\":\"restored\"%'").fetchone()[0]
    db.close()
    parts = {"history": history, "state": state, "record": "old" if record else "new", "keys": (box.state / "keys/identity").read_text(),
             "rules": (box.conf.parent / "rules/mine.conf").read_text()[2:5],
             "conf": "old" if 'name = "old"' in box.conf.read_text() else "new"}
    assert len(set(parts.values())) == 1, parts
    return parts["state"]


def kept_of(box):
    """What is in force: neither what is unpacked nor where something will go."""
    seen = fingerprint(box.state, box.conf.parent / "rules", box.conf.parent / "conf.d")
    return {k.removeprefix(str(box.directory)): v for k, v in seen.items() if "/restore.new/" not in k} | {"conf": box.conf.read_text()}


def test_killed_between_any_two_steps_there_is_what_was_or_what_is_restored(made, tmp_path):
    need_tracing()
    template = tmp_path / "template"
    shutil.copytree(made.directory, template, ignore=shutil.ignore_patterns("run", "*.log"))
    unpacked(made.file, template / "state/restore.new")
    outcomes, counts = {"old": 0, "new": 0}, {}
    for call in STEPS:
        n, killed = 1, True
        while killed:
            shutil.rmtree(tmp_path / "own", ignore_errors=True)
            box = box_in(tmp_path / "own", "")
            shutil.rmtree(box.directory)
            shutil.copytree(template, box.directory)
            before = kept_of(box)
            done = subprocess.run(["strace", "-f", "-q", "-o", "/dev/null", "-e", f"trace={call}",
                                   "-e", f"inject={call}:signal=KILL:when={n}", PREFIX / "sbin/estated", "--restore", "--state-dir",
                                   box.state, "-c", box.conf], capture_output=True, timeout=60, env=TRACED)
            killed = done.returncode == -signal.SIGKILL
            assert killed or done.returncode == 0, done.stderr
            if killed and n > 2 and not (box.state / "restore.new/ready").exists() and not asides(box.state):
                assert kept_of(box) == before  # nothing is promised: nothing has changed
                outcomes["new"] += 1
            elif killed:
                with box:
                    pass
                outcomes[which(box)] += 1
                assert not (box.state / "restore.new").exists() and not (box.conf.parent / ".restore-new").exists()
            counts[call] = n
            n += STEPS[call] if SLOW == 1 else 4  # a sanitizer takes its time
    # Both happen, and what was killed late was carried through.
    print(f"killed before {counts}: {outcomes}")
    assert min(outcomes.values()) > (5 if SLOW == 1 else 1), outcomes


def test_killed_while_it_unpacks_nothing_has_changed(box, tmp_path):
    need_tracing()
    before = fingerprint(box.directory)
    for n in (1, 3, 6):
        done = restore(box.file, box.state, box.conf, wrapper=["strace", "-q", "-o", "/dev/null", "-e", "trace=fsync",
                                                                "-e", f"inject=fsync:signal=KILL:when={n}"])
        assert done.returncode != 0
        shutil.rmtree(box.state / "restore.new")
        assert fingerprint(box.directory) == before
    subprocess.run(["mkdir", "-p", box.state / "restore.new/state"], check=True)
    with box:
        assert "restore was cut off before anything was changed" in box.log
        assert not (box.state / "restore.new").exists()


def test_a_disk_that_fails_amid_the_moves_leaves_a_box_that_starts_whole(box):
    need_tracing()
    unpacked(box.file, box.state / "restore.new")
    done = subprocess.run(["strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=renameat", "-e", "inject=renameat:error=EROFS:when=1+",
                           PREFIX / "sbin/estated", "--restore", "--state-dir", box.state, "-c", box.conf], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 1 and "cannot be put in place" in done.stderr, done.stderr
    with box:
        pass
    assert which(box) == "new" and not (box.state / "restore.new").exists()
    assert not asides(box.state) and not asides(box.conf.parent)


# ---- another user's ----

AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.fixture
def of_nobody(made):
    """A box whose estated is not root, and may not write its configuration: as it is installed."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="backup-"))  # pytest's own are closed to others
    directory.chmod(0o755)
    shutil.copytree(made.directory, directory, ignore=shutil.ignore_patterns("run", "*.log"), dirs_exist_ok=True)
    text = (directory / "estated.conf").read_text()
    estate = Estate(directory, text, wrapper=AS_NOBODY)
    (directory / "run").mkdir()
    for path in (estate.state, *estate.state.rglob("*"), directory / "run"):
        os.chown(path, 65534, 65534)
    yield estate
    if estate.process:
        estate.stop()
    shutil.rmtree(directory)


@needs_root
def test_what_root_restores_belongs_to_whom_it_belonged(made, of_nobody):
    estate = of_nobody
    restored(made.file, estate.state, estate.conf)
    strangers = [p for p in estate.state.rglob("*") if p.stat().st_uid != 65534 and p.name != "lock"]
    assert not strangers, strangers
    assert estate.conf.stat().st_uid == 0 and {p.stat().st_uid for p in asides(estate.state)} == {65534}
    with estate:
        assert estate.alarm("sos/sos-1")["state"] == "rtn_unacked" or estate.alarm("sos/sos-1")["state"] == "unacked"
        estate.ctl("backup", estate.directory / "again")
    assert which(estate) == "old"


@needs_root
@pytest.mark.parametrize("cut", ["before the first move", "amid the configuration", "behind it"])
def test_estated_ends_what_root_began_where_it_may(made, of_nobody, cut):
    """Beside its configuration it may write nothing: before the first move it takes all back, behind the last one it goes on, and
    between them it does not start with half of it."""
    need_tracing()
    estate = of_nobody
    unpacked(made.file, estate.state / "restore.new")
    for path in (estate.state / "restore.new", *(estate.state / "restore.new").rglob("*")):
        os.chown(path, 65534, 65534)
    command = [PREFIX / "sbin/estated", "--restore", "--state-dir", estate.state, "-c", estate.conf]
    n = {"before the first move": 1, "amid the configuration": 3, "behind it": 6}[cut]
    subprocess.run(["strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=renameat", "-e", f"inject=renameat:signal=KILL:when={n}", *command],
                   capture_output=True, timeout=60)
    assert (estate.state / "restore.new/ready").exists()
    if cut == "amid the configuration":
        estate.start(ready=False)
        assert estate.process.wait(LIMIT) == 1 and "as root run 'estated --restore'" in estate.log, estate.log
        estate.process = None
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "has been ended" in done.stdout, done.stderr
    with estate:
        assert not (estate.state / "restore.new").exists()
    assert which(estate) == ("new" if cut == "before the first move" else "old"), estate.log


@needs_root
def test_root_takes_no_plan_of_another_user_for_other_files(made, of_nobody, tmp_path):
    (tmp_path / "precious").write_text("x")
    (of_nobody.state / "restore.new").mkdir()
    for folder, name in ((tmp_path, "precious"), (of_nobody.conf.parent, "../precious")):
        plan = {"aside": "before-restore-1", "state": {"old": [], "new": []},
                "config": {"folder": str(folder), "old": [name], "new": []}}
        (of_nobody.state / "restore.new/ready").write_text(json.dumps(plan))
        done = restore(made.file, of_nobody.state, of_nobody.conf)
        assert done.returncode == 1 and "is none of ours" in done.stderr, done.stderr
    assert os.listdir(tmp_path) == ["precious"]


@needs_root
def test_links_that_the_owner_of_the_state_plants_lead_root_nowhere(made, of_nobody, tmp_path):
    """What was unpacked is his: a file of root's that he may not read does not come into the configuration by it."""
    estate = of_nobody
    secret = tmp_path / "secret"
    secret.write_text("root's own")
    secret.chmod(0o600)
    unpacked(made.file, estate.state / "restore.new")
    (estate.state / "restore.new/config/rules/mine.conf").unlink()
    (estate.state / "restore.new/config/rules/mine.conf").symlink_to(secret)
    for path in (estate.state / "restore.new", *(estate.state / "restore.new").rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    subprocess.run([PREFIX / "sbin/estated", "--restore", "--state-dir", estate.state, "-c", estate.conf], capture_output=True, timeout=60)
    assert "root's own" not in "".join(p.read_text(errors="replace") for p in estate.conf.parent.rglob("*.conf") if p.is_file())


@needs_root
def test_nothing_is_unpacked_through_a_folder_that_is_a_link(made, of_nobody, tmp_path):
    """Somebody who may write there swaps folders for links all the while that root unpacks."""
    estate, target = of_nobody, tmp_path / "target"
    target.mkdir()
    swap = """
import os, sys
folder, target = sys.argv[1:]
while True:
    for name in ("config", "state", "config/rules", "state/keys"):
        try:
            os.symlink(target, f"{folder}/{name}")
        except OSError:
            pass
"""
    swapper = subprocess.Popen([*AS_NOBODY, "/usr/bin/python3", "-c", swap, estate.state / "restore.new", target])
    try:
        for _ in range(5):
            restore(made.file, estate.state, estate.conf)
    finally:
        swapper.kill()
        swapper.wait()
    assert os.listdir(target) == []


def test_the_file_in_work_is_nobody_elses(box, tmp_path):
    """One that stands there under its name is not written into: who made it could read it."""
    theirs = os.open(tmp_path / "f.tmp", os.O_RDWR | os.O_CREAT, 0o666)
    with box:
        box.ctl("backup", tmp_path / "f")
    assert os.fstat(theirs).st_size == 0 and not (tmp_path / "f.tmp").exists()
    os.close(theirs)
    assert oct((tmp_path / "f").stat().st_mode & 0o7777) == "0o600"


# ---- a disk that has lost some of it ----

def test_a_bad_page_does_not_cost_the_backup(box, tmp_path):
    """It is made of what is whole, says so in its status, its words and its list, and can be restored."""
    with sqlite3.connect(box.state / "history.db") as history:
        size = history.execute("PRAGMA page_size").fetchone()[0]
        history.execute("INSERT INTO class VALUES (99, 'x', 0)")
        history.executemany("INSERT INTO stamps VALUES (99, ?, 1, zeroblob(4000))", [(i,) for i in range(400)])
    history.close()
    with box:
        with open(box.state / "history.db", "r+b") as f:
            f.seek(box.state.joinpath("history.db").stat().st_size // 2 // size * size)
            f.write(bytes(size))
        done = box.run_ctl("backup", tmp_path / "f")
        assert done.returncode == 1 and "history.db is damaged" in done.stderr and "restart estated" in done.stderr, done.stderr
    manifest = json.loads((unpacked(tmp_path / "f", tmp_path / "open") / "manifest.json").read_text())
    assert "history.db is damaged" in manifest["damaged"]
    with sqlite3.connect(tmp_path / "open/state/history.db") as history:
        assert 300 < history.execute("SELECT count(*) FROM stamps WHERE class = 99").fetchone()[0] < 400
    history.close()
    said = restore(tmp_path / "f", box.state, box.conf)
    assert said.returncode == 0 and "only what was whole" in said.stderr
    with box:
        pass


def test_one_backup_right_after_the_other_finds_nothing_under_way(box, tmp_path):
    with box:
        for n in range(10):
            box.ctl("backup", tmp_path / f"{n}.backup")
            assert not (box.state / "backup").exists(), "its copies are gone when it says that it is done"


def test_a_configuration_that_was_moved_away_is_said_and_found_again(box, tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    box.conf = pathlib.Path(shutil.copy(box.conf, etc / "estated.conf"))
    with box:
        etc.rename(tmp_path / "away")
        done = box.run_ctl("backup", tmp_path / "f")
        assert done.returncode == 1 and "the folder of the configuration" in done.stderr, done.stderr
        (tmp_path / "away").rename(etc)
        box.ctl("backup", tmp_path / "f")
    assert "config/estated.conf" in members(tmp_path / "f")


# ---- beside the alarms ----

def test_alarms_are_as_quick_while_a_backup_is_made(tmp_path):
    """A history of 64 MB: the copies take seconds, and alarms are stored all the while."""
    file, slowest, count = tmp_path / "f", 0.0, 0
    with Puppet() as source:
        estate = box_in(tmp_path / "box", configuration(source))
        with estate:
            source.life().ready("source")
        with sqlite3.connect(estate.state / "history.db") as history:
            history.execute("CREATE TABLE filler (x BLOB)")
            for _ in range(64):
                history.execute("INSERT INTO filler VALUES (randomblob(1000000))")
        history.close()
        with estate:
            life = source.life().ready("source")
            press(life, 0)
            process = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", estate.socket, "backup", file], stdin=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            while process.poll() is None:
                count += 1
                began = time.monotonic()
                press(life, count)
                slowest = max(slowest, time.monotonic() - began)
            assert process.returncode == 0 and count > 20
            assert "took" not in estate.log, "no turn of the loop was slow"
    print(f"{count} alarms stored during the backup, the slowest in {slowest * 1000:.0f} ms")
    assert slowest < LIMIT / 4

"""A reload that awaits confirmation: whatever ends the daemon, it is neither confirmed by that nor forgotten."""

import json
import os
import signal
import subprocess
import time

import pytest

from estate import PREFIX, Estate, until
from test_reload import reload, request

OLD = '''
estate: { id = "t"; name = "测试"; timezone = "Asia/Shanghai"; };
places: ( { id = "b1"; name = "1栋"; } );
classes: ( { id = "probe"; points: ( { name = "x"; type = "number"; } ); } );
devices: ( { id = "old"; place = "b1/x"; class = "probe"; } );
'''
NEW = OLD.replace('id = "old"', 'id = "new"')
NEWER = OLD.replace('id = "old"', 'id = "newer"')


def device(estate):
    """The only device of the configuration in force."""
    return [d["device"] for d in estate.json("devices")]


def config(estate):
    return estate.json("status")["config"]


def record(estate):
    path = estate.state / "config" / "record"
    return json.loads(path.read_text()) if path.exists() else None


def write_record(estate, **changes):
    path = estate.state / "config" / "record"
    path.write_text(json.dumps(dict(record(estate), **changes)))


def held_alarm(estate):
    return next((a for a in estate.json("alarms", "--all") if a["alarm"] == "supervision/configuration"), None)


def says_what_is_in_force(estate):
    """Everything that a technician may look at."""
    assert config(estate)["state"] == "held"
    assert "config reload" in estate.ctl("status")
    done = estate.run_ctl("config", "diff")
    assert done.returncode == 0 and "config reload" in done.stderr, done.stderr
    assert held_alarm(estate)["state"] == "unacked"


@pytest.fixture
def estate(tmp_path):
    with Estate(tmp_path, OLD) as e:
        yield e


def test_a_kill_while_a_reload_awaits_confirmation_does_not_confirm_it(estate):
    assert reload(estate, NEW, confirm_within="10m")[0] == 200
    estate.kill()
    estate.start()
    assert device(estate) == ["new"]
    assert config(estate)["state"] == "trial" and 0 < config(estate)["confirm_left_s"] <= 600
    assert "config confirm" in estate.ctl("status")
    estate.ctl("config", "confirm")
    assert config(estate)["state"] == "files" and record(estate) is None
    estate.kill()
    estate.start()
    assert device(estate) == ["new"] and config(estate)["state"] == "files"


def test_the_time_to_confirm_goes_on_while_the_daemon_is_down(estate):
    assert reload(estate, NEW, confirm_within="10s")[0] == 200
    estate.kill()
    estate.start()
    estate_left = config(estate)["confirm_left_s"]
    assert estate_left <= 10
    until(lambda: device(estate) == ["old"], "the old one returns", limit=15)
    says_what_is_in_force(estate)


def test_a_second_end_out_of_order_brings_the_old_one_back_at_once(estate):
    assert reload(estate, NEW, confirm_within="10m")[0] == 200
    estate.kill()
    estate.start()
    assert device(estate) == ["new"]
    estate.kill()
    estate.start()
    assert device(estate) == ["old"]
    assert config(estate)["cause"] == "estated ended twice out of order with the new one"
    says_what_is_in_force(estate)


def test_an_orderly_restart_is_no_sign_against_the_new_one(estate):
    assert reload(estate, NEW, confirm_within="10m")[0] == 200
    for _ in range(4):
        assert estate.stop() == 0
        assert record(estate)["in_order"]
        estate.start()
        assert device(estate) == ["new"] and config(estate)["state"] == "trial"


def test_what_returned_stays_over_restarts_until_a_reload_succeeds(estate):
    assert reload(estate, NEW, confirm_within="10s")[0] == 200
    until(lambda: device(estate) == ["old"], "the old one returns", limit=15)
    says_what_is_in_force(estate)
    for end in (estate.kill, estate.stop, estate.kill):
        end()
        estate.start()
        assert device(estate) == ["old"]
        says_what_is_in_force(estate)
    status, _ = reload(estate, NEW.replace("class = ", "clas = "))
    assert status == 422 and device(estate) == ["old"] and config(estate)["state"] == "held"
    assert reload(estate, NEW)[0] == 200
    assert device(estate) == ["new"] and config(estate)["state"] == "files"
    assert held_alarm(estate)["state"] == "rtn_unacked"
    estate.kill()
    estate.start()
    assert device(estate) == ["new"] and config(estate)["state"] == "files"


def test_what_returned_returns_again_from_the_next_try(estate):
    assert reload(estate, NEW, confirm_within="10s")[0] == 200
    until(lambda: device(estate) == ["old"], "the old one returns", limit=15)
    assert reload(estate, NEWER, confirm_within="10m")[0] == 200
    assert device(estate) == ["newer"] and config(estate)["state"] == "trial"
    for _ in range(2):
        estate.kill()
        estate.start()
    assert device(estate) == ["old"]


def test_a_second_try_before_the_first_is_confirmed_returns_to_what_was_confirmed(estate):
    assert reload(estate, NEW, confirm_within="10m")[0] == 200
    assert reload(estate, NEWER, confirm_within="10s")[0] == 200
    estate.kill()
    estate.start()
    assert device(estate) == ["newer"]
    until(lambda: device(estate) == ["old"], "the confirmed one returns", limit=15)


def test_files_that_are_edited_meanwhile_do_not_slip_in_with_a_crash(estate):
    assert reload(estate, NEW, confirm_within="10m")[0] == 200
    estate.conf.write_text("half of a")
    estate.kill()
    estate.start()
    assert device(estate) == ["new"] and config(estate)["state"] == "trial"


def test_files_put_back_by_hand_end_the_matter_with_a_restart(estate):
    assert reload(estate, NEW, confirm_within="10s")[0] == 200
    until(lambda: device(estate) == ["old"], "the old one returns", limit=15)
    estate.conf.write_text(OLD)
    estate.stop()
    estate.start()
    assert config(estate)["state"] == "files" and record(estate) is None
    assert held_alarm(estate)["state"] == "rtn_unacked"


def test_a_reboot_neither_ends_nor_prolongs_the_time_by_more_than_it_took(estate):
    """Another boot: what is left is what was written down last, less what this boot has seen."""
    assert reload(estate, NEW, confirm_within="1d")[0] == 200
    estate.kill()
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME)
    write_record(estate, boot="0" * 32, mono_us=1, left_us=int((uptime + 3600) * 1e6))
    estate.start()
    assert device(estate) == ["new"] and 3500 <= config(estate)["confirm_left_s"] <= 3600
    estate.kill()
    write_record(estate, boot="0" * 32, ends=0, left_us=int(min(uptime, 5) * 1e6))
    estate.start()
    assert device(estate) == ["old"]
    says_what_is_in_force(estate)


def test_a_clock_that_jumps_changes_nothing_about_the_time_to_confirm(tmp_path):
    """Only monotonic time stands in the record: a wall clock of 1970 or of 2100 at the next start plays no part."""
    with Estate(tmp_path, OLD) as estate:
        assert reload(estate, NEW, confirm_within="10m")[0] == 200
        kept = record(estate)
        assert set(kept) == {"state", "cause", "left_us", "mono_us", "boot", "ends", "in_order"}
        boottime_us = time.clock_gettime(time.CLOCK_BOOTTIME) * 1e6
        assert abs(kept["mono_us"] - boottime_us) < 60e6
        for stamp in (0, 4102444800):
            os.utime(estate.state / "config" / "record", (stamp, stamp))
            os.utime(estate.state / "config" / "trial", (stamp, stamp))
            estate.stop()
            estate.start()
            assert config(estate)["state"] == "trial" and 500 < config(estate)["confirm_left_s"] <= 600


@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "empty"])
def test_a_damaged_copy_of_the_new_one_brings_the_old_one_back(estate, damage):
    assert reload(estate, NEW, confirm_within="10m")[0] == 200
    estate.kill()
    path = estate.state / "config" / "trial"
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": data[:-20], "flip": data.replace(b"new", b"nev"), "empty": b""}[damage])
    estate.start()
    assert device(estate) == ["old"] and config(estate)["cause"] == "what was kept of the new one cannot be read"


def test_a_damaged_record_or_copy_of_the_old_one_keeps_nobody_unwatched(estate):
    assert reload(estate, NEW, confirm_within="10m")[0] == 200
    estate.kill()
    (estate.state / "config" / "running").write_bytes(b"rubbish")
    estate.start()
    assert device(estate) == ["new"] and config(estate)["state"] == "files"
    estate.wait_log("what was kept of the one before cannot be read")
    estate.kill()
    (estate.state / "config" / "record").write_bytes(b"{")
    estate.start()
    assert device(estate) == ["new"]


def test_without_a_place_to_keep_the_old_one_nothing_is_tried(estate):
    """A way back that a crash would take away is none."""
    folder = estate.state / "config"
    kept = folder.with_name("config.kept")
    folder.rename(kept)
    folder.write_text("in the way")
    status, answer = reload(estate, NEW, confirm_within="10m")
    assert status == 503 and "stays as it was" in answer["error"]["text"], answer
    assert device(estate) == ["old"]
    folder.unlink()
    kept.rename(folder)
    assert reload(estate, NEW, confirm_within="10m")[0] == 200


def test_a_reload_for_good_says_when_it_cannot_be_kept_and_is_kept_later(estate):
    folder = estate.state / "config"
    kept = folder.with_name("config.kept")
    folder.rename(kept)
    folder.write_text("in the way")
    status, answer = reload(estate, NEW)
    assert status == 200 and any("cannot be written" in p for p in answer["problems"]), answer
    assert device(estate) == ["new"]
    status, answer = reload(estate, NEWER, confirm_within="10m")
    assert status == 503 and "could not be kept" in answer["error"]["text"], answer
    folder.unlink()
    kept.rename(folder)
    until(lambda: b'"new"' in (folder / "running").read_bytes(), "the copy of what is in force", limit=45)
    until(lambda: reload(estate, NEWER, confirm_within="10m")[0] == 200, "a trial is possible again")


def test_files_with_errors_at_start_are_no_reason_to_watch_nothing(estate):
    estate.kill()
    estate.conf.write_text(OLD.replace("class = ", "clas = "))
    estate.start()
    assert device(estate) == ["old"] and config(estate)["cause"] == "the files had errors when estated started"
    says_held = estate.ctl("status")
    assert "config reload" in says_held
    assert held_alarm(estate)["state"] == "unacked"
    estate.conf.write_text(NEW)
    estate.stop()
    estate.start()
    assert device(estate) == ["new"] and config(estate)["state"] == "files"


def test_a_first_start_with_errors_is_refused(tmp_path):
    estate = Estate(tmp_path, OLD.replace("class = ", "clas = ")).start(ready=False)
    assert estate.process.wait(20) == 1
    estate.process = None
    assert "does not start" in estate.log


def test_a_second_daemon_on_the_same_folder_leaves_the_record_alone(estate):
    assert reload(estate, NEW, confirm_within="10m")[0] == 200
    before = record(estate)
    done = subprocess.run([PREFIX / "sbin/estated", "-c", estate.conf, "--state-dir", estate.state, "--runtime-dir",
                           estate.directory / "run2"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "another estated" in done.stderr
    assert record(estate) == before


def test_kills_at_any_moment_of_reloads_leave_one_of_the_two_whole(tmp_path):
    """Whatever was being written: it starts, with the old or the new one, and what returns is the old one."""
    with Estate(tmp_path, OLD) as estate:
        for i in range(12):
            assert device(estate) == ["old"]
            estate.conf.write_text(NEW)
            client = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", estate.socket, "config", "reload",
                                       "--confirm-within", "10m"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(i * 0.004)  # the moment of the kill: anywhere from before the request to after its answer
            estate.kill()
            client.wait()
            estate.start()
            state = config(estate)["state"]
            assert (device(estate), state) in [(["new"], "trial"), (["new"], "files")]
            # Not taken in before the kill: the files count at the next start, as after any edit.
            if state == "trial":
                assert record(estate)["ends"] == 1
                estate.kill()
                estate.start()
                assert device(estate) == ["old"] and config(estate)["state"] == "held"
            assert reload(estate, OLD)[0] == 200
            assert config(estate)["state"] == "files"


def test_a_signal_and_the_command_do_the_same(estate):
    estate.conf.write_text(NEW)
    estate.process.send_signal(signal.SIGHUP)
    until(lambda: device(estate) == ["new"], "the reload by signal")
    assert config(estate)["state"] == "files"
    assert reload(estate, NEWER, confirm_within="10m")[0] == 200
    estate.process.send_signal(signal.SIGHUP)
    until(lambda: config(estate)["state"] == "files", "a reload for good leaves nothing to confirm")
    assert request(estate, "POST", "/v1/config/confirm")[0] == 409
    estate.conf.write_text("wrong")
    estate.process.send_signal(signal.SIGHUP)
    until(lambda: "reload by SIGHUP:" in estate.log and "stays as it was" in estate.log, "the refusal")
    assert device(estate) == ["newer"]

"""exec-notifier: a program of the site, run for each message: what it gets, what its end means, and what it may do wrong."""

import json
import os
import subprocess

import pytest

from estate import until
from notices import answer, is_answered, notify, tell
from plugin_harness import Plugin, program


@pytest.fixture
def script(tmp_path):
    """Writes a program; it may use $DIR."""
    def write(text, name="tell"):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\nDIR='{tmp_path}'\n{text}\n")
        path.chmod(0o755)
        return str(path)
    return write


def plugin(path, **options):
    return Plugin("exec-notifier", {"program": path, **options})


def test_help_and_options_name_all_there_is():
    text = subprocess.run([program("exec-notifier"), "--help"], capture_output=True, text=True, check=True).stdout
    table = json.loads(subprocess.run([program("exec-notifier"), "--options"], capture_output=True, text=True, check=True).stdout)
    assert [o["name"] for o in table] == ["program", "arguments", "timeout", "parallel"] and "--probe" in text


@pytest.mark.parametrize("options,expected", [
    ({}, "option 'program' is missing"), ({"program": "tell"}, "an absolute path"), ({"program": "/no/such"}, "\"/no/such\": No such file"),
    ({"program": "/etc/passwd"}, "Permission denied"), ({"program": "/bin/true", "arguments": "x"}, "a list of texts"),
    ({"program": "/bin/true", "arguments": [1]}, "a list of texts"), ({"program": "/bin/true", "parallel": 99}, "option 'parallel'")])
def test_wrong_options_are_told(options, expected):
    if options.get("program") == "/etc/passwd":
        assert not os.access("/etc/passwd", os.X_OK)
    with Plugin("exec-notifier", options) as p:
        assert expected in p.wait("fault")["text"] and p.wait_exit() == 1


def test_the_message_is_on_its_stdin_and_its_arguments_are_no_shells(script, tmp_path):
    path = script('cat >"$DIR/got"; printf "%s\\n" "$@" >"$DIR/arguments"; env >"$DIR/env"')
    with plugin(path, arguments=["--to", "a b; touch /tmp/x", "$(id)", ""]) as p:
        assert p.wait("ready")["roles"] == ["notifier"]
        p.wait("healthy")
        id = notify(p, "【立即】困人 \"'$(id)\n第二行", to={"phone": "1"}, others=[{"alarm": "a/b"}])
        assert answer(p, id) == ""
    got = (tmp_path / "got").read_text()
    message = json.loads(got)
    assert got.endswith("\n") and got.count("\n") == 1 and message["id"] == id and message["text"] == "【立即】困人 \"'$(id)\n第二行"
    assert message["alarm"]["priority"] == 1 and message["to"] == {"phone": "1"} and message["others"] == [{"alarm": "a/b"}]
    assert (tmp_path / "arguments").read_text() == "--to\na b; touch /tmp/x\n$(id)\n\n"
    env = (tmp_path / "env").read_text()
    for line in ("ESTATE_TEXT=【立即】困人 \"'$(id)\n第二行\n", "ESTATE_ALARM=sos/sos-1204\n", "ESTATE_PRIORITY=1\n", "ESTATE_PLACE=b3/u1/1204\n",
                 "ESTATE_STATE=unacked\n", "ESTATE_CONTACT=desk\n", "ESTATE_CLEAR=\n"):
        assert line in env


@pytest.mark.parametrize("text,expected", [
    ("exit 3", "/tell ends with 3"), ("echo no network >&2; exit 1", "/tell ends with 1: no network"),
    ("echo first; echo; echo last; exit 9", "/tell ends with 9: last"), ("kill -9 $$", "/tell was killed by signal 9"),
    ("printf 'torn'; exit 1", "/tell ends with 1: torn"), ("printf 'a\\033[2Jb\\n'; exit 1", "/tell ends with 1: a [2Jb"),
    ("printf '\\377abcd\\n'; exit 1", "ends with 1: ?abcd")])
def test_an_end_with_another_status_is_a_failure_that_says_why(script, text, expected):
    with plugin(script(text)) as p:
        assert tell(p).endswith(expected)
        assert p.all("fault") == []


def test_what_it_says_is_logged_and_bounded(script):
    path = script('i=0; while [ $i -lt 5000 ]; do echo "line $i of something long enough to fill the pipe many times over"; i=$((i+1)); done')
    with plugin(path) as p:
        assert tell(p) == ""
        p.wait_until(lambda p: any("4990 more lines" in line for line in p.log))
        assert [line for line in p.log if "line 9 of" in line] and not [line for line in p.log if "line 10 of" in line]
        assert all(line.startswith("<6>tell: ") for line in p.log)


def test_one_that_does_not_read_its_input_and_one_that_closes_everything_are_fine(script):
    with plugin(script("exit 0")) as p:
        assert tell(p, "x" * 15000) == ""
    with plugin(script("exec <&- >&- 2>&-; exit 0", "closed")) as p:
        assert tell(p, "x" * 15000) == ""


def test_one_that_hangs_is_ended_with_all_that_it_has_started(script, tmp_path):
    path = script('sleep 1000 & echo $! >"$DIR/pid"; (sleep 2000 & echo $! >"$DIR/pid2"; wait) & echo waiting; wait')
    with plugin(path, timeout="700ms") as p:
        assert tell(p).endswith("is not done within 0 s: waiting")
        pids = [int((tmp_path / name).read_text()) for name in ("pid", "pid2")]
        until(lambda: not any(os.path.exists(f"/proc/{pid}") and "Z" not in open(f"/proc/{pid}/stat").read().split(")")[1] for pid in pids),
              "what it started is gone")


def test_what_it_has_started_is_killed_even_where_it_goes_itself_and_they_do_not(script, tmp_path):
    stubborn = script("trap '' TERM; echo $$ >\"$DIR/pid.new\"; mv \"$DIR/pid.new\" \"$DIR/pid\"; while :; do sleep 0.1; done", "stubborn")
    with plugin(script(f"{stubborn} & wait"), timeout="1500ms") as p:
        assert "is not done within" in tell(p)
        pid = int((tmp_path / "pid").read_text())
        until(lambda: not os.path.exists(f"/proc/{pid}") or "Z" in open(f"/proc/{pid}/stat").read().split(")")[1], "it is gone")


def test_one_that_will_not_go_is_killed(script):
    with plugin(script("trap '' TERM; while :; do sleep 0.1; done"), timeout="300ms") as p:
        assert "is not done within" in tell(p)


def test_priority_1_does_not_wait_for_a_full_house(script, tmp_path):
    path = script('[ "$ESTATE_PRIORITY" = 1 ] && exit 0; echo >>"$DIR/began"; while [ ! -e "$DIR/go" ]; do sleep 0.05; done')
    with plugin(path, parallel=2, timeout="50s") as p:
        low = [notify(p, priority=3) for _ in range(5)]
        until(lambda: (tmp_path / "began").exists() and (tmp_path / "began").read_text() == "\n\n", "two run")
        assert tell(p) == ""
        counters = p.ping()
        assert counters["under_way"] == 2 and counters["waiting"] == 3 and not any(is_answered(p, id) for id in low)
        (tmp_path / "go").touch()
        assert all(answer(p, id) == "" for id in low)
        assert (tmp_path / "began").read_text() == "\n" * 5


def test_the_more_urgent_goes_first(script, tmp_path):
    path = script('echo "$ESTATE_TEXT" >>"$DIR/told"; while [ ! -e "$DIR/go" ]; do sleep 0.05; done')
    with plugin(path, parallel=1, timeout="50s") as p:
        ids = [notify(p, "first", priority=4)]
        until(lambda: (tmp_path / "told").exists(), "the first runs")
        ids += [notify(p, f"{priority}{letter}", priority=priority) for letter in "ab" for priority in (4, 2, 3)]
        p.ping()
        (tmp_path / "go").touch()
        assert all(answer(p, id) == "" for id in ids)
    assert (tmp_path / "told").read_text().split() == ["first", "2a", "2b", "3a", "3b", "4a", "4b"]


def test_a_program_that_goes_is_a_fault_until_it_is_back(script, tmp_path):
    path = script("exit 0")
    with plugin(path) as p:
        p.wait("healthy")
        os.rename(path, path + ".away")
        assert tell(p) == f"{path} cannot be run: No such file or directory"
        assert p.wait("fault")["text"] == f"{path} cannot be run: No such file or directory"
        os.rename(path + ".away", path)
        p.wait("healthy")
        assert tell(p) == ""


def test_a_file_that_is_no_program_is_a_failure(tmp_path):
    path = tmp_path / "tell"
    path.write_bytes(b"\x7fELF not really")
    path.chmod(0o755)
    with plugin(str(path)) as p:
        assert tell(p).endswith("ends with 127")


def test_more_than_it_can_hold_fails_the_least_urgent_with_a_reason(script, tmp_path):
    path = script('[ "$ESTATE_PRIORITY" = 4 ] && while [ ! -e "$DIR/go" ]; do sleep 0.05; done; exit 0')
    with plugin(path, parallel=1, timeout="50s") as p:
        ids = [notify(p, priority=4) for _ in range(258)]
        assert answer(p, ids[-1]) == "256 messages wait already"
        low = notify(p, priority=3)
        assert answer(p, ids[-2]) == "256 messages wait already" and not is_answered(p, low)
        assert tell(p) == ""
        (tmp_path / "go").touch()
        assert answer(p, low) == ""


def test_it_ends_in_time_and_takes_what_runs_with_it(script, tmp_path):
    path = script('echo $$ >"$DIR/pid.new"; mv "$DIR/pid.new" "$DIR/pid"; exec sleep 1000')
    with plugin(path, timeout="50s") as p:
        notify(p)
        until(lambda: (tmp_path / "pid").exists(), "it runs")
        took, code = p.stop()
        assert code == 0 and took < 8 and p.all("notified") == []
        pid = int((tmp_path / "pid").read_text())
        until(lambda: not os.path.exists(f"/proc/{pid}"), "it is gone")


def test_it_dies_with_the_plugin(script, tmp_path):
    path = script('echo $$ >"$DIR/pid.new"; mv "$DIR/pid.new" "$DIR/pid"; exec sleep 1000')
    with plugin(path, timeout="50s") as p:
        notify(p)
        until(lambda: (tmp_path / "pid").exists(), "it runs")
        pid = int((tmp_path / "pid").read_text())
        p.process.kill()
        until(lambda: not os.path.exists(f"/proc/{pid}") or "Z" in open(f"/proc/{pid}/stat").read().split(")")[1], "it is gone")


def test_a_hundred_messages_leave_nothing_behind(script):
    with plugin(script("cat >/dev/null")) as p:
        for _ in range(4):
            ids = [notify(p, priority=1 + n % 4) for n in range(25)]
            assert all(answer(p, id) == "" for id in ids)
        assert p.ping()["told"] == 100
        descriptors = len(os.listdir(f"/proc/{p.process.pid}/fd"))
        assert descriptors < 12 and not open(f"/proc/{p.process.pid}/task/{p.process.pid}/children").read().strip()


def test_probe_runs_nothing(script, tmp_path):
    hello = {"type": "hello", "protocol": 1, "instance": "t", "options": {"program": script('touch "$DIR/ran"')}, "devices": []}
    done = subprocess.run([program("exec-notifier"), "--probe"], input=json.dumps(hello) + "\n", capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["result"] == "reached"
    assert not (tmp_path / "ran").exists()

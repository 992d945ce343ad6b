"""estate-plugin-test: ours and the examples pass, and each broken plugin is turned away for its own reason."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess

import pytest

from access_controller import AccessController
from broker import Broker
from estate import PREFIX
from pace import SLOW
from plugin_harness import program
from receiver import Receiver

TESTER = PREFIX / "bin/estate-plugin-test"
SHIPPED = PREFIX / "share/estated/conformance"
EXAMPLES = PREFIX / "share/estated/examples"
LIMIT = f"{max(10, 15 * SLOW):.0f}s"  # many at a time on few processors
BROKEN = sorted(p.name for p in pathlib.Path(__file__).parents[2].glob("plugins/conformance/broken/*.py") if not p.name.startswith("base"))


def examine(path, *arguments, **environment):
    return subprocess.run([TESTER, *arguments, str(path)], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment})


def passes(path, *arguments, **environment):
    done = examine(path, "--limit", LIMIT, *arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    results = re.findall(r"^(ok|not ok) (\d+) - ", done.stdout, re.M)
    assert f"1..{len(results)}\n" in done.stdout and {r for r, _ in results} == {"ok"}
    return len(results)


def test_a_plugin_in_order_passes_every_trial():
    """The base of the broken ones: what they are turned away for is what they break."""
    assert passes(SHIPPED / "base-right.py") == 14


@pytest.fixture(scope="module")
def verdicts():
    """Of all the broken ones; many at a time, for most of it is waiting."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        done = pool.map(lambda name: examine(SHIPPED / name, "--first", "--limit", LIMIT), BROKEN)
        return dict(zip(BROKEN, done))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_turned_away_for_its_own_reason(verdicts, name):
    done = verdicts[name]
    reasons = set(re.findall(r"^# ([a-z0-9-]+): .", done.stdout, re.M))
    assert done.returncode == 1 and reasons == {name[:-3].replace("_", "-")}, done.stdout + done.stderr


def test_there_are_enough_of_them():
    assert len(BROKEN) >= 20 and {p.name for p in SHIPPED.glob("*.py")} == {*BROKEN, "base.py", "base-right.py"}


def test_ours_pass_with_and_without_what_they_talk_to(tmp_path):
    with Broker(tmp_path) as broker, Receiver() as receiver:
        cases = [("mqtt-source", broker.url), ("mqtt-uplink", broker.url), ("http-uplink", receiver.url),
                 ("mqtt-uplink", "mqtt://127.0.0.1:1"), ("http-uplink", "http://127.0.0.1:1/")]
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            counts = pool.map(lambda case: passes(program(case[0]), "--options", json.dumps({"url": case[1]})), cases)
            assert list(counts) == [11] * len(cases)


def test_those_that_speak_http_pass(tmp_path):
    (tmp_path / "secret").write_text("secret\n")
    secret = str(tmp_path / "secret")
    with Receiver() as receiver, AccessController() as controller:
        cases = [("http-source", {"listen": "127.0.0.1:0", "token_file": secret}),
                 ("http-source", {"dialect": "hikvision", "url": controller.url, "username": "watch", "password_file": secret}),
                 ("http-source", {"dialect": "hikvision", "url": "http://127.0.0.1:1", "username": "watch", "password_file": secret}),
                 ("intercom", {"url": receiver.url}), ("intercom", {"url": "http://127.0.0.1:1/"})]
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            counts = list(pool.map(lambda case: passes(program(case[0]), "--options", json.dumps(case[1])), cases))
            assert min(counts) >= 11


def test_notifiers_pass_with_and_without_what_they_talk_to(tmp_path):
    key = tmp_path / "key"
    key.write_text("693a91f6-key\n")
    with Receiver() as receiver:
        cases = [("webhook-notifier", {"dialect": "wecom", "url": "http://127.0.0.1:1/send", "hook_file": str(key)}),
                 ("webhook-notifier", {"dialect": "json", "url": receiver.url}), ("webhook-notifier", {"dialect": "feishu"}),
                 ("mail-notifier", {"url": "smtp://127.0.0.1:1", "from": "estate@demo.example"}),
                 ("exec-notifier", {"program": "/bin/true"}), ("exec-notifier", {"program": "/bin/false", "arguments": ["x"]})]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            counts = pool.map(lambda case: passes(program(case[0]), "--options", json.dumps(case[1])), cases)
            assert list(counts) == [11] * len(cases)


def test_the_examples_pass(tmp_path):
    values = tmp_path / "values.json"
    values.write_text('{"1": {"temperature": 21.5}, "new": {"temperature": 3}}')
    options = json.dumps({"path": str(values), "interval": 1})
    assert passes(EXAMPLES / "file_source.py", "--options", options) == 11
    assert passes(EXAMPLES / "file_notifier.sh", BOARD_FOLDER=str(tmp_path)) == 11
    assert (tmp_path / "board.txt").read_text() == "estate-plugin-test\n"


@pytest.mark.parametrize("arguments", [[], ["/no/such/program"], ["--options", "[]", "/bin/cat"], ["--options", "{", "/bin/cat"],
                                       ["--limit", "1", "/bin/cat"], ["--no", "/bin/cat"], ["a", "b"]])
def test_a_mistake_in_the_command_is_told(arguments):
    done = subprocess.run([TESTER, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stderr and not done.stdout


def test_help_and_version():
    assert "--devices JSON" in subprocess.run([TESTER, "--help"], capture_output=True, text=True, check=True).stdout
    assert subprocess.run([TESTER, "--version"], capture_output=True, text=True, check=True).stdout.startswith("estate-plugin-test ")

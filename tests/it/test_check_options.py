"""The options of a plugin are checked with the configuration, by what the program itself says of them (--options)."""

import json
import re
import subprocess

import pytest

from estate import PREFIX

PROGRAMS = PREFIX / "libexec/estated/plugins"
HEAD = 'estate: { id = "e"; };\nplugins: (\n'


def run(*words):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


@pytest.fixture
def check(tmp_path):
    def checked(program, options):
        conf = tmp_path / "estated.conf"
        conf.write_text(f'{HEAD} {{ id = "x"; program = "{program}"; options: {{\n{options}\n}}; }} );\n')
        done = run(PREFIX / "sbin/estated", "--check", "-c", conf)
        assert done.returncode == (1 if ": error: " in done.stderr else 0)
        return [(int(m[1]), m[2], m[3]) for m in re.finditer(r"estated\.conf:(\d+): (error|warning): (.*)$", done.stderr, re.M)]
    return checked


@pytest.mark.parametrize("program", ["mqtt-source", "mqtt-uplink", "http-uplink", "http-source", "intercom", "webhook-notifier", "mail-notifier"])
def test_the_installed_table_is_the_programs_own_and_complete(program):
    told = run(PROGRAMS / program, "--options").stdout
    assert json.loads(told) == json.loads((PREFIX / f"share/estated/plugins/{program}.json").read_text())
    names = {o["name"] for o in json.loads(told)}
    rows = run(PROGRAMS / program, "--help").stdout.split("option ", 1)[1].split("\n\n")[0].splitlines()[1:]
    assert names == {row.split()[0] for row in rows} and "url" in names


def test_right_options_are_right(check):
    assert check("mqtt-uplink", 'url = "mqtt://127.0.0.1:1"; ack = "application"; keepalive = "20s";') == []
    assert check("mqtt-uplink", 'url = "mqtts://h"; version = "5"; lanes = ( "alarm" ); kinds = [ "alarm", "gap" ];') == []
    assert check("http-uplink", 'url = "https://h/p"; hmac_credential = "x"; batch = 10; lanes = "alarm";') == []
    assert check("webhook-notifier", 'dialect = "feishu"; hook_credential = "x"; secret_credential = "y"; limit = 5; prefix = "示范";') == []
    assert check("mail-notifier", 'url = "smtps://mail.example"; from = "a@b.c"; username = "u"; password_credential = "p";') == []
    assert check("exec-notifier", 'program = "/bin/true"; arguments = ( "--yard", "a b" ); parallel = 2; timeout = "30s";') == []


@pytest.mark.parametrize("options,said", [('lanes = ( "alarm", "x" );', 'lanes = '), ("lanes = 5;", "lanes = 5"), ("batch = 0;", "batch = 0: expected 1..1000"),
                                          ('batch = "5";', "expected 1..1000, without quotes")])
def test_what_a_program_would_refuse_is_an_error_of_the_check(check, options, said):
    [(line, kind, text)] = check("http-uplink", f'url = "https://h/p";\n{options}')
    assert (line, kind) == (5, "error") and said in text


@pytest.mark.parametrize("value", ["5", '"--yard"', "{ }", '( "a", 5 )'])
def test_a_list_of_texts_is_one(check, value):
    [(line, kind, text)] = check("exec-notifier", f'program = "/bin/true";\narguments = {value};')
    assert (line, kind) == (5, "error") and "arguments" in text and "expected a list of texts in quotes" in text


def test_each_wrong_option_is_told_at_its_line(check):
    said = check("mqtt-uplink", '\n'.join([
        'url = 7;', 'ack = "brokr";', 'keepalive = 30;', 'topic_prefx = "a";', 'username = { };', 'ack_timeout = "soon";']))
    assert [s[:2] for s in said] == [(n, "error") for n in range(4, 10)]
    for (_, _, text), part in zip(said, ["url = 7: expected a text in quotes", 'ack = "brokr": expected broker or application',
                                         "keepalive = 30: expected a duration", "did you mean 'topic_prefix'?",
                                         "username = { … }: expected a text", 'ack_timeout = "soon": expected a duration']):
        assert text.startswith("plugin 'x': options: ") and part in text


def test_what_the_program_needs_or_does_not_know_is_a_warning(check):
    said = check("mqtt-source", 'weather = "fine";')
    assert sorted((line, kind) for line, kind, _ in said) == [(3, "warning"), (4, "warning")]
    assert any("url: missing" in text for _, _, text in said) and any("'weather'" in text and "dialect" in text for _, _, text in said)


def test_nothing_is_said_of_a_program_that_told_nothing(tmp_path):
    conf = tmp_path / "estated.conf"
    conf.write_text(HEAD + ' { id = "x"; program = "/bin/true"; options: { url = 7; }; } );\n')
    done = run(PREFIX / "sbin/estated", "--check", "-c", conf)
    assert (done.returncode, done.stderr) == (0, "")

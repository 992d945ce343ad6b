"""What explains estated to people: man pages, completion, the table of configuration keys, the Chinese of estatectl."""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import unicodedata

import pytest
import yaml

from estate import PREFIX, Estate
from slave import Slave

TOP = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["man8/estated.8", "man8/estated-web.8", "man1/estatectl.1", "man5/estated.conf.5", "man7/estated-plugin.7", "man1/estate-sim.1",
         "man1/estate-plugin-test.1"]
COMPLETION = PREFIX / "share/bash-completion/completions/estatectl"
CATALOG = PREFIX / "share/locale/zh_CN/LC_MESSAGES/estated.mo"
NO_SOCKET = "/nowhere/api.sock"
CONFIGURATION = """
estate: {{ id = "test"; name = "测试小区"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "300ms"; }} );
profiles: ( {{ id = "my-tank"; class = "tank"; points: (
    {{ name = "level"; at = "holding:10"; scale = 0.1; period = "200ms"; }} ); }} );
devices: ( {{ id = "tank-1"; name = "生活水箱"; place = "b1/cellar"; bus = "gw"; unit = 5; profile = "my-tank"; }},
           {{ id = "tank-2"; name = "消防水箱"; place = "b1/roof"; bus = "gw"; unit = 5; profile = "my-tank"; }} );
"""


def run(*words, **variables):
    """An installed program, in the locale C unless told otherwise."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k not in ("LANG", "LANGUAGE")}
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                          env={**environment, **variables})


def ctl(*words, **variables):
    return run(PREFIX / "bin/estatectl", *words, **variables)


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    """Two tanks that are too full, so that there are alarms."""
    with Slave({5: [950] * 100}) as slave:
        with Estate(tmp_path_factory.mktemp("docs"), CONFIGURATION.format(port=slave.port)) as e:
            e.ctl("wait", "alarm", "tank-high/tank-1")
            e.ctl("wait", "alarm", "tank-high/tank-2")
            yield e


# ---- the API ----

def test_the_api_s_description_has_every_route_and_no_other():
    table = (TOP / "daemon/api/routes.c").read_text()
    routes = {(method.lower(), path) for method, path in re.findall(r'\{ EVHTTP_REQ_(\w+), +"([^"]+)"', table)}
    assert len(routes) > 15
    described = yaml.safe_load((TOP / "daemon/api/openapi.yaml").read_text())
    # An alarm's name has a slash: there a path of two parameters. So may what is in test: a place.
    paths = {"{rule}/{asset}": "{alarm+}", "{subject}": "{subject+}", "homes/{place}": "homes/{place+}"}
    assert routes == {(method, next((path.replace(a, b) for a, b in paths.items() if a in path), path)) for path, methods in described["paths"].items()
                      for method in methods.keys() - {"parameters"}}


def references(node):
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        node = list(node.values())
    if isinstance(node, list):
        for n in node:
            yield from references(n)


def test_what_the_api_s_description_refers_to_is_there():
    described = yaml.safe_load((TOP / "daemon/api/openapi.yaml").read_text())
    for reference in set(references(described)):
        node = described
        for word in reference.removeprefix("#/").split("/"):
            assert word in node, reference
            node = node[word]


# ---- config keys ----

def keys():
    return json.loads(run(PREFIX / "sbin/estated", "--keys").stdout)


def test_config_keys_are_those_of_the_daemon_which_need_not_run():
    said = ctl("--socket", NO_SOCKET, "-f", "json", "config", "keys")
    assert said.returncode == 0 and said.stderr == ""
    assert json.loads(said.stdout) == keys()
    rows = list(csv.DictReader(io.StringIO(ctl("config", "keys", "-f", "csv").stdout)))
    assert [(r["group"], r["key"]) for r in rows] == [(k["group"], k["key"]) for k in keys()]
    table = ctl("config", "keys").stdout.splitlines()
    assert table[0].split() == ["KEY", "TYPE", "RANGE", "DEFAULT", "RELOAD", "HELP"] and len(table) == len(rows) + 1


def test_a_group_or_one_key_is_told_alone():
    buses = json.loads(ctl("config", "keys", "buses", "-f", "json").stdout)
    assert {k["group"] for k in buses} == {"buses"} and "baud" in {k["key"] for k in buses}
    assert {k["group"] for k in json.loads(ctl("config", "keys", "profiles", "-f", "json").stdout)} == \
        {"profiles", "profiles.points", "profiles.points.repeat"}
    one = dict(line.split(None, 1) for line in ctl("config", "keys", "buses.baud").stdout.splitlines())
    assert one["key"] == "buses.baud" and one["range"] == "1200..115200 Bd" and one["default"] == "9600"
    wrong = ctl("config", "keys", "device")
    assert wrong.returncode == 1 and wrong.stdout == "" and "did you mean 'devices'?" in wrong.stderr


def test_every_default_that_is_told_is_taken(tmp_path):
    """The keys of a bus with their told defaults are a configuration without an error."""
    told = {k["key"]: k["default"] for k in keys() if k["group"] == "buses" and k["default"]}
    assert set(told) >= {"baud", "parity", "timeout"}
    lines = [f"{k} = {v};" if re.fullmatch(r"\d+|true|false", v) else f'{k} = "{v}";' for k, v in told.items()]
    conf = tmp_path / "estated.conf"
    conf.write_text('estate: { id = "t"; };\nbuses: ( { id = "l"; type = "rtu"; port = "/dev/ttyS0"; %s } );\n'
                    % " ".join(lines))
    checked = run(PREFIX / "sbin/estated", "--check", "-c", conf)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_shipped_configuration_teaches_nothing_wrong(tmp_path):
    """As it is, and with all its examples taken out of their comments."""
    shipped = (TOP / "conf/estated.conf").read_text()
    taught = re.sub(r"^\t# ", "\t", shipped, flags=re.M)
    assert taught.count("{ id =") > shipped.count("\n\t{ id =") + 10
    devices, programs = taught.count('place = "'), taught.count("program = ")
    assert devices > 5 and programs > 5
    for text, points in ((shipped, "0 points of 0 devices"), (taught, f"points of {devices} devices on 4 buses and {programs} plugins")):
        conf = tmp_path / "estated.conf"
        conf.write_text(text)
        checked = run(PREFIX / "sbin/estated", "--check", "-c", conf)
        assert checked.returncode == 0 and checked.stderr == "" and points in checked.stdout, checked.stdout + checked.stderr
        assert "0 warnings" in checked.stdout


def test_every_figure_of_the_rules_about_people_is_explained():
    source = (TOP / "daemon/care/settings.c").read_text()
    figures = re.findall(r'\[SETTINGS_\w+\] = \{ CONCERN_(\w+), "(\w+)"', source)
    assert len(figures) > 40
    table = (TOP / "conf/rules/README.md").read_text().split("## People at home")[1]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|.*\| ([^|]+) \|$", table, re.M))
    told = {(rule, name) for rule, cell in rows.items() for name in re.findall(r"`(\w+)`", cell)}
    assert told == {({"VISIT": "visit-overdue"}.get(rule, rule.lower().replace("_", "-")), name) for rule, name in figures}


# ---- man pages ----

@pytest.mark.parametrize("page", PAGES)
def test_a_man_page_renders_without_a_warning(page):
    path = PREFIX / "share/man" / page
    text = path.read_text()
    assert text.isascii() and not re.search(r"@[a-z]+@$", text, re.M)
    width = 80 if len(str(PREFIX)) < 32 else 240  # the prefix of the build stands in it, and is never broken
    for device in ("utf8", "ascii"):
        shown = run("groff", "-man", "-ww", f"-rLL={width}n", f"-T{device}", path, LC_ALL="C")
        assert shown.returncode == 0 and shown.stderr == ""
        assert shown.stdout.count("\n") > 40
    if shutil.which("man"):
        shown = run("man", "--warnings", "-l", path, LC_ALL="C", MANWIDTH=str(width), MANPAGER="cat", PAGER="cat")
        assert shown.returncode == 0 and shown.stderr == ""


def plain(page):
    """The words of a page without roff's escapes."""
    text = (PREFIX / "share/man" / page).read_text()
    for escape, character in ((r"\fB", ""), (r"\fI", ""), (r"\fR", ""), (r"\-", "-"), (r"\(aq", "'"), (r"\(dq", '"')):
        text = text.replace(escape, character)
    return text


def test_man_pages_have_what_the_programs_have():
    page = plain("man1/estatectl.1")
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?)(?= [\[A-Z…]|  )", ctl("help").stdout, re.M)
    assert {"status", "ack", "config keys", "wait"} <= set(commands) and "print" not in commands
    for command in commands:
        assert f"\n.TP\n{command}" in page, command
    for option in re.findall(r"--[a-z-]+", ctl("--help").stdout):
        assert option in page, option
    for program, name in (("sbin/estated", "man8/estated.8"), ("sbin/estated-web", "man8/estated-web.8"), ("bin/estate-sim", "man1/estate-sim.1")):
        options = re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", run(PREFIX / program, "--help").stdout, re.M)
        assert len(options) > 5
        for option in options:
            assert re.search(rf"\n\.TP\n.*{option}", plain(name)), option
    page = plain("man5/estated.conf.5")
    for key in keys():
        section = page.split(f"\n.SS {key['group']}\n")[1].split("\n.S")[0]
        assert f"\n.TP\n{key['key']} (" in section, key


# ---- completion ----

def complete(*words, socket=NO_SOCKET):
    """What bash offers for the last word; no package of completions is needed for it."""
    script = """source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _estatectl; printf '%s\\n' "${COMPREPLY[@]}" """
    done = run("bash", "-u", "-c", script, "bash", COMPLETION, PREFIX / "bin/estatectl", *words, ESTATE_SOCKET=str(socket))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.split()


def test_the_shell_knows_the_command():
    assert run("bash", "-c", f"source {COMPLETION}; complete -p estatectl").stdout == "complete -F _estatectl estatectl\n"


def test_commands_and_options_are_completed():
    commands = complete("")
    assert {"status", "alarms", "ack", "config", "help"} <= set(commands) and "print" not in commands
    assert complete("al") == ["alarms"]
    assert {"check", "keys"} <= set(complete("config", ""))
    assert complete("config", "k") == ["keys"]
    assert complete("help", "outb") == ["outbox"] and "keys" in complete("help", "config", "")
    assert complete("help", "outbox", "") == []
    assert "--note" in complete("ack", "x/y", "--") and "--outcome" not in complete("ack", "x/y", "--")
    assert "--outcome" in complete("close", "--") and "--socket" in complete("--")
    assert complete("-f", "") == ["text", "json", "csv"]
    assert complete("--format", "=", "c") == ["csv"] and complete("--format", "=") == ["text", "json", "csv"]
    assert complete("close", "x/y", "--outcome", "d") == ["duplicate"]
    assert complete("ack", "x/y", "--note", "") == []
    assert complete("wait", "n") == ["no-alarm"]
    assert complete("no-such-command", "") == []


def test_files_and_keys_are_completed_without_a_daemon(tmp_path):
    (tmp_path / "my estate.conf").write_text("")
    assert complete("config", "check", f"{tmp_path}/my") == [f"{tmp_path}/my", "estate.conf"]  # one answer with a blank
    assert "buses" in complete("config", "keys", "")
    assert complete("config", "keys", "profiles.points.") == ["profiles.points.repeat"]
    assert complete("points", "") == [] and complete("ack", "") == []


def test_ids_are_those_of_the_running_daemon(estate):
    assert complete("ack", "", socket=estate.socket) == ["tank-high/tank-1", "tank-high/tank-2"]
    assert complete("close", "tank-high/tank-2", socket=estate.socket) == ["tank-high/tank-2"]
    assert complete("devices", "", socket=estate.socket) == ["tank-1", "tank-2"]
    assert complete("show", "tank-2.", socket=estate.socket) == ["tank-2.level"]
    assert complete("-f", "json", "wait", "alarm", "tank", socket=estate.socket) == ["tank-high/tank-1", "tank-high/tank-2"]
    assert "latched" in complete("wait", "alarm", "tank-high/tank-1", "", socket=estate.socket)
    assert complete("--socket", estate.socket, "devices", "tank-1") == ["tank-1"]
    assert complete("devices", "tank-1", "", socket=estate.socket) == []


# ---- languages ----

ZH = {"LANG": "zh_CN.UTF-8"}


def has_chinese(text):
    return any("CJK UNIFIED" in unicodedata.name(c, "") for c in text)


def test_every_message_is_translated_and_its_formats_match(tmp_path):
    template = tmp_path / "estated.pot"
    sources = sorted(p.relative_to(TOP) for room in ("ctl", "doctor") for p in (TOP / "daemon" / room).glob("*.c"))
    made = subprocess.run(["xgettext", "--from-code=UTF-8", "--language=C", "--keyword=_", "--keyword=N_",
                           "--keyword=NC_:1c,2", "--keyword=ngettext:1,2", "-o", template, *sources], cwd=TOP, capture_output=True, text=True)
    assert made.returncode == 0 and template.read_text().count("msgid") > 200, made.stderr
    for command in (["msgfmt", "--check", "-o", "/dev/null", TOP / "po/zh_CN.po"],
                    ["msgcmp", TOP / "po/zh_CN.po", template]):
        done = run(*command)
        assert done.returncode == 0, f"{done.stderr}\n\"make update-po\" in the build folder, then translate (po/README.md)"
    assert "\n#~" not in (TOP / "po/zh_CN.po").read_text(), "a message that is gone; make update-po, then remove it"


@pytest.mark.parametrize("variables", [{"LANG": "zh_CN.UTF-8"}, {"LC_ALL": "zh_CN.UTF-8"}, {"LANG": "zh_CN"},
                                       {"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, {"LANG": "en_US.UTF-8", "LANGUAGE": "zh:en"}])
def test_chinese_needs_no_chinese_locale(variables):
    assert "确认报警" in ctl("help", **variables).stdout


def test_the_whole_help_is_chinese():
    """A line of help in Latin letters only is a message that was not marked."""
    names = re.findall(r"^  ([a-z]+(?: [a-z]+)?)(?= [\[A-Z…]|  )", ctl("help").stdout, re.M)
    for words in [["help"], *(["help", *name.split()] for name in names)]:
        said = ctl(*words, **ZH)
        assert said.returncode == 0 and said.stderr == ""
        for line in filter(None, said.stdout.splitlines()):
            assert has_chinese(line), f"{words}: {line}"


def test_complaints_are_chinese_and_say_what_to_do():
    for words, exit_status in ((["points"], 3), (["pionts"], 2), (["frobnicate"], 2), (["--xx", "points"], 2), (["ack"], 2),
                               (["ack", "x"], 2), (["close", "a/b"], 2), (["points", "--note", "x"], 2), (["config"], 2),
                               (["-f", "xml"], 2), (["wait", "nothing"], 2), (["wait", "--for", "x"], 2), (["-f"], 2),
                               (["config", "keys", "x"], 1), (["a"] * 10, 2)):
        said = ctl("--socket", NO_SOCKET, *words, **ZH)
        assert said.returncode == exit_status and said.stdout == ""
        assert said.stderr.startswith("estatectl: ") and has_chinese(said.stderr), f"{words}: {said.stderr}"


def test_lists_and_the_overview_are_chinese_and_aligned(estate):
    def say(*words):
        said = ctl("--socket", estate.socket, *words, **ZH)
        assert said.returncode == 0 and said.stderr == ""
        return said.stdout.splitlines()

    for name in ("buses", "devices", "points", "alarms", "plugins", "outbox", "status"):
        for line in say(name)[:1]:
            assert has_chinese(line) and not re.search(r"\b[A-Z]{3,}\b", line), line
        assert all(has_chinese(line) for line in say("-v", name)[:3] if line)
    assert any("tank-1.level" in line and "良好" in line for line in say("points"))
    assert any("tank-high/tank-1" in line and "未确认" in line for line in say("alarms"))
    overview = say("status")
    assert overview[0].startswith("测试小区 (test)") and any("在线 1" in line for line in overview)

    def columns(line):
        return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)

    table = say("devices")
    place = [columns(line[:line.index(word)]) for line, word in zip(table, ("位置", "b1/cellar", "b1/roof"))]
    assert place == [place[0]] * 3, "\n".join(table)


def test_what_programs_read_is_in_no_language(estate):
    def say(language, *words):
        return ctl("--socket", estate.socket, *words, **language).stdout

    for name in ("buses", "devices", "points", "plugins", "outbox"):
        for form in ("json", "csv"):
            here, there = (say(language, "-f", form, name) for language in ({"LC_ALL": "C"}, ZH))
            assert re.sub(r"\d", "", here) == re.sub(r"\d", "", there)
    assert json.loads(say(ZH, "-f", "json", "alarms"))[0]["state"] == "unacked"
    assert say(ZH, "-f", "csv", "alarms").splitlines()[0] == say({"LC_ALL": "C"}, "-f", "csv", "alarms").splitlines()[0]
    assert say(ZH, "-f", "json", "config", "keys") == say({"LC_ALL": "C"}, "-f", "json", "config", "keys")


def test_without_a_language_all_is_as_the_code_says_it(estate):
    """The locale C wins over LANGUAGE, and a catalog that is not there is English."""
    for words in (["help"], ["help", "wait"], ["config", "keys"], ["devices", "-v"], ["frobnicate"]):
        plain_words = ctl("--socket", estate.socket, *words)
        assert not has_chinese(re.sub("生活水箱|消防水箱", "", plain_words.stdout + plain_words.stderr))
        for variables in ({"LC_ALL": "C", "LANGUAGE": "zh_CN"}, {"LANG": "en_US.UTF-8"},
                          {"LANG": "zh_CN.UTF-8", "ESTATE_LOCALEDIR": "/nowhere"}):
            other = ctl("--socket", estate.socket, *words, **variables)
            assert (re.sub(r"\d", "", other.stdout), other.stderr) == (re.sub(r"\d", "", plain_words.stdout), plain_words.stderr)

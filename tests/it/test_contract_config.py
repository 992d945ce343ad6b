"""The configuration as the contract says it, checked through `estated --check` only: own files, own mistakes."""

import pathlib
import re
import subprocess

import pytest

from estate import PREFIX, Estate

ESTATE = 'estate: { id = "t"; name = "测试"; timezone = "Asia/Shanghai"; };\n'
PLACES = 'places: ( { id = "b1"; name = "1栋"; }, { id = "b2"; } );\n'
BUS = 'buses: ( { id = "gw"; type = "tcp"; host = "127.0.0.1"; port = 1502; } );\n'
BASE = ESTATE + PLACES + BUS
BASE_LINES = BASE.count("\n")


class Checked:
    def __init__(self, done):
        self.code, self.out = done.returncode, done.stdout + done.stderr
        self.problems = [(pathlib.Path(m[1]).name, int(m[2]), m[3], m[4]) for m in
                         re.finditer(r"^(\S+?):(\d+): (error|warning): (.*)$", self.out, re.M)]
        assert self.code in (0, 1), f"exit {self.code}:\n{self.out}"
        assert (self.code == 1) == bool(re.search(r": error: ", self.out)), f"exit {self.code}:\n{self.out}"

    def errors(self, file=None):
        return [p for p in self.problems if p[2] == "error" and file in (None, p[0])]

    def error_lines(self, file=None):
        return sorted({p[1] for p in self.errors(file)})

    def has(self, line, *texts, severity="error", file="estated.conf"):
        assert any(p[:3] == (file, line, severity) and all(t in p[3] for t in texts) for p in self.problems), \
            f"no {severity} at {file}:{line} with {texts} in\n{self.out}"

    def good(self):
        assert self.code == 0, self.out
        return self


def check(directory, *arguments):
    environment = {"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": "detect_leaks=1"}
    done = subprocess.run([PREFIX / "sbin/estated", "--check", *arguments], capture_output=True, text=True,
                          errors="replace", timeout=60, cwd=directory, env=environment, stdin=subprocess.DEVNULL)
    return Checked(done)


@pytest.fixture
def config(tmp_path):
    """config(text, {name: text}) → what --check says of it."""
    def run(text, files=()):
        (tmp_path / "estated.conf").write_bytes(text if isinstance(text, bytes) else text.encode())
        for name, content in dict(files).items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return check(tmp_path, "-c", tmp_path / "estated.conf")
    return run


def mistakes(config, rows, head=BASE, form="{}"):
    """Each row (text, expected texts …) is one line of a list; all must be reported, each at its own line."""
    lines = [form.format(r[0]) for r in rows]
    checked = config(head + ",\n".join(lines) + ");\n")
    first = head.count("\n") + 1
    for i, (_, *texts) in enumerate(rows):
        checked.has(first + i, *texts)
    return checked


# what is right

def test_a_small_configuration_is_good(config):
    assert config(BASE).good().problems == []


def test_a_bom_is_stripped_and_the_lines_stay_right(config):
    config(b"\xef\xbb\xbf" + BASE.encode()).good()
    checked = config(b"\xef\xbb\xbf" + BASE.encode() + b'devices: (\n { id = "d"; place = "b7/x"; class = "tank"; } );\n')
    checked.has(BASE_LINES + 2, "b7")


def test_windows_line_ends_are_good_and_the_lines_stay_right(config):
    config(BASE.replace("\n", "\r\n")).good()
    text = BASE + '// nothing\n\ndevices: ( { id = "d"; place = "b7/x"; class = "tank"; } );\n'
    config(text.replace("\n", "\r\n")).has(BASE_LINES + 3, "b7")


def test_comments_and_texts_may_hold_anything(config):
    config(BASE + r'''
# a "quote, 4294967297 and a { in a comment
// the same: "  99999999999
/* and "here, over
   two lines 99999999999 */
plugins: ( { id = "m"; program = "mqtt-source";
    options: { url = "mqtt://127.0.0.1:1883"; note = "he said \"4294967297\" /* no comment */ # neither"; }; } );
''').good()


def test_lists_of_conf_d_append(config):
    files = {"conf.d/10-devices.conf": 'devices: ( { id = "d1"; place = "b1/x"; bus = "gw2"; unit = 1; profile = "p"; } );\n',
             "conf.d/20-bus.conf": 'buses: ( { id = "gw2"; type = "tcp"; host = "127.0.0.1"; } );\n'
                                   'profiles: ( { id = "p"; class = "c"; points: ( { name = "a"; at = "holding:1"; } ); } );\n',
             "conf.d/30-rest.conf": 'classes: ( { id = "c"; points: ( { name = "a"; type = "number"; } ); } );\n'
                                    'rules: ( { id = "r"; class = "c"; when = "a > 1"; } );\n',
             "conf.d/ignored.conf.bak": "this is ( no configuration"}
    config(BASE, files).good()


def test_an_error_in_conf_d_names_that_file(config):
    checked = config(BASE, {"conf.d/50-x.conf": '\n\ndevices: ( { id = "d1"; place = "b9/x"; class = "tank"; } );\n'})
    checked.has(3, "b9", file="50-x.conf")
    assert checked.errors("estated.conf") == []


def test_profiles_rules_and_classes_may_stand_in_any_file(config):
    config(BASE + 'devices: ( { id = "d"; place = "b1"; bus = "gw"; unit = 1; profile = "p"; } );\n', {
        "profiles/one.conf": 'rules: ( { id = "r"; class = "c"; when = "a > 1"; } );\n',
        "rules/two.conf": 'classes: ( { id = "c"; points: ( { name = "a"; type = "number"; } ); } );\n',
        "conf.d/three.conf": 'profiles: ( { id = "p"; class = "c"; points: ( { name = "a"; at = "input:0"; } ); } );\n',
    }).good()


def test_without_c_the_configuration_of_the_prefix_is_read(tmp_path):
    conf = PREFIX / "etc/estated/estated.conf"
    before = conf.read_bytes() if conf.exists() else None
    try:
        if before is None:
            checked = check(tmp_path)
            assert checked.code == 1 and str(conf) in checked.out
        conf.parent.mkdir(parents=True, exist_ok=True)
        conf.write_text(BASE + '\nfrobnicate = 3;\n')
        checked = check(tmp_path)
        assert f"{conf}:{BASE_LINES + 2}: error: " in checked.out and "frobnicate" in checked.out
    finally:
        if before is not None:
            conf.write_bytes(before)
        else:
            conf.unlink()


def test_a_shipped_rule_is_changed_by_its_id(config):
    config(BASE + '''rules: ( { id = "lift-out"; for = "90s"; }, { id = "tank-high"; enabled = false; },
        { id = "door-held"; priority = 3; for = "30s"; text: { zh = "门"; }; }, { id = "smoke"; for = "10s"; },
        { id = "fall"; for = "30s"; }, { id = "lift-trapped"; level_for = "90s"; between_for = "45s"; },
        { id = "sos"; text: { zh = "求助"; en = "help"; }; } );\n''').good()


def test_a_shipped_profile_is_replaced_by_its_id(config):
    config(BASE + 'devices: ( { id = "d"; place = "b1"; bus = "gw"; unit = 1; profile = "tank-generic"; } );\n'
           'rules: ( { id = "mine"; device = "d"; when = "sludge > 5"; } );\n', {
               "profiles/mine.conf": 'profiles: ( { id = "tank-generic"; class = "tank"; points: (\n'
                                     '{ name = "sludge"; at = "input:3"; } ); } );\n'}).good()


@pytest.mark.parametrize("place", ["b1", "b1/u1", "b1/u1/1204", "b1/pump-room", "b2/a/b/c"])
def test_only_the_first_segment_of_a_place_is_declared(config, place):
    config(BASE + f'devices: ( {{ id = "d"; place = "{place}"; plugin = "z"; address = "1"; class = "sos"; }} );\n'
           'plugins: ( { id = "z"; program = "mqtt-source"; options: { url = "mqtt://127.0.0.1:1"; }; } );\n').good()


def test_a_device_with_neither_bus_nor_plugin_is_a_warning(config):
    checked = config(BASE + 'devices: ( { id = "lonely"; place = "b1"; class = "tank"; } );\n').good()
    checked.has(BASE_LINES + 1, "lonely", severity="warning")


POINTS = '''profiles: ( { id = "p"; class = "c"; %s points: (
%s
); } );
classes: ( { id = "c"; points: ( { name = "n"; type = "number"; }, { name = "b"; type = "bool"; },
   { name = "t"; type = "text"; } ); } );
devices: ( { id = "d"; place = "b1"; bus = "gw"; unit = 1; profile = "p"; } );
'''
POINTS_FIRST = BASE_LINES + 2


def points(*rows, keys=""):
    return BASE + POINTS % (keys, ",\n".join(rows))


@pytest.mark.parametrize("row", [
    '{ name = "n"; at = "holding:0"; }', '{ name = "n"; at = "holding:65535"; }', '{ name = "n"; at = "input:7"; type = "i16"; }',
    '{ name = "n"; at = "holding:1.0-3"; }', '{ name = "n"; at = "holding:1.hi"; }', '{ name = "n"; at = "holding:1.lo"; }',
    '{ name = "b"; at = "holding:1.15"; }', '{ name = "b"; at = "coil:65535"; invert = true; }', '{ name = "b"; at = "discrete:0"; }',
    '{ name = "n"; at = "holding:65534"; type = "u32"; order = "cdab"; }', '{ name = "n"; at = "holding:8"; type = "f32"; order = "dcba"; }',
    '{ name = "t"; at = "holding:1"; values = ( (0, "normal"), (1, "fire") ); }',
    '{ name = "t"; at = "holding:1.0-1"; values = ( (0, "normal"), (3, "off") ); }',
    '{ name = "n"; at = "holding:3"; type = "u32"; order = "abcd"; period = "60s"; }',
    '{ name = "n"; at = "input:10"; type = "i16"; scale = 0.1; deadband = 0.5; max_age = "30s"; }',
    '{ name = "own-point"; at = "holding:9"; type = "i32"; order = "badc"; }',
])
def test_points_of_a_profile(config, row):
    assert config(points(row)).good().problems == []


def test_a_rule_may_use_every_operator_and_hyphen_names(config):
    text = points('{ name = "n"; at = "holding:1"; }', '{ name = "door-zone"; at = "holding:2.1"; }')
    text = text.replace("devices: (", 'devices: ( { id = "lift-1"; place = "b1"; bus = "gw"; unit = 2; profile = "p"; },')
    config(text + '''
rules: ( { id = "r1"; class = "c"; when = "n + 2 * 3 - n / 4 >= -1 && !(n != 5 || n == 6) && n < 7 && n <= 8"; },
 { id = "r2"; class = "c"; when = "lift-1.n - n > 3 && lift-1.door-zone"; },
 { id = "r3"; device = "lift-1"; when = "door-zone"; } );
''').good()


def test_the_plan_is_printed_with_the_requests_of_a_bus(config):
    rows = [f'{{ name = "r{i}"; at = "holding:{3 * i}"; }}' for i in range(100)]
    out = config(points(*rows)).good().out
    assert re.search(r"gw.*\b3 requests", out), out


RTU = ESTATE + PLACES + '''buses: ( { id = "riser"; type = "rtu"; port = "/dev/serial/by-id/x"; baud = 9600; } );
classes: ( { id = "c"; points: ( { name = "n"; type = "number"; } ); } );
profiles: ( { id = "p"; class = "c"; period = "%s"; points: (
%s ); } );
devices: ( { id = "d"; place = "b1"; bus = "riser"; unit = 1; profile = "p"; } );
'''


def rtu(period, count):
    return RTU % (period, ",\n".join(f'{{ name = "r{i}"; at = "holding:{i}"; }}' for i in range(count)))


def test_a_cycle_that_cannot_fit_the_line_is_an_error(config):
    checked = config(rtu("200ms", 120))
    assert checked.code == 1 and any("riser" in p[3] for p in checked.errors()), checked.out


def test_a_line_used_above_seventy_percent_is_a_warning(config):
    checked = config(rtu("370ms", 120)).good()
    assert any("riser" in p[3] and p[2] == "warning" and "%" in p[3] for p in checked.problems), checked.out


def test_a_line_with_time_to_spare_is_neither(config):
    checked = config(rtu("2s", 120)).good()
    assert checked.problems == []
    assert re.search(r"riser.*\d+(\.\d+)? ?%", checked.out), checked.out


# what is wrong

def test_life_safety_rules_cannot_be_disabled_lowered_or_delayed(config):
    mistakes(config, [
        ('{ id = "sos"; enabled = false; }', "sos"),
        ('{ id = "fire"; priority = 2; }', "fire"),
        ('{ id = "smoke"; for = "11s"; }', "smoke", "10"),
        ('{ id = "co"; for = "30s"; }', "co", "10"),
        ('{ id = "gas"; for = "10500ms"; }', "gas", "10"),
        ('{ id = "fall"; for = "31s"; }', "fall", "30"),
        ('{ id = "door-duress"; for = "1s"; }', "door-duress"),
        ('{ id = "lift-trapped"; level_for = "91s"; }', "lift-trapped", "90"),
    ], head=BASE + "rules: (\n")


@pytest.mark.parametrize("change", [
    '{ id = "sos"; for = "1s"; }', '{ id = "fire"; for = "100ms"; }', '{ id = "fire"; enabled = false; }', '{ id = "sos"; priority = 3; }',
    '{ id = "door-duress"; enabled = false; }', '{ id = "lift-trapped"; between_for = "46s"; }', '{ id = "lift-trapped"; for = "91s"; }',
    '{ id = "sos"; life_safety = false; }', '{ id = "smoke"; inhibited_by = ( "fire" ); }', '{ id = "gas"; enabled = false; }',
    '{ id = "sos"; times = 3; within = "1m"; }', '{ id = "sos"; life_safety = false; enabled = false; }',
])
def test_each_way_to_weaken_a_life_safety_rule_is_an_error(config, change):
    config(BASE + "rules: (" + change + ");\n").has(BASE_LINES + 1, re.search('id = "(.*?)"', change)[1])


@pytest.mark.parametrize("file", ["conf.d/a.conf", "rules/a.conf"])
def test_life_safety_holds_from_any_file(config, file):
    config(BASE, {file: 'rules: (\n { id = "sos"; enabled = false; } );\n'}).has(2, "sos", file="a.conf")


@pytest.mark.parametrize("place", ["b3/u1", "B1/x", "b1//x", "b1/", "/b1", "", "b1/x y", "b1/../b2"])
def test_wrong_places(config, place):
    checked = config(BASE + f'devices: ( {{ id = "d"; place = "{place}"; class = "tank"; }} );\n')
    checked.has(BASE_LINES + 1, "d")


@pytest.mark.parametrize("number", ["4294967297", "2147483648", "-2147483649", "99999999999999999999", "0x1FFFFFFFF", "4294967297L"])
def test_integers_beyond_31_bits_are_refused(config, number):
    checked = config(ESTATE + PLACES + f'buses: (\n {{ id = "gw"; type = "tcp"; host = "127.0.0.1";\n   port = {number}; }} );\n')
    checked.has(5, number.rstrip("L"))


def test_the_line_of_an_open_quote_is_named(config):
    checked = config(BASE + '\nplugins: ( { id = "a"; program = "mqtt-source; } );\n\n\ndevices: ( { id = "d"; } );\n')
    checked.has(BASE_LINES + 2, "quote")


def test_the_first_syntax_error_of_each_file_and_the_errors_of_the_others(config):
    checked = config(BASE + '\nfoo = ;\n', {
        "conf.d/a.conf": "devices: (\n { id = = } );\n",
        "conf.d/b.conf": 'devices: ( { id = "d"; place = "b1"; bus = "gw"; unit = 300; profile = "tank-generic"; } );\n',
        "profiles/c.conf": "\n\nprofiles: ( { id = \"p\" class } );\n",
        "rules/d.conf": 'rules: ( { id = "r"; class = "tank"; when = "level > 3"; hysteresys = 1; } );\n'})
    assert checked.error_lines("estated.conf") == [BASE_LINES + 2]
    assert checked.error_lines("a.conf") == [2] and checked.error_lines("c.conf") == [3]
    checked.has(1, "hysteresys", "did you mean 'hysteresis'", file="d.conf")
    checked.has(1, "unit = 300", "1..247", file="b.conf")


def test_six_and_more_mistakes_in_one_run(config):
    text = '''estate: { id = "demo"; name = "x"; timezone = "Asia/Shanghia"; };
places: ( { id = "b3"; name = "3"; florrs = 3; } );
buses: ( { id = "gw"; type = "tpc"; host = "127.0.0.1"; },
         { id = "line"; type = "rtu"; port = "/dev/x"; baud = 960; parity = "evne"; },
         { id = "g2"; type = "tcp"; host = "127.0.0.1"; timeout = 500; } );
plugins: ( { id = "z"; progam = "mqtt-source"; } );
devices: (
  { id = "ahu1"; place = "b3/x"; bus = "g2"; unit = 300; profile = "tank-generic"; },
  { id = "ahu2"; place = "b4/x"; bus = "g3"; unit = 1; profile = "tank-generci"; },
  { id = "ahu3"; place = "b3/x"; plugin = "zz"; address = "1"; class = "tnak"; },
  { id = "ahu3"; place = "b3/x"; bus = "g2"; profile = "tank-generic"; }
);
rules: ( { id = "mine"; class = "tank"; when = "levle > 90"; hysteresys = 2; priority = 5; },
         { id = "yours"; class = "tank"; when = "level > "; for = "5 parsecs"; } );
'''
    checked = config(text)
    for line, *texts in [(1, "Asia/Shanghia"), (2, "florrs", "did you mean 'floors'"), (3, "tpc", "tcp"), (4, "960", "1200..115200"),
                         (4, "evne", "even"), (5, "timeout"), (6, "progam", "did you mean 'program'"),
                         (8, "device 'ahu1': unit = 300: expected 1..247"), (9, "b4", "did you mean 'b3'"), (9, "g3", "did you mean 'g2'"),
                         (9, "tank-generci", "did you mean 'tank-generic'"), (10, "zz", "did you mean 'z'"),
                         (10, "tnak", "did you mean 'tank'"), (11, "ahu3"), (13, "levle", "did you mean 'level'"),
                         (13, "hysteresys", "did you mean 'hysteresis'"), (13, "priority", "5", "1..4"), (14, "5 parsecs"), (14, "when")]:
        checked.has(line, *texts)
    assert 7 not in checked.error_lines() and 12 not in checked.error_lines()


def test_wrong_points_each_at_its_line(config):
    rows = [
        ('{ name = "a1"; at = "holdin:1"; }', "holding"), ('{ name = "a2"; at = "holding:65536"; }', "65535"),
        ('{ name = "a3"; at = "holding:1.16"; }', "15"), ('{ name = "a4"; at = "coil:1.3"; }', "a4"),
        ('{ name = "a5"; at = "holding:1.5-3"; }', "a5"), ('{ name = "a6"; at = "holding:-1"; }', "a6"),
        ('{ name = "a7"; at = "holding:65535"; type = "u32"; }', "a7"), ('{ name = "a8"; at = "holding:1"; type = "u33"; }', "u33"),
        ('{ name = "a9"; at = "holding:1"; type = "u32"; order = "acbd"; }', "acbd"), ('{ name = "a10"; at = "holding:"; }', "a10"),
        ('{ name = "a11"; at = "holding:1.3"; type = "f32"; }', "a11"), ('{ name = "b"; at = "holding:1"; type = "f32"; }', "b"),
        ('{ name = "a12"; at = "holding:1"; scale = "x"; }', "scale"), ('{ name = "a13"; at = "holding:1"; period = "10"; }', "period"),
        ('{ name = "a14"; at = "holding:1"; values = ( (0, 1) ); }', "values"), ('{ name = "a15"; at = "holding:1x"; }', "a15"),
        ('{ at = "holding:1"; }', "name"),
        ('{ name = "a17"; at = "holding:1"; values = ( (0, "x"), (0, "y") ); }', "a17"),
    ]
    checked = config(points(*(r[0] for r in rows)))
    for i, (_, text) in enumerate(rows):
        checked.has(POINTS_FIRST + i, text)


def test_the_same_point_twice_is_an_error(config):
    config(points('{ name = "n"; at = "holding:0"; }', '{ name = "n"; at = "holding:1"; }')).has(POINTS_FIRST + 1, "n")


def test_base_1_starts_at_1(config):
    config(points('{ name = "n"; at = "holding:1"; }', '{ name = "b"; at = "coil:65536"; }', keys="base = 1;")).good()
    config(points('{ name = "n"; at = "holding:0"; }', keys="base = 1;")).has(POINTS_FIRST, "n")


@pytest.mark.parametrize("what,text", [
    ("buses", '{ id = "gw"; type = "tcp"; host = "127.0.0.1"; }'),
    ("devices", '{ id = "d"; place = "b1"; class = "tank"; }'),
    ("places", '{ id = "b7"; }'),
    ("plugins", '{ id = "z"; program = "mqtt-source"; options: { url = "mqtt://127.0.0.1:1"; }; }'),
    ("profiles", '{ id = "p"; class = "tank"; points: ( { name = "level"; at = "input:0"; } ); }'),
    ("rules", '{ id = "r"; class = "tank"; when = "level > 3"; }'),
])
def test_the_same_id_twice_in_one_list_is_an_error(config, what, text):
    head = ESTATE + ("" if what == "places" else PLACES)
    config(head + f"{what}: (\n{text},\n{text} );\n").has(head.count("\n") + 3, re.search('id = "(.*?)"', text)[1])


def test_wrong_devices_each_at_its_line(config):
    mistakes(config, [
        ('{ id = "Lift-1"; place = "b1"; class = "tank"; }', "Lift-1"),
        ('{ id = "lift.2"; place = "b1"; class = "tank"; }', "lift.2"),
        ('{ id = "d3"; class = "tank"; }', "place"),
        ('{ id = "d4"; place = "b1"; bus = "gw"; unit = 1; }', "d4"),
        ('{ id = "d5"; place = "b1"; bus = "gw"; unit = 0; profile = "tank-generic"; }', "unit = 0", "1..247"),
        ('{ id = "d6"; place = "b1"; bus = "gw"; unit = 248; profile = "tank-generic"; }', "unit = 248", "1..247"),
        ('{ id = "d7"; place = "b1"; bus = "gw"; unit = "1"; profile = "tank-generic"; }', "unit"),
        ('{ id = "d8"; place = "b1"; bus = "gw"; plugin = "gw"; unit = 1; profile = "tank-generic"; }', "d8"),
        ('{ id = "d9"; place = "b1"; profile = "tank-generic"; class = "pump"; }', "d9"),
        ('{ id = 7; place = "b1"; class = "tank"; }', "id"),
        ('{ place = "b1"; class = "tank"; }', "id"),
        ('{ id = "d10"; place = "b1"; class = "tank"; max_age = "soon"; }', "max_age", "soon"),
        ('{ id = "d11"; place = "b1"; class = "tank"; entrance = "yes"; }', "entrance"),
    ], head=BASE + "devices: (\n")


def test_wrong_rules_each_at_its_line(config):
    head = BASE + 'devices: ( { id = "tank-1"; place = "b1"; class = "tank"; }, { id = "sos-1"; place = "b1"; class = "sos"; } );\nrules: (\n'
    mistakes(config, [
        ('{ id = "r1"; class = "tank"; when = "level && high"; }', "r1"),
        ('{ id = "r2"; class = "tank"; when = "!level"; }', "r2"),
        ('{ id = "r3"; class = "tank"; when = "level + 1"; }', "r3"),
        ('{ id = "r4"; class = "tank"; when = "(level > 1"; }', "r4"),
        ('{ id = "r5"; class = "tank"; when = "level > 1)"; }', "r5"),
        ('{ id = "r6"; class = "tank"; when = "tank-2.level > 1"; }', "tank-2", "did you mean 'tank-1'"),
        ('{ id = "r7"; class = "tank"; when = "tank-1.levle > 1"; }', "levle", "did you mean 'level'"),
        ('{ id = "r8"; class = "tnak"; when = "level > 1"; }', "tnak", "did you mean 'tank'"),
        ('{ id = "r9"; class = "tank"; }', "when"),
        ('{ id = "r10"; when = "level > 1"; }', "r10"),
        ('{ id = "r11"; class = "tank"; when = ""; }', "r11"),
        ('{ id = "r12"; class = "tank"; when = "level > 1"; times = 3; }', "within"),
        ('{ id = "r13"; class = "tank"; when = "level > 1"; for = "-5s"; }', "for"),
        ('{ id = "r14"; class = "tank"; when = "level > 1"; priority = 0; }', "priority"),
        ('{ id = "r15"; class = "tank"; when = "level = 1"; }', "r15"),
        ('{ id = "r16"; class = "tank"; when = "level > 1"; hysteresis = -1; }', "hysteresis"),
        ('{ id = "r17"; class = "tank"; when = "high == 1"; }', "r17"),
        ('{ id = "r18"; class = "tank"; when = "level > 1 && "; }', "r18"),
        ('{ id = "r19"; class = "tank"; when = "level-1 > 1"; }', "level-1"),
        ('{ id = "r20"; device = "tank-9"; when = "level > 1"; }', "tank-9", "did you mean 'tank-1'"),
        ('{ id = "r21"; class = "tank"; when = "level > 1"; inhibited_by = ( "tank-hihg" ); }', "tank-hihg", "did you mean 'tank-high'"),
        ('{ id = "r22"; class = "tank"; when = "level > 1"; text: { zh = "x"; de = "y"; }; }', "de"),
        ('{ id = "r23"; class = "tank"; when = "level > 1"; text = "x"; }', "text"),
        ('{ id = "r24"; class = "sos"; when = "pressed > 3"; }', "r24"),
    ], head=head)


def test_wrong_buses_each_at_its_line(config):
    mistakes(config, [
        ('{ id = "g1"; type = "tcp"; }', "host"), ('{ id = "g2"; type = "tcp"; host = "h"; port = 0; }', "port"),
        ('{ id = "g3"; type = "tcp"; host = "h"; port = 65536; }', "65536", "65535"), ('{ id = "g4"; type = "rtu"; }', "port"),
        ('{ id = "g5"; host = "h"; }', "type"), ('{ id = "g6"; type = "rtu"; port = "/dev/x"; parity = "mark"; }', "parity"),
        ('{ id = "g7"; type = "tcp"; host = "h"; timeout = "1"; }', "timeout"),
        ('{ id = "g8"; type = "tcp"; host = "h"; timeout = "2h"; }', "timeout"),
        ('{ id = "g9"; type = "rtu"; port = 502; }', "port"), ('{ id = "g10"; type = "tcp"; host = 7; }', "host"),
    ], head=ESTATE + PLACES + "buses: (\n")


@pytest.mark.parametrize("text", [
    b"", b"\0\0\0\0", b"\xff\xfe\x00", b"estate", b"((((((((((", b'estate: { id = "t"', BASE.encode() + b'\nestate: { id = "u"; };\n',
    BASE.encode() + b'devices = 3;\n', BASE.encode() + b'devices: { id = "d"; };\n', BASE.encode() + b"devices: ( 3, 4 );\n",
    BASE.encode() + b'devices: ( ( { id = "d"; } ) );\n', b"{" * 20000, b'a = "' + b"x" * 300000, BASE.encode() + b"x = " + b"(" * 20000,
])
def test_no_text_makes_the_check_crash(config, text):
    checked = config(text)
    assert checked.code == 1 and re.search(r"estated\.conf(:\d+)?: error: \S", checked.out), checked.out


def test_a_text_that_is_not_utf_8_is_an_error_at_its_line(config):
    config(BASE.encode() + b'devices: (\n { id = "d"; name = "\xff\xc0"; place = "b1"; class = "tank"; } );\n').has(BASE_LINES + 2, "UTF-8")


def test_a_file_that_is_not_there_and_one_that_is_a_directory(tmp_path):
    for path in (tmp_path / "no.conf", tmp_path):
        checked = check(tmp_path, "-c", path)
        assert checked.code == 1 and str(path) in checked.out


def test_a_program_that_is_not_there_is_named(config):
    checked = config(BASE + '\nplugins: ( { id = "z"; program = "/no/such/program"; }, { id = "y"; program = "mqtt-sourec"; } );\n')
    text = "\n".join(p[3] for p in checked.problems if p[1] == BASE_LINES + 2)
    assert "/no/such/program" in text and "mqtt-sourec" in text, checked.out


def test_a_wrong_configuration_is_not_started(tmp_path):
    estate = Estate(tmp_path, BASE + "frobnicate = 1;\n")
    estate.start(ready=False)
    try:
        assert estate.process.wait(20) == 1
        assert re.search(rf"estated\.conf:{BASE_LINES + 1}: .*frobnicate", estate.log), estate.log
        assert not estate.socket.exists()
    finally:
        estate.stop()


def test_an_unknown_key_is_an_error_at_its_first_line(config):
    config(BASE + 'places_x = "a"\n  "b"\n  "c";\n').has(BASE_LINES + 1, "places_x")

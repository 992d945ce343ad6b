#!/usr/bin/python3
"""seeds.py: writes the hand-made inputs of the fuzz targets into corpus/TARGET/seed-NN-WHAT.

    seeds.py            writes them all, removes seeds that are not made here any more; crash-* files are left alone
    seeds.py --check    only says which files differ; exit 1 when one does

The files are in the tree, so nothing needs this script but whoever changes a seed.
"""
import hashlib
import io
import json
import pathlib
import re
import struct
import sys
import tarfile

corpus = {}


def seeds(target, cases):
    """cases: {"what it is": bytes or text}."""
    table = corpus.setdefault(target, {})
    for what, data in cases.items():
        assert what not in table, (target, what)
        table[what] = data.encode() if isinstance(data, str) else bytes(data)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- field: answers of slaves; the steps are those of fuzz_answer.c

EXPECT, FEED, DRIP, RIGHT, BENT, HALF, EXCEPTION, ECHO, FORGET, RESET, OTHER_UNIT, WRITE = range(12)
RTU, TCP = b"\0", b"\1"


def expect(unit, function, address, count, transaction=1):
    most = 2000 if function <= 2 else 125
    return struct.pack(">BBBHHH", EXPECT, unit, function - 1, address, (count - 1) % most, transaction)


def feed(step, data):
    data = bytes(data)
    assert len(data) < 256
    return bytes((step, len(data))) + data


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return bytes(data) + struct.pack("<H", value)


def mbap(transaction, unit, body, protocol=0, length=None):
    return struct.pack(">HHHB", transaction, protocol, len(body) + 1 if length is None else length, unit) + bytes(body)


lift = expect(247, 3, 0, 19)
coils = expect(4, 1, 16, 20)
registers = bytes((3, 4, 0, 1, 0, 2))
two = expect(4, 3, 0, 2)
def write(unit, what, address, count=None, transaction=7):
    return struct.pack(">BBBH", WRITE, unit, what, address) + (b"" if count is None else struct.pack(">H", count - 1)) + struct.pack(">H", transaction)


seeds("answer", {
    "rtu right": RTU + two + feed(FEED, crc(b"\4" + registers)),
    "rtu right drips": RTU + two + feed(DRIP, crc(b"\4" + registers)),
    "rtu made right": RTU + lift + bytes((RIGHT,)),
    "rtu echo then right": RTU + two + bytes((ECHO, RIGHT)),
    "rtu echo in pieces": RTU + two + feed(DRIP, b"\4\3\0\0\0\2") + feed(FEED, crc(b"\4\3\0\0\0\2")[6:]) + bytes((RIGHT,)),
    "rtu echo then another without": RTU + two + bytes((ECHO, RIGHT)) + two + bytes((RIGHT,)),
    "rtu wrong crc": RTU + two + bytes((BENT, 4, 0xFF, RIGHT)),
    "rtu noise before": RTU + two + feed(FEED, b"\0\xff\0\x55") + bytes((RIGHT,)),
    "rtu noise looks like a frame": RTU + two + feed(FEED, b"\4\3\xfa\1\2") + bytes((RIGHT,)),
    "rtu late answer of another unit": RTU + two + bytes((OTHER_UNIT, RIGHT)),
    "rtu exception": RTU + two + bytes((EXCEPTION, 2)),
    "rtu exception 0": RTU + two + bytes((EXCEPTION, 0)) + bytes((RIGHT,)),
    "rtu half then forgotten": RTU + two + bytes((HALF, 5, FORGET)) + two + bytes((RIGHT,)),
    "rtu late after the deadline": RTU + two + bytes((FORGET, RIGHT)) + two + bytes((RIGHT,)),
    "rtu answer of a write": RTU + two + feed(FEED, crc(b"\4\6\0\1\0\3")) + bytes((RIGHT,)),
    "rtu unknown function": RTU + two + feed(FEED, crc(b"\4\x2b\x0e\1\0\0")) + bytes((RIGHT,)),
    "rtu longest": RTU + expect(1, 4, 0, 125) + bytes((RIGHT,)),
    "rtu one bit": RTU + expect(1, 2, 9, 1) + bytes((RIGHT,)),
    "rtu coils that equal their echo": RTU + expect(4, 1, 0x0100, 8 * 3) + feed(FEED, crc(b"\4\1\3\1\0\0")),
    "rtu two answers at once": RTU + two + feed(FEED, crc(b"\4" + registers) * 2),
    "rtu unasked": RTU + feed(FEED, crc(b"\4" + registers)),
    "rtu flood": RTU + two + feed(FEED, b"\xee" * 255) * 17 + bytes((RIGHT,)),
    "tcp right": TCP + two + feed(FEED, mbap(1, 4, registers)),
    "tcp right drips": TCP + two + feed(DRIP, mbap(1, 4, registers)),
    "tcp wrong transaction": TCP + two + feed(FEED, mbap(7, 4, registers)) + bytes((RIGHT,)),
    "tcp wrong protocol": TCP + two + feed(FEED, mbap(1, 4, registers, protocol=1)) + bytes((RIGHT,)),
    "tcp wrong unit": TCP + two + bytes((OTHER_UNIT, RIGHT)),
    "tcp wrong function": TCP + two + feed(FEED, mbap(1, 4, b"\4\4\0\1\0\2")) + bytes((RIGHT,)),
    "tcp wrong byte count": TCP + two + feed(FEED, mbap(1, 4, b"\3\6\0\1\0\2")) + bytes((RIGHT,)),
    "tcp longer than it says": TCP + two + feed(FEED, mbap(1, 4, registers + b"\0")) + bytes((RIGHT,)),
    "tcp length 1": TCP + two + feed(FEED, mbap(1, 4, b"\3", length=1)) + bytes((RIGHT,)),
    "tcp length 0xffff": TCP + two + feed(FEED, mbap(1, 4, registers, length=0xFFFF)) + bytes((RIGHT,)),
    "tcp exception": TCP + two + bytes((EXCEPTION, 11)),
    "tcp exception of three bytes": TCP + two + feed(FEED, mbap(1, 4, b"\x83\2\0")),
    "tcp late then right": TCP + two + bytes((FORGET,)) + expect(4, 3, 0, 2, 2) + feed(FEED, mbap(1, 4, registers)) + bytes((RIGHT,)),
    "tcp new connection": TCP + two + bytes((HALF, 9, RESET)) + two + bytes((RIGHT,)),
    "tcp two in one piece": TCP + coils + feed(FEED, mbap(1, 4, b"\1\3\1\2\3") + mbap(2, 4, b"\1\3\1\2\3")),
    "tcp bent everywhere": TCP + b"".join(two + bytes((BENT, place, 0x80, RESET)) for place in range(13)),
    "tcp unasked": TCP + feed(FEED, mbap(0, 0, registers)),
    "tcp an http server": TCP + two + feed(FEED, b"HTTP/1.1 400 Bad Request\r\n\r\n") + bytes((RIGHT,)),
    **{f"{name} {what}": bytes((kind,)) + request + bytes(steps) for kind, name in ((0, "rtu"), (1, "tcp")) for what, request, steps in (
        ("coil", write(5, 1, 3), (RIGHT,)), ("register echoed", write(5, 0, 3, 1), (ECHO, RIGHT)), ("registers", write(5, 4, 3, 4), (OTHER_UNIT, RIGHT)),
        ("mask bent", write(5, 2, 3, 1), (BENT, 4, 1, RIGHT)), ("who", write(5, 8, 3, 1), (HALF, 9, RIGHT)), ("coils refused", write(5, 5, 3), (EXCEPTION, 1)))},
})

# ---- model: where a point stands, and what its registers mean

at_texts = """holding:1.11 holding:30 coil:3 discrete:7 input:10.hi input:10.lo holding:0.0-1 holding:65535 holding:65536 coil:0
coil:3.1 holding:1.16 holding:1.11-4 holding: holding:x holding:1. holding:1.1x holdin:1 HOLDING:1 :1 none:1 holding:-1
holding:00000000000000000001 holding:1000000000 holding:1.hi. holding:1.0-15 u16 i8 f32 bcd32 string bit u128 abcd cdab badc dcba
dcab""".split() + [""]
seeds("codec_at", {f"{name or 'empty'}".replace(":", " "): bytes((base,)) + name.encode()
                   for base, name in enumerate(at_texts)})
seeds("codec_at", {"base 1 address 0": b"\1holding:0", "base 1 address 65536": b"\1input:65536", "a NUL inside": b"\0coil:1\0.3"})

BIT, U8, I8, U16, I16, U32, I32, U64, I64, F32, F64, BCD16, BCD32, STRING, ANY, WHICH = range(16)
ABCD, CDAB, BADC, DCBA = range(4)
HOLDING = 3


def wire(kind, order=ABCD, registers=b"", bits=None, length=1, invert=False, scale=None, offset=None, invalid=None, texts=False,
         table=HOLDING):
    flags = (bits is not None) | invert << 1 | (scale is not None) << 2 | (offset is not None) << 3
    flags |= (invalid is not None) << 4 | texts << 5
    out = bytes((flags, bits[0] | bits[1] << 4 if bits else 0, table, kind, order))
    out += bytes((length - 1,)) if kind >= STRING else b""
    out += struct.pack(">d", scale) if scale is not None else b""
    out += struct.pack(">d", offset) if offset is not None else b""
    out += struct.pack(">Q", invalid & (1 << 64) - 1) if invalid is not None else b""
    return out + registers


seeds("codec", {
    "u16": wire(U16, registers=b"\x12\x34"), "i16 negative": wire(I16, registers=b"\xff\xfe"),
    "u16 swapped": wire(U16, BADC, b"\x12\x34"), "u32 abcd": wire(U32, ABCD, b"\1\2\3\4"), "u32 cdab": wire(U32, CDAB, b"\3\4\1\2"),
    "u32 badc": wire(U32, BADC, b"\2\1\4\3"), "u32 dcba": wire(U32, DCBA, b"\4\3\2\1"), "i32 lowest": wire(I32, registers=b"\x80\0\0\0"),
    "u64 highest": wire(U64, registers=b"\xff" * 8), "i64 lowest": wire(I64, registers=b"\x80" + b"\0" * 7),
    "f32": wire(F32, registers=struct.pack(">f", 21.5)), "f32 nan": wire(F32, registers=b"\x7f\xc0\0\0"),
    "f32 infinite": wire(F32, registers=b"\x7f\x80\0\0"), "f64": wire(F64, registers=struct.pack(">d", -0.1)),
    "f64 denormal": wire(F64, registers=b"\0" * 7 + b"\1"), "f32 times 1e308": wire(F32, registers=struct.pack(">f", 1e38), scale=1e308),
    "u16 times 1e308": wire(U16, registers=b"\xff\xff", scale=1e308), "u16 plus 1e308": wire(U16, registers=b"\0\1", offset=1e308),
    "scaled": wire(I16, registers=b"\0\xd7", scale=0.1, offset=-40.0), "bcd16": wire(BCD16, registers=b"\x12\x34"),
    "bcd16 bad digit": wire(BCD16, registers=b"\x12\x3a"), "bcd32": wire(BCD32, CDAB, b"\x34\x56\x00\x12"),
    "bit 11": wire(BIT, registers=b"\x08\0", bits=(11, 11)), "bits 8-9 as text": wire(U16, registers=b"\x01\0", bits=(8, 9), texts=True),
    "high byte signed": wire(I8, registers=b"\xff\0", bits=(8, 15)), "low byte": wire(U8, registers=b"\0\xff", bits=(0, 7)),
    "inverted bit": wire(BIT, registers=b"\0\0", bits=(0, 0), invert=True), "coil": wire(BIT, table=0, invert=True),
    "coil as text": wire(BIT, table=1, texts=True), "invalid 0x8000": wire(I16, registers=b"\x80\0", invalid=0x8000),
    "invalid -32768": wire(I16, registers=b"\x80\0", invalid=-32768), "invalid of 64 bits": wire(U64, registers=b"\xff" * 8, invalid=-1),
    "text of a number": wire(U16, registers=b"\0\1", texts=True), "a number without a text": wire(I32, registers=b"\0\0\1\0", texts=True),
    "string": wire(STRING, registers=b"SN-0012 ", length=4), "string swapped": wire(STRING, BADC, b"NS0-", length=2),
    "string of 125": wire(STRING, registers=b"A" * 250, length=125), "string not UTF-8": wire(STRING, registers=b"\xb2\xe2", length=1),
    "string in Chinese": wire(STRING, registers="一号泵房".encode(), length=6), "string with a NUL": wire(STRING, registers=b"ab\0cd\0", length=3),
    "string too short": wire(STRING, registers=b"ab", length=5), "no registers": wire(U32), "one register of two": wire(F32, registers=b"\0\1"),
    "bits of a float": wire(F32, registers=b"\x41\xac\0\0", bits=(0, 15)),
    "any of two bits": wire(ANY, registers=b"\x40\0\0\0", bits=(0, 1), length=2),
    "which of two bits": wire(WHICH, registers=b"\x55" * 250, bits=(0, 1), length=125),
    "which of whole registers": wire(WHICH, registers=b"\0\0\0\1", bits=(4, 0), length=2),
    "any too short": wire(ANY, registers=b"\0\1", bits=(0, 1), length=31),
})

# ---- model: fields of a message; the kinds are those of fuzz_mapping.c

NUMBER, BOOL, TEXT, EVENT = range(4)
PATHS = ["action", "contact", "temperature", "object.temperature", "battery", "", "位置", "a.b.c"]
WORDS = ["emergency", "", "true", "1", "off", "21.5", "按下", "null"]


def point(kind, path, equals=None, invert=False, scale=0, offset=0):
    how = kind | (equals is not None) << 4 | invert << 5 | (scale > 0) << 6 | (offset > 0) << 7
    more = PATHS.index(path) | (WORDS.index(equals) if equals is not None else 0) << 3
    return bytes((how, (more | scale << 4 | offset << 2) & 255))


def field(path, value):
    out = bytes((PATHS.index(path),))
    if value is None:
        return out + b"\0"
    if isinstance(value, bool):
        return out + bytes((2 | value << 7 if (2 | value << 7) % 5 == 2 else (132 if value else 2),))
    if isinstance(value, (int, float)):
        return out + b"\1" + struct.pack(">d", value)
    return out + b"\4" + bytes((len(value.encode()),)) + value.encode()


def message(points, fields):
    return bytes((len(points),)) + b"".join(points) + b"".join(fields)


sos, contact, temperature, battery = (point(EVENT, "action", "emergency"), point(BOOL, "contact", invert=True),
                                      point(NUMBER, "temperature"), point(NUMBER, "battery"))
values = {"a number": 21.5, "zero": 0, "one": 1, "huge": 1e308, "tiny": 5e-324, "true": True, "false": False, "null": None, "empty": "",
          "emergency": "emergency", "on": "on", "OFF": "OFF", "yes": "yes", "number as text": "21.5", "number and unit": "21.5C",
          "Chinese": "按下", "long": "状态" * 40, "1e999": "1e999", "nan": "nan", "hex": "0x10"}
seeds("mapping", {f"all kinds of points from {name}": message(
    [point(kind, "action") for kind in range(4)] + [point(EVENT, "action", "emergency"), point(BOOL, "action", "true", True)],
    [field("action", value)]) for name, value in values.items()})
seeds("mapping", {
    "nothing": b"", "no points": message([], [field("action", 1)]), "no fields": message([sos, contact], []),
    "sos": message([sos, battery], [field("action", "emergency"), field("battery", 97)]),
    "a door": message([contact, battery], [field("contact", True), field("battery", 15)]),
    "field twice": message([temperature], [field("temperature", 1), field("temperature", 2)]),
    "field of another": message([temperature], [field("battery", 2)]),
    "nested": message([point(NUMBER, "object.temperature")], [field("object.temperature", -3.5)]),
    "Chinese path": message([point(TEXT, "位置")], [field("位置", "三楼")]), "empty path": message([point(TEXT, "")], [field("", "x")]),
    "scale 1e308": message([point(NUMBER, "battery", scale=4)], [field("battery", 1e10)]),
    "scale 0": message([point(NUMBER, "battery", scale=1)], [field("battery", 5)]),
    "inverted event": message([point(EVENT, "action", invert=True)], [field("action", True)]),
    "equals a number": message([point(BOOL, "battery", "21.5"), point(EVENT, "battery", "1")], [field("battery", 21.5)]),
    "twelve points of one field": message([point(i % 4, "a.b.c") for i in range(12)], [field("a.b.c", "1")]),
})

# ---- configuration

BASE = 'estate: { id = "e"; };\nplaces: ( { id = "b3"; } );\n'
BUS = 'buses: ( { id = "gw"; type = "tcp"; host = "10.0.0.1"; } );\n'
PLUGIN = 'plugins: ( { id = "zigbee"; program = "mqtt-source"; options: { url = "mqtt://127.0.0.1:1883"; deep: { a = ( 1, 2.5, "x", true ); }; }; } );\n'


def profile(points, more=""):
    return f'profiles: ( {{ id = "p"; class = "tank"; {more} points: ( {points} ); }} );\n'


def device(more):
    return f'devices: ( {{ id = "tank-1"; place = "b3/roof"; {more} }} );\n'


ON_BUS = device('bus = "gw"; unit = 4; profile = "p";')
LEVEL = '{ name = "level"; at = "holding:30"; scale = 0.1; }'
confs = {
    "empty": "", "smallest": 'estate: { id = "e"; };\n', "a tank on a bus": BASE + BUS + profile(LEVEL) + ON_BUS,
    "comments": "# a\n// b\n/* c\n * d */\n" + BASE, "byte order mark": "\ufeff" + BASE, "crlf": BASE.replace("\n", "\r\n"),
    "a serial line": BASE + 'buses: ( { id = "gw"; type = "rtu"; port = "/dev/ttyS0"; baud = 9600; parity = "even"; timeout = "800ms"; } );\n' + profile(LEVEL) + ON_BUS,
    "plugin and its device": BASE + PLUGIN + 'profiles: ( { id = "s"; class = "sos"; points: ( { name = "pressed"; at = "action"; equals = "emergency"; event = true; }, { name = "battery"; } ); } );\ndevices: ( { id = "sos-1"; place = "b3/u1/1204"; room = "bedroom"; plugin = "zigbee"; address = "0x00158d0001a2b3c4"; profile = "s"; } );\n',
    "class instead of profile": BASE + PLUGIN + device('plugin = "zigbee"; address = "1"; class = "tank"; max_age = "5m";'),
    "device without a way": BASE + device('class = "tank";'),
    "bits": BASE + BUS + profile('{ name = "high"; at = "holding:1.11"; invert = true; }, { name = "x"; at = "input:2.hi"; type = "i8"; }, { name = "y"; at = "holding:3.0-3"; }, { name = "c"; at = "coil:7"; }') + ON_BUS,
    "types and orders": BASE + BUS + profile(", ".join(f'{{ name = "p{i}"; at = "holding:{8 * i}"; type = "{t}"; order = "{o}"; }}' for i, (t, o) in enumerate((("u16", "abcd"), ("i32", "cdab"), ("f32", "badc"), ("u64", "dcba"), ("bcd32", "abcd"), ("f64", "cdab")))) + ', { name = "sn"; at = "holding:100"; type = "string"; length = 10; }') + ON_BUS,
    "values": BASE + BUS + profile('{ name = "medium"; at = "holding:0"; values = ( (0, "water"), (1, "foam"), (0xff, "?") ); }') + ON_BUS,
    "repeat": BASE + BUS + profile('{ name = "t"; at = "input:10"; type = "i16"; repeat: { count = 8; step = 2; }; unit = "C"; }') + ON_BUS,
    "repeat beyond the end": BASE + BUS + profile('{ name = "t"; at = "input:65000"; repeat: { count = 1000; step = 1000; }; }') + ON_BUS,
    "base 1": BASE + BUS + profile(LEVEL, "base = 1; period = \"5s\"; order = \"cdab\";") + ON_BUS,
    "invalid and deadband": BASE + BUS + profile('{ name = "level"; at = "holding:0"; type = "i16"; invalid = 0x8000; deadband = 0.5; max_age = "30s"; period = "200ms"; }') + ON_BUS,
    "huge scale": BASE + BUS + profile('{ name = "level"; at = "holding:0"; scale = 1e308; offset = 1e308; }') + ON_BUS,
    "infinite scale": BASE + BUS + profile('{ name = "level"; at = "holding:0"; scale = 1e999; }') + ON_BUS,
    "scale 0": BASE + BUS + profile('{ name = "level"; at = "holding:0"; scale = 0; }') + ON_BUS,
    "a rule of our own": BASE + 'rules: ( { id = "r"; class = "tank"; when = "level > 90 && !high"; for = "5s"; off_for = "1m"; hysteresis = 2; priority = 2; ladder = "L2"; times = 3; within = "10m"; realarm = "1h"; latch = true; inhibited_by = ( "sos" ); text: { zh = "高 {value}"; en = "high {value}"; }; guidance: { en = "go"; }; } );\n',
    "a rule of one device": BASE + BUS + profile(LEVEL) + ON_BUS + 'rules: ( { id = "r"; device = "tank-1"; when = "tank-1.level > 1 || level < 0"; } );\n',
    "a shipped rule changed": BASE + 'rules: ( { id = "tank-high"; for = "90s"; priority = 1; } );\n',
    "a shipped rule off": BASE + 'rules: ( { id = "tank-high"; enabled = false; } );\n',
    "life safety off": BASE + 'rules: ( { id = "sos"; enabled = false; } );\n',
    "life safety late": BASE + 'rules: ( { id = "sos"; for = "1s"; priority = 4; life_safety = false; }, { id = "lift-trapped"; for = "90s"; } );\n',
    "new class": BASE + 'classes: ( { id = "x"; points: ( { name = "p0"; type = "number"; unit = "kPa"; }, { name = "e"; type = "event"; } ); } );\n' + device('class = "x";') + 'rules: ( { id = "r"; class = "x"; when = "e || p0 > 3"; } );\n',
    "did you mean": BASE + 'rules: ( { id = "tank-high"; histeresis = 2; } );\ndevises: ( );\n',
    "everything wrong": 'estate: { id = "E"; nam = 1; };\nplaces: ( { id = 3; }, 7 );\nbuses: ( { id = "b"; type = "x"; port = 99999; } );\ndevices: ( { id = "d"; unit = 300; place = "zz"; bus = "no"; }, { id = "d"; } );\nrules: ( { id = "r"; when = "levle >"; } );\n',
    "same id twice": BASE + BUS + BUS.replace("buses", "plugins"), "two estates": BASE + 'estate: { id = "f"; };\n',
    "not a list": 'estate = 3;\nplaces = "b3";\nbuses: { id = "x"; };\nrules = [ 1, 2 ];\n',
    "an open quote": BASE.replace('"b3"', '"b3'), "no comma": BASE + 'places: ( { id = "a"; } { id = "b"; } );\n', "open bracket": BASE + "buses: ( { id = ",
    "full width": BASE.replace(";", "；", 1), "not UTF-8": BASE.encode() + "# 小区\n".encode("gbk"), "a NUL": BASE.encode() + b"\0" + b"x = 1;",
    "beyond 31 bits": BASE + BUS.replace('host', 'port = 4294967297; host'), "hex and long": BASE + "x = 0xFFFFFFFF; y = 4294967296L; z = 0x1FFFFFFFFL;",
    "include": '@include "other.conf"\n' + BASE, "deep": "x = " + "(" * 70 + ")" * 70 + ";", "strings side by side": 'estate: { id = "e" "f"; name = "示范" /* */ "小区"; };\n',
    "escapes": 'estate: { id = "e"; name = "a\\"b\\\\\\n\\x41\\t"; };\n', "comma at the end": 'places: ( { id = "b3"; }, );\n' + BASE,
    "conf.d": BASE + "=== conf.d/a.conf\n" + BUS + "=== conf.d/b.conf\n" + profile(LEVEL) + ON_BUS,
    "profiles beside": BASE + BUS + ON_BUS + "=== profiles/a.conf\n" + profile(LEVEL) + "=== rules/a.conf\n" + 'rules: ( { id = "tank-high"; for = "2s"; } );\n',
    "devices in profiles": BASE + "=== profiles/a.conf\n" + ON_BUS, "broken data": BASE + "=== data/classes.conf\nclasses: ( {\n=== data/rules/a.conf\nrules = 1;\n",
    "other data": BASE + '=== data/classes.conf\nclasses: ( { id = "tank"; points: ( { name = "level"; type = "text"; } ); } );\n=== data/profiles/a.conf\n' + profile('{ name = "level"; at = "medium"; }'),
    "reserved": BASE + "store: { dir = \"/x\"; };\napi: { };\n", "later keys": BASE + BUS + profile(LEVEL) + device('bus = "gw"; unit = 4; profile = "p"; tid = "loose"; min_interval = "1s";'),
    "same gateway twice": BASE + 'buses: ( { id = "a"; type = "tcp"; host = "10.0.0.1"; }, { id = "b"; type = "tcp"; host = "10.0.0.1"; port = 502; }, { id = "c"; type = "rtu-over-tcp"; host = "h"; } );\n',
    "zone": 'estate: { id = "e"; timezone = "Europe/Berlin"; name = "x"; };\n', "plugin with a secret": BASE + PLUGIN.replace("url", "password"),
    "overlap": BASE + BUS + profile('{ name = "a"; at = "holding:1"; type = "u32"; }, { name = "b"; at = "holding:2"; type = "f32"; }') + ON_BUS,
    "contacts and ladders": BASE + 'contacts: ( { id = "desk"; name = "x"; phone = "1"; } );\nladders: ( { id = "L2"; steps: ( ( "desk", "0s" ) ); } );\n',
}
confs["limits"] = BASE + BUS + profile('{ name = "level"; at = "holding:0"; invalid = ( 0x7FFF, 0x8000 ); range = ( 0, 100.5 ); max_rate = 5; kind = "counter"; }, { name = "f"; at = "holding:2"; type = "f32"; invalid = -9999.0; }', 'forbidden = ( "holding:10-19", "coil:7" );') + ON_BUS
confs["banks"] = BASE + BUS + profile('{ name = "high"; at = "holding:0"; type = "any"; length = 31; bits = 2; equals = 1; }, { name = "w"; at = "holding:0"; type = "which"; length = 31; }, { name = "d"; at = "holding:0.0-1"; repeat: { count = 240; bits = 2; step = 1; }; values = ( (1, "fire") ); }') + ON_BUS
confs["limits wrong"] = BASE + BUS + profile('{ name = "level"; at = "holding:0"; invalid = ( 1e400, "x", ( 1 ) ); range = [ 3, 1 ]; max_rate = 0; }, { name = "w"; at = "holding:65530"; type = "which"; length = 31; bits = 3; equals = 9; }, { name = "d"; at = "holding:5.3-4"; repeat: { count = 9; bits = 2; }; }', 'forbidden = ( "holding:9-1", 3, "", "input:-" );') + ON_BUS
seeds("conf", confs)
seeds("prescan", {name: text for name, text in confs.items() if "===" not in (text if isinstance(text, str) else text.decode("utf-8", "replace"))})
seeds("prescan", {
    "numbers": "a = 1; b = -2147483648; c = +3; d = 0x7fffffff; e = 1.5e+10; f = .5; g = 1e5; h = 2147483648; i = 99999999999999999999;",
    "list of everything": 'a = ( 1, "x", true, [ 1, 2 ], { b = 1; }, ( ) );', "assign with colon": "a : 1; b: { c : 2 };", "no semicolons": "a = 1\nb = 2\n",
    "star in a name": "*a = 1;\na*b = 2;\n", "stray": "a = 1; ) } ]", "value without quotes": "type = tcp;", "TRUE": "a = TRUE; b = False;",
    "an open comment": "a = 1; /* b", "a quote over lines": 'a = "b\nc"; d = "e\n', "two errors": 'a = ;\nb == 2;\n', "utf-16": "a = 1;".encode("utf-16"),
    "only a name": "a", "only an assignment": "=", "backslash at the end": 'a = "\\', "comments in a list": "a = ( 1 # x\n, 2 // y\n, /* z */ 3 );",
})

# ---- alarm: expressions; two bytes a point: what it is, how good it is

good = bytes(i for k in range(9) for i in (130 + k, 0))
expressions = ["level > 90", "level >= 90 && !high", "high || level > 95", "!(high && level < 3)", 'medium == "water"', 'medium != ""',
               "lift-1.trapped", "lift-1.floor == 3 || high", "tank-1.extra * 2 - 1 < level / 3", "level - -5 > 0", "level -5 > 0", "level-5 > 0",
               "lift-1.card", "lift-1.card && high", "2-tank.high", "2-tank.level > 3", "extra > 1e3", "extra > 1e+3", "true || high", "true",
               "1 < 2", "level > 1 == high", "(((level))) > 1", "!!!high", "level / 0 > 1", "level * 1e308 * 1e308 > 1", "leven > 3", "level >", "> 3",
               "level = 3", "high & high", "level > 90%", "'x'", '"x', 'medium == "水"', "level > 5 > 3", "high > 3", "level && high", "medium + 1 > 2",
               "no-device.level > 1", "tank.level > 1", "a.b.c", ".level", "level.", "-level < 0", "- - level < 0", "level\t>\n1", "level > 1 // x", "高 > 1",
               "(" * 70 + "high" + ")" * 70, "!" * 70 + "high", " || ".join(["high"] * 60), " && ".join(f"level > {i}" for i in range(200)),
               "+".join(["level"] * 300) + " > 1", 'medium == "' + "x" * 70 + '"', "x" * 200 + " > 1", "level " * 900,
               'age(level) > "5m"', "age(high) <= 90", "10s >= age(lift-1.card)", "age(level) > age(high)", "level > 5m", 'changed(high, "5m")',
               "changed(lift-1.card, 10s) || high", "count(lift-1.card, 10s) == 0 && high", "2 < count(high, 1m)", "count(level, 10s) + 1 >= 3",
               'avg(level, "10m") > 50', "min(level, 1m) < 5 || max(level, 1m) > 95", "rate(extra, 31d) > 0.5", "rate(medium, 1m) > 1", "avg(level, 32d) > 1",
               "avg(level, 5) > 1", "avg(level) > 1", "avrg(level, 1m) > 1", "changed()", "changed(", "changed(level,", "level is lost", "level is not good",
               "high is", "high is not", "medium is lots", 'quality(medium) == "bad"', 'quality(medium) == "bda"', "quality(level) == quality(high)",
               "has(extra) && extra > 1", "has(high)", "parent.lift.trapped", "parent.lift.floor is good", "parent.tank.level > 3", "parent.lift", "parent.x.y",
               "parent.lift.card && high", "count(parent.lift.floor, 1h) > 2", " || ".join(f"changed(level, {i}s)" for i in range(1, 18)),
               "age(level) > 1s && changed(level, 1s) && avg(level, 1s) > max(level, 1s) - min(level, 1s) + rate(level, 1s)"]
seeds("expr", {re.sub(r"[^a-z0-9=<>!&|+*. -]", "_", text)[:40].replace("/", "_").strip() + f" {i}": text.encode() + b"\n" + good[i % 3:]
               for i, text in enumerate(expressions)})

seeds("alarm_text", {name: text.encode() + b"\n" + "水箱\nb3/屋顶\n溢流\n".encode() + struct.pack(">qd", age, number) for name, text, age, number in (
    ("device", "{device}", 0, 1), ("place", "{place}", 0, 1), ("value", "{value}", 0, 21.53), ("age s", "{age}", 12_000_000, 0),
    ("age min", "{age}", 26 * 60_000_000, 0), ("age h", "{age}", 3_900_000_000 * 3, 0), ("age d", "{age}", 90_000_000_000_000, 0),
    ("age negative", "{age}", -5, 0), ("age longest", "{age}", 2**63 - 1, 0), ("age least", "{age}", -2**63, 0),
    ("all", "{place} {device} {value} {age}", 61_000_000, -0.5), ("shipped", "{place} 一氧化碳报警（{device}）", 0, 1), ("english", "{place}: open for {age}", 95_000_000, 0),
    ("unknown name", "{floor}", 0, 1), ("open brace", "{device", 0, 1), ("braces in braces", "{{device}}", 0, 1), ("empty braces", "{}", 0, 1), ("only braces", "{{{}}}", 0, 1),
    ("close first", "}{", 0, 1), ("empty", "", 0, 1), ("no names", "tank is full", 0, 1), ("huge", "{value}", 0, 1e308), ("tiny", "{value}", 0, 5e-324),
    ("nan", "{value}", 0, float("nan")), ("infinite", "{value}", 0, float("inf")), ("six digits", "{value}", 0, 123456.789), ("seven digits", "{value}", 0, 1234567.89),
    ("third", "{value}", 0, 1 / 3), ("twice", "{value}{value}", 0, 0.1), ("percent", "%s%n{value}%d", 0, 2), ("blank in braces", "{ device }", 0, 1))})
seeds("alarm_text", {"a device named like a template": b"{device} {place}\n{place}\n{age}\n{device}\n", "not UTF-8": b"{device}\xff\n\xff\n\xfe\n\xfd\n", "nothing at all": b""})

# ---- plugin protocol

samples = {
    "ready": {"type": "ready", "name": "mqtt-source", "version": "1.0", "roles": ["source"]}, "ready all roles": {"type": "ready", "name": "x", "roles": ["source", "notifier", "uplink", "command", "later"]},
    "ready no role": {"type": "ready", "name": "x", "roles": ["later"]}, "ready roles no list": {"type": "ready", "name": "x", "roles": "source"}, "ready no name": {"type": "ready", "roles": ["source"]},
    "sample": {"type": "sample", "device": "sos-1204", "fields": {"action": "emergency", "battery": 97}, "at": 1718000000.12, "id": "88"},
    "sample nested": {"type": "sample", "device": "d", "fields": {"object": {"temperature": 215}, "a": {"b": "lying", "c": {"d": {"e": 1}}}, "contact": False}},
    "sample deep": {"type": "sample", "device": "d", "fields": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}}}},
    "sample many fields": {"type": "sample", "device": "d", "fields": {f"f{i}": i for i in range(40)}}, "sample id number": {"type": "sample", "device": "d", "fields": {}, "id": 88},
    "sample id real": {"type": "sample", "device": "d", "fields": {}, "id": 88.0}, "sample id half": {"type": "sample", "device": "d", "fields": {}, "id": 88.5},
    "sample id null": {"type": "sample", "device": "d", "fields": {}, "id": None}, "sample id long": {"type": "sample", "device": "d", "fields": {}, "id": "x" * 257},
    "sample id with a quote": {"type": "sample", "device": "d", "fields": {}, "id": "a\"b\\c\nd\u2028\u0001"}, "sample retained and test": {"type": "sample", "device": "d", "fields": {"battery": 1}, "retained": True, "test": True},
    "sample lists": {"type": "sample", "device": "d", "fields": {"battery": [1], "action": None, "contact": {}}}, "sample long text": {"type": "sample", "device": "d", "fields": {"a": {"b": "卧" * 100}}},
    "sample no device": {"type": "sample", "fields": {}}, "sample null device": {"type": "sample", "device": None, "fields": {}}, "sample fields no object": {"type": "sample", "device": "d", "fields": [1]},
    "sample old": {"type": "sample", "device": "d", "fields": {}, "at": -1}, "sample in ms": {"type": "sample", "device": "d", "fields": {}, "at": 1718000000120}, "sample tiny at": {"type": "sample", "device": "d", "fields": {}, "at": 1e-300},
    "sample numbers as text": {"type": "sample", "device": "d", "fields": {"battery": "97", "object.temperature": "1e3"}}, "stale": {"type": "stale", "device": "d"}, "fault": {"type": "fault", "text": "no broker"}, "fault no text": {"type": "fault"},
    "healthy": {"type": "healthy"}, "discovered": {"type": "discovered", "address": "0x1", "fields": {"a": 1}}, "discovered alone": {"type": "discovered", "address": "0x1"}, "delivered": {"type": "delivered", "batch": 12},
    "delivered real": {"type": "delivered", "batch": 12.0}, "delivered negative": {"type": "delivered", "batch": -1}, "delivered beyond": {"type": "delivered", "batch": 1e300}, "refused": {"type": "refused", "batch": 12, "retry": False, "text": "full"},
    "notified": {"type": "notified", "id": 7, "ok": True}, "result": {"type": "result", "id": 9, "ok": False, "text": "no"}, "pong": {"type": "pong", "id": 3}, "unknown": {"type": "weather", "x": 1}, "no type": {"x": 1}, "type a number": {"type": 1},
}
seeds("protocol", {name: compact(value) for name, value in samples.items()})
seeds("protocol", {"empty": "", "a list": "[1]", "not JSON": "hello", "cut": '{"type":"sample","dev', "key twice": '{"type":"pong","type":"stale"}', "bad UTF-8": b'{"type":"fault","text":"\xff"}',
                   "a zero inside": '{"type":"fault","text":"a\\u0000b"}', "beyond 64 bits": '{"type":"sample","device":"d","fields":{"battery":123456789012345678901234567890}}',
                   "real beyond": '{"type":"sample","device":"d","fields":{"battery":1e400}}', "two objects": '{"type":"pong"}{"type":"pong"}', "deep": "[" * 3000, "surrogate": '{"type":"fault","text":"\\ud83d\\ude00 \\ud83d"}',
                   "discovered whole": compact({"type": "discovered", "address": "0x1", "name": "door", "vendor": "Aqara", "model": "MCCGQ11LM", "battery": 97, "fields": {"contact": True}}),
                   "discovered battery a text": compact({"type": "discovered", "address": "0x1", "battery": "low"}), "discovered nulls": compact({"type": "discovered", "address": "0x1", "name": None, "battery": None, "fields": None})})

# ---- upstream

reason = {"when": "level > 90", "inputs": [{"point": "tank-1.level", "value": 93.5, "quality": "good", "at": "2024-05-01T10:00:00.120+08:00"}]}


def reading(**more):
    return compact({"when": "x", "inputs": [{"point": "p.x", "value": 1, "quality": "good", "at": None, **more}]})


seeds("alarm_json", {"a reason": compact(reason), "no inputs": '{"when":"","inputs":[]}', "true": reading(value=True), "null": reading(value=None, quality="lost"), "text": reading(value="水"), "long text": reading(value="水" * 60),
                     "a list": reading(value=[1]), "stale": reading(quality="stale"), "unknown quality": reading(quality="fine"), "no quality": reading(quality=None), "half": reading(value=0.5), "third": reading(value=1 / 3), "1e300": reading(value=1e300),
                     "2^53": reading(value=2**53), "2^63-1": reading(value=2**63 - 1), "-0": reading(value=-0.0), "tiny": reading(value=5e-324), "at epoch": reading(at="1718000000.5"), "at without offset": reading(at="2024-05-01 10:00"),
                     "at wrong": reading(at="yesterday"), "at a number": reading(at=1718000000), "at 1970": reading(at="1970-01-01T08:00:00.000+08:00"), "at year 0": reading(at="0000-01-01T00:00:00Z"), "at year 9999": reading(at="9999-12-31T23:59:59.999-14:00"),
                     "at before": reading(at="-99999999999"), "point of 95": reading(point="p" * 95), "point of 96": reading(point="p" * 96), "eight inputs": compact({"when": "x", "inputs": reason["inputs"] * 8}), "nine inputs": compact({"when": "x", "inputs": reason["inputs"] * 9}),
                     "when a number": '{"when":1,"inputs":[]}', "inputs an object": '{"when":"x","inputs":{}}', "input a number": '{"when":"x","inputs":[1]}', "when long": compact({"when": "level > 1 || " * 300, "inputs": []}), "control characters": compact({"when": "a\tb\u007f", "inputs": []}),
                     "empty": "", "broken": '{"when":"x","inputs":[', "mixed reals": compact({"when": "x", "inputs": [{**reason["inputs"][0], "value": v} for v in (0.1, 1e-7, 123456789.123456789)]})})
payloads = {"alarm": {"alarm": "sos/sos-1204", "state": "unacked", "priority": 1, "reason": reason, "text": {"zh": "求助", "en": "help"}, "place": "b3/u1/1204"}, "empty": {}, "nested own": {"a": {"v": 1, "seq": 2}}, "own v": {"v": 2}, "own seq": {"seq": 1}, "own kind": {"x": 1, "kind": "gap"},
            "gap": {"lane": "data", "from": 3, "to": 9}, "braces in a text": {"a": "}{", "b": "{", "c": "}"}, "quotes": {"a": "\"\\\"", "\"": 1}, "unicode": {"名": "水\u2028"}, "deep": {"a": [[[[{"b": [1, {"c": None}]}]]]]}, "numbers": {"a": 0.1, "b": -0.0, "c": 1e-300, "d": 2**60}}
seeds("envelope", {name: "demo\n" + compact(value) for name, value in payloads.items()})
seeds("envelope", {name: ("demo\n" + text) for name, text in {
    "blanks": " \t{ \n \"a\" : 1 \r\n , \"b\" : [ 1 ,\n2 ] } \n", "only blanks within": "{ \n\t }", "blank lines": "{\n\n\"a\":\n1}\n\n", "number keeps its digits": '{"a":1.50000000000000000000001,"b":100E-2}', "escaped own": '{"\\u0076":1}', "escaped seq": '{"s\\u0065q":1}',
    "key twice": '{"a":1,"a":2}', "a list": "[1]", "a number": "1", "nothing": "", "cut": '{"a":1', "behind": '{"a":1} x', "two": "{}{}", "a zero": '{"a":"\\u0000"}', "bad escape": '{"a":"\\x"}', "text with line end": '{"a":"b\nc"}', "CR inside": '{"a":\r1\r}', "empty key": '{"":1}', "long": '{"a":"' + "x" * 3000 + '"}'}.items()})
seeds("envelope", {"estate in Chinese": "示范小区\n{\"a\":1}", "estate not UTF-8": b"\xff\xfe\n{\"a\":1}", "estate with a quote": 'a"b\\\n{"a":1}', "estate empty": '\n{"a":1}', "a lane's name": 'data\n{}', "payload not UTF-8": b'demo\n{"a":"\xff"}'})

# ---- base: texts and times

texts = ["", "0", "1", "-1", "+7", "007", "65535", "65536", "4294967295", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "0x7f", "0xffffffffffffffff", "-0x1", "0x", " 1", "1 ", "1.5", ".5", "5.", "1e3", "1e+30", "1e400", "-1e-400", "0.1",
         "123456789.123456789", "nan", "inf", "1,5", "500ms", "90s", "10m", "2h", "60d", "1h30m", "1.5h", "0s", "90", "s", "1x", "300000000000d", "9.5.5s", "1us", "99999999999999999999us", "512MB", "64kB", "2GB", "1B", "1KiB", "8GiB", "9999999999GB", "lift-1", "_x", "-x", "a" * 63, "a" * 64,
         "Ab", "histeresis", "hysteresis", "水箱", "a水b", "𠀀", "\u0080", "\t\n\"\\", "\u007f", "*", "[a-z]*", "[", "a?c", "*a*a*a*a*a*b"]
seeds("str", {(re.sub(r"[^A-Za-z0-9.+-]", "_", text)[:30] or "empty") + f" {i}": text for i, text in enumerate(texts)})
seeds("str", {"overlong 2": b"\xc0\x80", "overlong 3": b"\xe0\x80\x80", "surrogate": b"\xed\xa0\x80", "beyond 10ffff": b"\xf4\x90\x80\x80", "cut 3": b"ab\xe6\xb0", "continuation first": b"\x80a", "double nan": struct.pack(">d", float("nan")), "double least": struct.pack(">Q", 1),
              "double most": struct.pack(">d", 1.7976931348623157e308), "double third": struct.pack(">d", 1 / 3), "double -0": struct.pack(">d", -0.0), "double 2^53": struct.pack(">d", 2.0**53 + 2), "a zero inside": b"12\0x"})
times = ["2026-11-22T03:00:00.120+08:00", "2026-11-22T03:00:00Z", "2026-11-22 03:00", "2026-11-22", "2026-11-22T03:00:00", "2026-11-22T03:00:00.5", "2026-11-22T03:00:00,5", "2026-11-22T24:00:00", "2026-11-22T23:59:60Z", "2026-02-30", "2024-02-29", "2023-02-29T00:00:00Z", "1970-01-01T00:00:00Z",
         "1969-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z", "0000-01-01", "9999-12-31T23:59:59.999999Z", "2026-11-22T03:00:00-0500", "2026-11-22T03:00:00+14:00", "2026-11-22T03:00:00+15:00", "2026-13-01", "2026-00-01", "2026-11-22T03:00:00.123456789012345678901Z", "0", "1718000000.120",
         "-1", "-99999999999", "100000000000", "100000000001", "1e9", "1718000000,5", "2026-03-29T02:30:00", "2026-10-25T02:30:00", "2026-11-01T01:30:00", "2026-11-22t03:00:00z", "", "2026", "2026-11", "2026-11-22T", "2026-11-22T03", "20261122T030000Z", "2026-11-22T03:00:00 +08:00", "-0.0000001"]
for zone in range(2):
    seeds("clock", {re.sub(r"[^A-Za-z0-9.+-]", "_", text)[:40] + f" {i} {zone}": bytes((zone * 2 + i % 2,)) + text.encode() for i, text in enumerate(times) if not zone or i > 30})
seeds("sdk_clock", {re.sub(r"[^A-Za-z0-9.+-]", "_", text)[:40] + f" {i}": text for i, text in enumerate(times)})

# ---- api and estatectl

paths = ["/", "", "/v1/status", "/v1/points/lift-1.door_zone", "/v1/points/", "/v1/points", "/v1/points/a/b", "/v1/points/%E6%B0%B4", "/v1/points/%zz", "/v1/points/%00", "/v1/points/%", "/v1/points/%4", "/v1/points/a%2Fb", "/v1/points/a+b", "/v1/points/%ff", "/v1/points/..", "/v1/points/" + "x" * 255,
         "/v1/points/" + "x" * 256, "/v1/points/" + "%41" * 300, "/v1/alarms/sos/sos-1204/ack", "/v1/alarms/welfare/b3/u1/1204/ack", "/v1/alarms/a/close", "/v1/alarms/ack", "/v1/alarms//ack", "/v1/alarms/a//b/ack", "/v1/alarms/a/ack/", "/v1/alarms/a/ack/ack", "/v1/alarms/a%2Fack/ack", "/v1/stream/", "//v1/status",
         "/a/x/b", "/a/b/x/x/c", "/x/x/x", "/" * 20, "v1/status", "/v1/points/ a", "/v1/points/a?b", "lift-1.load", "求助/sos-1204", "100%", "a b\tc"]
seeds("router", {(re.sub(r"[^A-Za-z0-9.%-]", "_", text)[:40] or "empty") + f" {i}": text for i, text in enumerate(paths)})
streams = ["", "\n", "data: {}\n\n", "id: 7\nevent: point\ndata: {\"a\":1}\n\n", "id:7\nevent:point\ndata:x\n\n", ": alive\n\n", "retry: 2000\nid: 5\n\n", "data: a\ndata: b\n\n", "data\n\n", "data:\n\n", "event: alarm\n\n", "event: alarm\ndata: 1\n\nevent: health\ndata: 2\n\n", "data: 1\r\n\r\ndata: 2\r\n\r\n",
           "data: 1\r\rdata: 2\n\n", "id: " + "9" * 60 + "\ndata: 1\n\n", "event: " + "e" * 60 + "\ndata: 1\n\n", "data: cut", "data: 1\n", "id: 1\ndata: 1\n\nid: 2\n\ndata: 3\n\n", "foo: bar\ndata: 1\n\n", "data : 1\n\n", " data: 1\n\n", "datax: 1\n\n", "dat: 1\n\n", "data:  two blanks\n\n", "data: 水\n\n", "\ufeffdata: 1\n\n",
           "event: gap\nid: 9\ndata: {\"from\":1,\"to\":9}\n\n", "id\nid:\nid: \ndata: 1\n\n", "data: " + "x" * 2000 + "\n\n", "data: 1\n\n" * 210, ":" * 50 + "\ndata: 1\n\n", "id: 3\nid: 4\nevent: a\nevent: b\ndata: 1\n\n"]
seeds("sse", {(re.sub(r"[^A-Za-z0-9-]", "_", text)[:25] or "empty") + f" {i}": bytes((i * 5 % 16,)) + text.encode() for i, text in enumerate(streams)})
seeds("sse", {"a zero": b"\0data: a\0b\n\n", "not UTF-8": b"\3data: \xff\n\n"})
token = "0123456789abcdef" * 4
headers = [f"estate={token}", f"a=b; estate={token}; c", f"estate=no; estate={token}", f"estate={token};", f" estate={token}", "estate=", "estate", ";", "; ;", f"estate={token}\r\nX: y", f"estate=\"{token}\"", "estate=" + "a" * 15, "estate=" + "a" * 16, "estate=" + "a" * 128, "estate=" + "a" * 129,
           f"xestate={token}", f"estate ={token}", f"__Host-estate={token}", f"ESTATE={token}", "https://desk.example:8443", "https://DESK.example:8443", "https://desk.example:8443.evil", "null", "https://", "desk.example:443", "Desk.Example", "[::1]:443", "[", ":", "/v1/points?match=%20", "/v1/a b", "//"]
seeds("gate", {(re.sub(r"[^A-Za-z0-9-]", "_", text)[:25] or "empty") + f" {i}": bytes((i * 5 % 16,)) + text.encode() for i, text in enumerate([*headers, *streams])})
# ---- app: lines of a recording

GOOD_LINES = [
    '{"t":"2011-06-15T01:03:39.149","device":"m-bed","fields":{"motion":true}}', '{"t":"2011-06-15T01:03:39.149+08:00","device":"m-bed","fields":{"motion":false}}',
    '{"t":1308070980.25,"device":"a","fields":{"x":-1.5,"y":"on","z":null}}', '{"t":"1308070980","device":"a","fields":{}}', ' { "device" : "a" , "t" : 1 , "fields" : { "x" : 0 } } \r',
    '{"t":1,"device":"a","fields":{"object":{"temperature":21.5}},"test":true}', '{"t":1,"device":"a","points":{"level":95}}',
    '{"t":1,"device":"a","quality":"lost"}', '{"t":1,"bus":"b","quality":"good"}', '{"t":1,"plugin":"p","quality":"stale"}', '{"t":1,"device":"a","point":"level","quality":"suspect"}',
    '{"t":1,"device":"a","fields":{"x":1},"quality":"good"}', '{"t":"2011-06-15T01:03","clock_step":"-1h"}', '{"t":1,"clock_step":"+20000d"}', '{"t":1,"clock_step":-1.5}',
    '{"t":1,"restart":true}', '{"t":1,"command":{"verb":"ack","alarm":"a/b","note":"n","who":"li"}}', '{"t":1,"command":{"verb":"close","alarm":"a/b","outcome":"false"}}',
    '{"t":1,"command":{"verb":"shelve","alarm":"a/b","for":"2h","reason":"x"}}', '{"t":1,"command":{"verb":"test","device":"a"}}', '{"t":1,"command":{"verb":"out-of-service","alarm":"a/b","for":"0"}}',
    '{"t":1,"command":{"verb":"in-service","subject":"a"}}', '{"t":1,"command":{"verb":"comment","alarm":"a/b"}}',
]
BAD_LINES = [
    '{"t":1,"device":"a","fields":{"x":01}}', '{"t":1,"device":"a","fields":{"x":1.}}', '{"t":1,"device":"a","fields":{"x":-0}}', '{"t":1,"device":"a","fields":{"x":1e999}}',
    '{"t":1,"device":"a","fields":{"x":1,"x":2}}', '{"t":1,"device":"a","fields":{"x":"\\u0000"}}', '{"t":1,"device":"\\ud800","fields":{}}', '{"t":"2011-06-15T01:03:61","device":"a","fields":{}}',
    '{"t":1,"device":"a","fields":{"x":12345678901234567890}}', '{"t":1,"device":"a","fields":{"x":999999999999999.5}}', '{"t":1,"restart":false}', '{"t":1,"clock_step":"--1h"}',
    '{"t":1,"command":{"verb":"akc","alarm":"a/b"}}', '{"t":1,"command":{"verb":"close","alarm":"a/b","outcome":"ok"}}', '{"t":1,"feilds":{}}', '[]', '{', '{"t":1,"device":"a","fields":{"x":1}}x',
]
seeds("replay_line", {f"good {i}": line for i, line in enumerate(GOOD_LINES)})
seeds("replay_line", {f"bad {i}": line for i, line in enumerate(BAD_LINES)})
seeds("replay_line", {"all good": "\n".join(GOOD_LINES), "minutes": "\n".join('{"t":"%s","device":"a","fields":{}}' % t for t in (
    "2011-06-15T01:03:39", "2011-06-15T01:03:40.5", "2011-06-15T01:03:40Z", "2011-06-15T01:03:40+0800", "2011-06-15T01:03", "2011-06-15T01:04:00", "2011-06-15T24:00:00", "2011-06-31T01:03:00")),
    "not UTF-8": b'{"t":1,"device":"\xff","fields":{}}', "a zero": b'{"t":1,"device":"a\0b","fields":{}}', "beyond ASCII": '{"t":1,"device":"栋","fields":{"温度":21}}',
    "many fields": '{"t":1,"device":"a","fields":{%s}}' % ",".join(f'"f{i}":{i}' for i in range(300))})

# ---- ctl: register tables of makers

HEAD = "name,address,fc,type,order,scale,unit,min,max,values,access\n"
sheets = {"empty": "", "head only": HEAD, "one": HEAD + "a,30,3,i16,,0.1,kPa,0,100,,R\n", "paper": "address\n40031\n30001\n10001\n00001\n",
          "six digits": "address\n400031\n465536\n", "hex": "address\n0x1E\n1EH\nFFFFH\n", "bits": "address,bit\n12.3,\n12.3-5,\n12,0-15\n",
          "bad bit": "address\n12.16\n12.5-3\n12.-1\n12.\n", "chinese": "名称,地址,功能码,类型,字节序,倍率,单位\n温度,30,03,有符号16,大端,0.1,°C\n",
          "gb18030": "名称,地址\n水箱液位,30\n".encode("gb18030"), "utf-16": "名称,地址\n水箱,30\n".encode("utf-16"), "utf-16 cut": "名称,地址\n".encode("utf-16")[:-1],
          "BOM": b"\xef\xbb\xbfaddress\n1\n", "semicolons": "name;address;scale\na;1;0,1\n", "tabs": "name\taddress\na\t1\n", "CRLF": "address\r\n1\r\n\r\n2\r\n",
          "CR only": "address\r1\r2\r", "quotes": 'name,address\n"a ""b"" c",1\n', "quote in the middle": 'address\n1"2\n', "open quote": 'address\n"1\n',
          "line end in a cell": 'name,address\n"a\nb",1\n', "values": "address,values\n1,0=off; 1=on\n2,0:停止;0x1:运行\n", "bad values": "address,values\n1,off\n2,=;=;:\n3,1=\\;2=a b\n",
          "every word wrong": HEAD + "?,x,9,int17,xyz,fast,kPa,low,high,none,perhaps\n", "string": "address,type,count\n1,string,8\n2,string,\n3,string,999\n",
          "bytes": "address,type\n1.0-7,u8\n1.8-15,i8\n1,u8\n", "coil with type": "address,fc,type\n1,1,u16\n1.2,1,bit\n", "twice the column": "addr,address\n1,2\n",
          "no address": "name,type\na,u16\n", "wide": ",".join("a" * 70) + "\n", "binary": b"PK\x03\x04\0\0\1\2\xff", "not text": b"\xff\xff\xff\n\x80,\x80\n",
          "only ends": "\n\n\n\r\n\r", "long cell": "address,name\n1," + "x" * 5000 + "\n", "numbers": "address,scale,offset,min,max\n1,1e400,nan,-0,0x10\n2,.5,5.,+1,1e-3\n",
          "period and rest": "address,period,access,colour\n1,60s,W,red\n2,1,rw,\n3,500ms,只读,blue\n", "more cells than heads": "address\n1,2,3\n", "fewer": "name,address,type\na\n"}
seeds("sheet", sheets)

# ---- the register of residents

R_HEAD = "id,name,place,categories,needs,phone\n"
R_ALL = ("id,name,place,categories,needs,floor,phone,contacts,grid_worker,rules,limits,absences,hospital_until,consent,door_code,"
         "illness,doctor,note\n")
residents = {
    "empty": "", "head": R_HEAD, "one": R_HEAD + "r1,住户,b1/u1/101,独居;高龄,mobility,138\n", "semicolons": "place;id;categories\nb1/u1/101;r1;lives_alone\n",
    "bom": "\ufeff" + R_HEAD + '"r1","a ""b""",b1/u1/101,"aged; dementia",,\r\n\r\n', "chinese": "编号,姓名,住处,类别,年龄\nr1,甲,b1/u1/101,重度残疾、失智,80\n",
    "all": R_ALL + "r1,a,b1/u1/101,独居,oxygen,-1,+86 10,desk;grid-3,grid-3,+night-exit;-drift,welfare.buffer=3h,2026-10-01/2026-10-07,2026-10-20,2026-01-31,1357#,x,y,z\n",
    "times": R_ALL + "r1,,b1,,,,,,,,,2026-10-01 08:00/2026-10-07T09:00:00.5+02:00;2027-01-01/2027-01-01,2026-10-20T00:00:00Z,1970-01-01,,,,\n",
    "absences 17": R_ALL + "r1,,b1,,,,,,,,," + ";".join(["2026-10-01/2026-10-07"] * 17) + ",,,,,,\n",
    "absence backwards": R_ALL + "r1,,b1,,,,,,,,,2026-10-07/2026-10-01,,,,,,\n", "absence half": R_ALL + "r1,,b1,,,,,,,,,2026-10-07/,,,,,,\n",
    "year 9998": R_ALL + "r1,,b1,,,,,,,,,9998-12-31/9998-12-31,9998-12-31,,,,,\n", "day 0": R_ALL + "r1,,b1,,,,,,,,,,0000-00-00,1969-12-31,,,,\n",
    "no place": "id,name,categories\nr1,a,aged\n", "twice": R_HEAD + "r1,,b1,aged,,\nr1,,b1,aged,,\n", "no id": R_HEAD + ",a,b1,aged,,\n",
    "column twice": "id,id,place,categories\nr1,r2,b1,\n", "more cells": "id,place,categories\nr1,b1,aged,x,,y\n", "fewer cells": R_HEAD + "r1\n",
    "other place": R_HEAD + "r1,,b9/u1,aged,,\n", "bad place": R_HEAD + "r1,,b1//x,aged,,\n", "bad id": R_HEAD + "r 1,,b1,aged,,\nr/2,,b1,aged,,\n",
    "words": R_HEAD + "r1,,b1,agde;;；,oxigen，吸氧,\n", "phone": R_HEAD + "r1,,b1,,,call me\n", "quote open": R_HEAD + '"r1,x,b1,aged,,\n',
    "quote inside": R_HEAD + 'r"1,x,b1,aged,,\n', "two lines": R_HEAD + '"r1","a\nb",b1,aged,,\n', "gb18030": R_HEAD.encode() + b"r1,\xd5\xc5,b1,aged,,\n",
    "zero": R_HEAD.encode() + b"r1,\0,b1,aged,,\n", "blank lines": "\n\n" + R_HEAD + "\n,,,,,\nr1,,b1,,,\n", "no line end": R_HEAD + "r1,,b1,aged,,",
    "contact": R_ALL + "r1,,b1,,,,,dsek,Grid,,,,,,,,,\n", "rules": R_ALL + "r1,,b1,,,,,,,drift;+nope,welfare.bufer=3h;=;x,,,,,,,\n",
    "limits": R_ALL + "r1,,b1,,,,,,,,welfare.buffer=3parsecs;night-exit.from=25:00,,,,,,,\n", "floors": R_ALL + "r1,,b1,,,151,,,,,,,,,,,,\nr2,,b1,,,1e1,,,,,,,,,,,,\n",
    "long": R_HEAD + "r1," + "x" * 70000 + ",b1,aged,,\n", "long id": R_HEAD + "r" * 64 + ",,b1,aged,,\n", "many columns": ",".join(["x"] * 70) + "\n" + ",".join(["y"] * 70) + "\n",
    "tabs": "ID\tPlace\tCATEGORIES\nr1\tb1\t独居\n", "sep": "sep=;\r\nid;place;categories\r\nr1;b1;aged\r\n", "sep alone": "sep=", "sep odd": "sep=x\nidxplace\n",
    "blanks": "\u00a0id\u3000,place,categories\n\u3000r1\u200b,\ufeffb1 ,\u00a0独居\u00a0\n\u00a0\u3000,\u00a0,\n", "refused": R_ALL + "r1,,b1,aged,,,,,,,,,,refused,,,,\nr2,,b1,,,,,,,,,,,不同意,,,,\n",
    "cards": "id,place,categories,cards\nr1,b1,aged,0004512;04 A2、7\nr2,b1,aged,7;;" + "8" * 64 + "\n",
    "days": "编号,住处,类别,需要,透析日\nr1,b1,aged,透析,周一;星期五,sun\nr2,b1,aged,透析,mo;周八\n",
}
seeds("residents", residents)

# ---- audit records, as `estatectl audit export` writes them

def record(n, prev, kind="command", what="bus-1", **more):
    text = json.dumps({"n": n, "time": "2026-11-22T03:00:00.000+08:00", "clock": "synchronised", "boot": "b", "mono": n, "kind": kind, "who": "张三",
                       "what": what, "why": None, **more}, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256((prev + text).encode()).hexdigest()
    return text[:-1] + f',"prev":"{prev}","hash":"{digest}"}}', digest


def chained(kinds, first=1, prev="0" * 64):
    lines = []
    for i, kind in enumerate(kinds):
        line, prev = record(first + i, prev, **(kind if isinstance(kind, dict) else {"kind": kind}))
        lines.append(line)
    return lines


FIVE = chained(["audit", "alarm", "mode", "write", "delivery"])
LATER = chained([{"kind": "audit", "what": "anchor", "detail": {"to": 99, "hash": "a" * 64}}, "alarm", "clock"], 100, "a" * 64)
chains = {
    "empty": [], "one": FIVE[:1], "five": FIVE, "later": LATER, "later without anchor": LATER[1:], "missing": FIVE[:2] + FIVE[3:], "two missing": FIVE[:1] + FIVE[3:],
    "moved": [FIVE[0], FIVE[2], FIVE[1], FIVE[3]], "twice": FIVE[:3] + FIVE[2:], "cut": FIVE[:4] + [FIVE[4][:80]], "changed": FIVE[:2] + [FIVE[2].replace("bus-1", "bus-2")] + FIVE[3:],
    "changed hash": FIVE[:2] + [FIVE[2][:-4] + 'f"}'] + FIVE[3:], "changed prev": [FIVE[0], FIVE[1].replace('"prev":"', '"prev":"0')], "no json": FIVE[:2] + ["nonsense"] + FIVE[2:],
    "an array": ["[]"], "an object": ["{}"], "no n": [FIVE[0].replace('"n":1', '"m":1')], "n of text": [FIVE[0].replace('"n":1', '"n":"1"')], "n negative": [FIVE[0].replace('"n":1', '"n":-1')],
    "n zero": [FIVE[0].replace('"n":1', '"n":0')], "n huge": [FIVE[0].replace('"n":1', '"n":9223372036854775807')], "n too huge": [FIVE[0].replace('"n":1', '"n":99223372036854775807')],
    "prev within": chained([{"kind": "command", "what": 'x,"prev":"'}]), "no prev": [FIVE[0].split(',"prev"')[0] + "}"], "hash short": [FIVE[0][:-20] + '"}'], "hash of numbers": [FIVE[0].split(',"hash"')[0] + ',"hash":7}'],
    "lost": chained([{"kind": "audit", "what": "lost", "detail": {"from": 1, "to": 7}}], 8), "replaced": chained(["audit", {"kind": "audit", "what": "replaced", "detail": {"n": 1}}]),
    "unwitnessed": chained(["audit", {"kind": "audit", "what": "unwitnessed"}]), "replaced without detail": chained([{"kind": "audit", "what": "replaced"}]),
    "detail of text": chained([{"kind": "audit", "what": "anchor", "detail": "x"}]), "blank lines": ["", FIVE[0], "", FIVE[1]], "carriage return": [FIVE[0] + "\r", FIVE[1] + "\r"],
    "not utf-8": [FIVE[0].replace("张", "\udcff")], "terminal": chained([{"kind": "\x1b[2J", "what": "\x1b]0;x\x07"}]) + ["{"], "long": chained([{"kind": "command", "what": "x" * 5000}]),
    "deep": ["[" * 3000], "anchor of another": chained([{"kind": "audit", "what": "anchor", "detail": {"to": 99, "hash": "b" * 64}}], 100, "a" * 64),
}
seeds("chain", {name: "\n".join(lines).encode("utf-8", "surrogateescape") for name, lines in chains.items()})

widths = ["", "abc", "水箱", "水a箱b", "｜全角｜", "ｱｲｳ", "한국어", "ひらがな", "😀", "👨‍👩‍👧", "é", "a\u200bb", "\u202eevil", "\x1b[31mred", "\x07bell", "a\nb\tc", "\x7f", "\u0080\u009f", "\u00a0", "€", "𠀀", "\U0010ffff", "①", "─│┌", "\ufeffx", "°C", "\u2066x\u2069", "21.5 °C", "b3/u1/1204 老人求助", "∑≈", "\u061cx", "\u200ex\u200f", "\u0300", "🇨🇳", "\ufe0f"]
seeds("width", {f"text {i}": text for i, text in enumerate(widths)})
seeds("width", {"broken 1": b"\xff", "broken 2": b"\xe6\xb0", "broken 3": b"a\xc3", "surrogate": b"\xed\xa0\x80", "overlong": b"\xc0\xaf", "lone continuation": b"\x80\x80", "gbk": "水箱".encode("gbk")})


def get(target, *headers):
    return "\r\n".join((f"GET {target} HTTP/1.1", "Host: x", *headers, "", "")).encode()


def post(target, body, *headers):
    body = body if isinstance(body, bytes) else body.encode()
    return "\r\n".join((f"POST {target} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers, "", "")).encode() + body


def then(what=b"-"):
    return b"\x1e" + what


raised = then(b"9") + then(b"p")
ack, close = "/v1/alarms/tank-high/tank-1/ack", "/v1/alarms/tank-high/tank-1/close"
deed = "/v1/alarms/tank-high/tank-1/%s"
seeds("api", {f"deed {verb} {i}": raised + post(deed % verb, body) + then(b"c") + get("/v1/alarms") for verb, bodies in {
    "shelve": ('{"for":"2h","reason":"works"}', '{"for":"8d","reason":"x"}', '{"for":"0s","reason":"x"}', '{"for":"2h"}', '{"for":2,"reason":"x"}'),
    "unshelve": ("", '{"note":"x"}'), "comment": ('{"note":"seen"}', ""), "arrive": ("", '{"note":1}')}.items() for i, body in enumerate(bodies)})
seeds("api", {f"mode {i}": raised + post(path, body) + then(b"c") + get("/v1/modes") for i, (path, body) in enumerate((
    ("/v1/out-of-service/tank-1", '{"for":"2h","reason":"works"}'), ("/v1/out-of-service/tank-1", '{"for":"0s"}'), ("/v1/out-of-service/tank-1", '{"for":"2h"}'),
    ("/v1/out-of-service/tank-9", '{"for":"2h","reason":"x"}'), ("/v1/out-of-service/sos-1", '{"for":"2h","reason":"x"}'), ("/v1/test/b3/u1", ""),
    ("/v1/test/tank-1", '{"for":"7d"}'), ("/v1/test/b9", "{}"), ("/v1/test/%ff", "{}")))})
seeds("api", {"shelved then off": raised + post(deed % "shelve", '{"for":"2h","reason":"works"}') + then(b"c") + post(deed % "unshelve", "") + then(b"c") + get(deed % "story"),
              "story of none": get("/v1/alarms/a/b/story"),
              **{f"filter {i}": raised + get("/v1/alarms?" + query) for i, query in enumerate(("state=unacked,shelved", "state=", "state=x", "state=unackedx", "priority=1", "priority=5", "priority=x", "place=b3/*", "since=2h", "since=2026-11-22T03:00", "since=x", "all=1&state=normal&priority=4&place=*&since=0", "stat=x"))}})
seeds("api", {f"get {path.replace('/', '_')}": raised + get(path) for path in ("/", "/v1/status", "/v1/buses", "/v1/devices", "/v1/points", "/v1/alarms", "/v1/alarms?all=1", "/v1/plugins", "/v1/outbox", "/metrics", "/v1/points/tank-1.level", "/v1/points/tank-1.levle", "/v1/devices?match=tank*", "/v1/points?match=[",
                                                                              "/v1/points?match=%ff", "/v1/points?mtach=x", "/v1/points?match=a&match=b", "/v1/status?x=1", "/v1/points?match", "/v1/points?=&", "/v1/config/diff", "/v1/statuss", "/v1/points/%00", "*", "http://x/v1/status", "/v1/points/%E6%B0%B4")})
seeds("api", {
    "stream": get("/v1/stream") + then(b"p") + then(b"9") + then(b"h"), "stream of a glob": get("/v1/stream?match=sos-*") + then(b"p") + then(b"9"), "stream from an id": get("/v1/stream", "Last-Event-ID: 5") + then(b"p"), "stream from the future": get("/v1/stream", "Last-Event-ID: 9223372036854775807") + then(b"p"),
    "stream from no number": get("/v1/stream", "Last-Event-ID: x"), "stream from -1": get("/v1/stream", "Last-Event-ID: -1"), "stream from hex": get("/v1/stream", "Last-Event-ID: 0x10"), "stream and then more": get("/v1/stream") + then(b"p") + get("/v1/status"),
    "ack": raised + post(ack, '{"note":"on the way"}') + then(b"c"), "ack without a body": raised + post(ack, "") + then(b"c"), "ack twice": raised + post(ack, "{}") + then(b"c") + post(ack, "{}") + then(b"c"), "ack of nothing": post(ack, "{}"), "ack of another": raised + post("/v1/alarms/a/b/c/ack", "{}"),
    "ack not JSON": raised + post(ack, "hello"), "ack a list": raised + post(ack, "[]"), "ack unknown key": raised + post(ack, '{"nota":"x"}'), "ack note a number": raised + post(ack, '{"note":1}'), "ack note long": raised + post(ack, '{"note":"' + "x" * 501 + '"}'), "ack note null": raised + post(ack, '{"note":null}'),
    "ack key twice": raised + post(ack, '{"note":"a","note":"b"}'), "ack note not UTF-8": raised + post(ack, b'{"note":"\xff"}'), "ack note with a zero": raised + post(ack, '{"note":"a\\u0000b"}'), "ack in pieces": raised + post(ack, "{}")[:40] + then() + post(ack, "{}")[40:] + then(b"c"), "ack and gone": raised + post(ack, "{}"),
    "close": raised + post(ack, "{}") + then(b"c") + then(b"1") + post(close, '{"outcome":"real","note":"pump was off"}') + then(b"c"), "close before ack": raised + post(close, '{"outcome":"false"}'), "close while it holds": raised + post(ack, "{}") + then(b"c") + post(close, '{"outcome":"test"}'),
    "close no outcome": raised + post(close, "{}"), "close wrong outcome": raised + post(close, '{"outcome":"al"}'), "close empty outcome": raised + post(close, '{"outcome":""}'), "get of a post": get(ack), "post of a get": post("/v1/status", "{}"), "delete": b"DELETE /v1/alarms HTTP/1.1\r\nHost: x\r\n\r\n",
    "head": b"HEAD /v1/status HTTP/1.1\r\nHost: x\r\n\r\n", "options": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "http 1.0": b"GET /v1/status HTTP/1.0\r\n\r\n", "two at once": get("/v1/status") + get("/v1/alarms"), "chunked": b"POST " + ack.encode() + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + then(b"c"),
    "length too long": b"POST " + ack.encode() + b" HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n{}", "length negative": b"POST " + ack.encode() + b" HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}", "header too long": b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", "expect": b"POST " + ack.encode() + b" HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n" + then() + b"{}",
    "garbage": b"\x16\x03\x01\x02\x00", "one byte": b"G", "line end only": b"\r\n\r\n", "drips": b"\x1e-".join(bytes((c,)) for c in get("/v1/outbox")), "reload": post("/v1/config/reload", '{"confirm_within":"10m"}') + then(b"c"), "reload wrong": post("/v1/config/reload", '{"confirm_within":"x"}'), "confirm": post("/v1/config/confirm", "{}") + then(b"c"),
    "clock": get("/v1/clock"), "clock set": post("/v1/clock", '{"time":"2026-11-22 03:00"}') + post("/v1/clock", '{"time":"2026-11-22T03:00:01+08:00"}') + post("/v1/clock", '{"time":"2026-11-22T03:00:02Z"}') + post("/v1/clock", '{"time":"2026-11-22T03:00:03Z"}'),
    "read": post("/v1/buses/gw/read", '{"unit":5,"at":"holding:30","count":2,"type":"f32","order":"cdab","guess":23.5}') + post("/v1/buses/gw/read", '{"unit":5,"at":"coil:0","count":2000}'),
    "read wrong": post("/v1/buses/gw/read", '{"unit":0,"at":"holding:30"}') + post("/v1/buses/gw/read", '{"unit":5,"at":"holding:30.1"}') + post("/v1/buses/gw/read", '{"unit":5,"at":"input:65535","count":2}') + post("/v1/buses/gw/read", '{"unit":5,"at":"coil:1","type":"f32"}') + post("/v1/buses/gx/read", '{"unit":5}'),
    "probe": post("/v1/buses/gw/probe", '{"unit":247}') + post("/v1/buses/gw/probe", '{"unit":256}') + post("/v1/buses/gw/probe", "{}"),
    "pause": post("/v1/buses/gw/pause", '{"for":"10m"}') + post("/v1/buses/gw/pause", "{}") + post("/v1/buses/gw/pause", '{"for":"13h"}') + post("/v1/buses/gw/resume", "{}") + post("/v1/buses/gw/resume", '{"for":"1m"}'),
    "write": post("/v1/points/tank-1.level/write", '{"value":1.5,"reason":"test 水"}') + post("/v1/points/tank-1.medium/write", '{"value":"water"}') + post("/v1/points/tank-1.level/write", '{"value":true}'),
    "write wrong": post("/v1/points/tank-1.level/write", '{"value":null}') + post("/v1/points/tank-1.level/write", '{"value":1,"reason":7}') + post("/v1/points/tank-1.levle/write", '{"value":1}') + post("/v1/points/tank-1.level/write", '{"value":1,"who":"me"}'),
    "clock set wrong": post("/v1/clock", '{"time":"now"}') + post("/v1/clock", '{"time":7}') + post("/v1/clock", "{}") + post("/v1/clock", '{"when":"2026-11-22"}'),
    "reload without a body": post("/v1/config/reload", "") + then(b"c"), "reload a number": post("/v1/config/reload", '{"confirm_within":10}'),
    "log": get("/v1/log"), "log level": post("/v1/log", '{"room":"field","level":"debug","for":"10m"}') + post("/v1/log", '{"level":"configured"}'),
    "log level wrong": post("/v1/log", '{"room":"attic","level":"debug"}') + post("/v1/log", '{"level":"loud"}') + post("/v1/log", '{"level":"info","for":"8d"}') + post("/v1/log", '{"level":7}') + post("/v1/log", '{"loud":"x"}'),
})
seeds("api", {f"summary {i}": get("/v1/summary" + query) for i, query in enumerate((
    "", "?day=today", "?day=yesterday&hour=0", "?day=2026-11-22&hour=23", "?day=2026-11-22&hour=24", "?day=2026-02-30", "?day=%00", "?day=2999-01-01",
    "?hour=-1", "?hour=99999999999999999999", "?day=0000-00-00", "?day=" + "9" * 200))})


def as_one(token, csrf=""):
    return f"X-Estate-Client: 10.0.0.7\r\nX-Estate-Session: {token}" + (f"\r\nX-CSRF-Token: {csrf}" if csrf else "")


login = "/v1/login"
seeds("api", {
    **{f"session {i}": raised + get(path, as_one(token)) + then(b"p") for i, (token, path) in enumerate(
        (token, path) for token in ("1", "2", "3", "4", "", "11") for path in ("/v1/session", "/v1/alarms?limit=1", "/v1/points", "/v1/stream?page=1", "/v1/audit"))},
    **{f"change {i}": raised + post(ack, "{}", as_one(token, csrf)) + then(b"c") for i, (token, csrf) in enumerate((("1", "11"), ("1", "22"), ("1", ""), ("2", "22"), ("3", "33")))},
    **{f"login {i}": post(login, body, "X-Estate-Client: ::1") + then(b"c") + get("/v1/session", as_one("1")) for i, body in enumerate((
        '{"user":"desk","password":"p"}', '{"user":"desk","password":"p","wall":true}', '{"user":"guesser","password":"p"}', '{"user":"","password":"p"}', '{"user":"desk","password":""}',
        '{"user":"' + "u" * 64 + '","password":"p"}', '{"user":"desk","password":"' + "p" * 257 + '"}', '{"user":1,"password":"p"}', '{"user":"desk","password":"p","wall":1}', '{"user":"desk","pass":"p"}',
        '{"user":"a\\u0000b","password":"p"}', "[]", "", '{"user":"desk","password":"\\ud800"}', '{"user":"用户","password":"密码"}'))},
    "logins at once": post(login, '{"user":"desk","password":"p"}') * 20 + then(b"c"), "logout": get("/v1/stream", as_one("1")) + then(b"p"),
    "logout of a stream": post("/v1/logout", "{}", as_one("1", "11")) + post("/v1/logout", "{}", as_one("2")), "idle": get("/v1/session", as_one("2") + "\r\nX-Estate-Idle: 1"),
    "two sessions": get("/v1/session", as_one("1") + "\r\nX-Estate-Session: 3"), "session folded": get("/v1/session", "X-Estate-Session: 1\r\n 2"), "client alone": get("/v1/alarms", "X-Estate-Client: 10.0.0.7"),
})
REASON = compact(reason)


def row(state="unacked", id="tank-high/tank-1", text="水箱", number=7, kind="number", value="21.5", reason=REASON):
    return "\n".join((state, id, text, str(number), kind, value, reason))


seeds("restore", {f"state {state or 'none'}": row(state) for state in ("normal", "unacked", "acked", "rtn_unacked", "latched", "shelved", "suppressed", "out_of_service", "", "ACKED", "gone", "unacked ", "good", "stale")})
seeds("restore", {f"reason {i}": row(number=i, reason=text) for i, text in enumerate(("", "{", "[]", "null", '{"when":"x"}', '{"when":"x","inputs":[]}', '{"when":"","inputs":[1]}', '{"when":null,"inputs":[]}', compact({"when": "x", "inputs": reason["inputs"] * 8}), compact({"when": "x", "inputs": reason["inputs"] * 9}), reading(value="水"), reading(at="x"), reading(at="-99999999999"), '{"when":"x","when":"y","inputs":[]}'))})
seeds("restore", {f"value {kind} {i}": row(kind=kind, value=value) for i, (kind, value) in enumerate((("bool", "1"), ("bool", "2"), ("text", "水" * 40), ("event", ""), ("event", "card 7"), ("number", "1e999"), ("number", "x"), ("none", ""), ("", ""), ("Number", "1")))})
seeds("restore", {f"out of the way {state} {kind or 'no kind'}": row(state, number=3_600_000_000, kind=kind) for state in ("shelved", "suppressed", "out_of_service") for kind in ("none", "bool", "text", "")})
seeds("restore", {"shelf longer than time": row("shelved", number=2**62), "shelf before time": row("shelved", number=-2**62)})
seeds("restore", {"empty": "", "no id": row(id=""), "largest number": row(number=2**63 - 1), "least number": row(number=-2**63), "not UTF-8": row(id="@", text="@").encode().replace(b"@", b"\xff\xfe"), "long id": row(id="x" * 300), "a quote": row(id="a'b\"c", text="';--"), "no number": row(number="x"), "of this boot": row(text="b", number=999_000_000), "of this boot, later": row(text="b", number=2_000_000_000), "of another boot, yesterday": row(number=1_699_913_600_000_000)})

def climb(**members):
    call = {"contact": "wang", "duty": "desk", "step": 1, "round": 0, "clear": False, "state": "sent", "failures": 0, "done": 0, "text": ""}
    return row(number=5, reason=compact({"ladder": "L1", "state": "climbing", "priority": 1, "urgent": True, "test": False, "next": 2, "base": 0, "round": 0, "desperate": False, "rose_to": 0, "calls": [call], "waited": 0, "late": False, "place": "b3/u1", "zh": "水", "en": "x", **members}))


seeds("restore", {"ladder": climb(), "ladder of another kind": climb(ladder=7), "ladder without an end": climb(calls=[{"contact": "x" * 99, "duty": "y" * 99, "state": "failed", "text": "z" * 400}] * 70), "ladder of nobody": climb(calls=[1, None, {}, {"contact": "x"}, {"contact": "x", "duty": "y", "state": "flying"}]), "ladder beyond numbers": climb(priority=2**40, next=-1, waited=2**62, awaited=-2**62, round=2**40, rose_to=-5), "ladder that stands": climb(state="stopped"), "ladder without a place": climb(place=None)})

# ---- pipes of plugins; the steps are those of fuzz_channel.c and fuzz_sdk_line.c


def out(text):
    text = text if isinstance(text, bytes) else text.encode()
    return b"".join(bytes((len(text[i:i + 63]),)) + text[i:i + 63] for i in range(0, len(text), 63))


def err(text):
    text = text.encode()
    return b"".join(bytes((64 + len(text[i:i + 31]),)) + text[i:i + 31] for i in range(0, len(text), 31))


def many(kib, byte=b"x"):
    return bytes((95 + kib // 2,)) + byte


TURN, NEWLINE = b"\x80", b"\xc0"
seeds("channel", {
    "a line": out('{"type":"pong"}\n'), "two lines": out("a\nb\n"), "in pieces": out("ab") + TURN + out("cd") + TURN + NEWLINE + TURN, "no end": out("abc"), "empty lines": NEWLINE * 5 + TURN, "many lines": NEWLINE * 300 + TURN * 3, "cr": out("a\r\nb\r\n"),
    "a zero": out(b"a\0b\n"), "stderr": err("<3>no broker\n") + TURN, "stderr levels": err("<7>debug\n<9>odd\n<\nplain\n<3>\n") + TURN, "stderr without an end": err("cut") + TURN, "stderr with control": err("a\x1b[31m\x07\n") + TURN, "both": out("a\n") + err("<4>b\n") + TURN + out("c\n"),
    "64 KiB less one": many(62) + many(2)[:1] + b"x" + TURN + NEWLINE, "64 KiB": many(64) + TURN + NEWLINE, "66 KiB": many(64) + many(2) + TURN + NEWLINE, "long then short": many(60) + NEWLINE + TURN + out("a\n") + TURN, "too long then more": many(64) + many(64) + NEWLINE + out("a\n") + TURN,
    "lines of 2 KiB": (many(2) + NEWLINE) * 30 + TURN * 4, "lines of 30 KiB": (many(30) + NEWLINE) * 8 + TURN * 4, "a full pipe": (many(60) + NEWLINE) * 4 + TURN * 8, "stderr flood": err("<3>flood\n") * 60 + TURN * 3, "not UTF-8": out(b"\xff\xfe\n"), "turns only": TURN * 20, "nothing": b"",
    "line across turns": b"".join(out(c) + TURN for c in "abcdef") + NEWLINE, "lines and turns": (out("a\n") + TURN) * 20, "newlines in a long run": many(4, b"\n") + TURN * 12, "many newlines": many(8, b"\n") + TURN * 60, "stderr long line": (err("e" * 31) * 40) + TURN + err("\n") + TURN, "zeros": many(2, b"\0") + NEWLINE + TURN, "hello": out('{"type":"ready","name":"x","version":"1","roles":["source"]}\n{"type":"healthy"}\n') + TURN,
})


def times_1000(count, byte=b"x"):
    return bytes((64 + count,)) + byte


seeds("sdk_line", {
    "a line": out("hello\n"), "two lines": out("a\nb\n"), "no end": out("abc"), "empty lines": b"\xff" * 5, "nothing": b"", "one newline": b"\xff", "longest": times_1000(63) + times_1000(2) + out("x" * 535) + b"\xff", "one too long": times_1000(63) + times_1000(2) + out("x" * 536) + b"\xff" + out("next\n"),
    "much too long": times_1000(63) * 3 + b"\xff" + out("next\n"), "too long without an end": times_1000(63) * 3, "too long twice": (times_1000(63) * 2 + b"\xff") * 2 + out("a\n"), "exactly the buffer": times_1000(63) + times_1000(63) + times_1000(5) + out("y" * 72) + b"\xff", "long between short": out("a\n") + times_1000(60) + b"\xff" + out("b\n"),
    "20 of 3000": (times_1000(3) + b"\xff") * 20, "cr": out("a\r\nb\n"), "zeros": out(b"a\0b\n\0\n"), "utf-8": out("水\n"), "json": out('{"type":"hello","protocol":1}\n{"type":"stop"}\n'), "newlines as a run": times_1000(2, b"\n"), "newlines and text": times_1000(1, b"\n") + out("a") + b"\xff", "60000 then 10": times_1000(60) + b"\xff" + out("a\n") * 10,
    "65000 thrice": (times_1000(63) + times_1000(2) + b"\xff") * 3, "short ones": out("a\n") * 100, "65535": times_1000(63) + times_1000(2) + out("z" * 535) + b"\xff" + out("a\n"), "half a megabyte": (times_1000(63) + b"\xff") * 8, "end behind a long one": times_1000(63) * 2 + b"\xff", "blank": out(" \n\t\n"), "one byte": out("x"),
    "a long one, then none": times_1000(63) * 2 + b"\xff" + out("cut"), "skip then fill": times_1000(63) * 2 + out("a\nb\n") + times_1000(63) * 2 + out("\nc\n"), "alternating": (times_1000(63) * 2 + b"\xff" + out("a\n")) * 3,
})
URL = '"url":"mqtt://127.0.0.1:1883"'
seeds("sdk_options", {f"{name}": text for name, text in {
    "smallest": "{" + URL + "}", "all": "{" + URL + ',"topic":"a/b","name":"n","ack":"application","mode":"ccc","count":10,"any":-1,"keepalive":"5s","wait":"500ms","retain":false,"clean":true}', "none": "{}", "null": "null", "a list": "[]", "a number": "7", "unknown": "{" + URL + ',"ulr":1}', "unknown long": "{" + URL + ',"' + "选" * 60 + '":1}',
    "many unknown": "{" + ",".join(f'"option-{i}":{i}' for i in range(120)) + "}", "url tls": '{"url":"mqtts://x"}', "url with a user": '{"url":"mqtt://a:b@c"}', "url no host": '{"url":"mqtt://"}', "url port 0": '{"url":"mqtt://x:0"}', "url port 65536": '{"url":"mqtt://x:65536"}', "url v6": '{"url":"mqtt://[::1]:1883"}', "url open bracket": '{"url":"mqtt://[::1"}',
    "url path": '{"url":"mqtt://x/y"}', "url long": '{"url":"mqtt://' + "h" * 300 + '"}', "url a number": '{"url":1}', "topic slash": "{" + URL + ',"topic":"/a"}', "topic wild": "{" + URL + ',"topic":"a/+/b"}', "topic long": "{" + URL + ',"topic":"' + "t" * 256 + '"}', "word wrong": "{" + URL + ',"ack":"brokr"}', "word empty": "{" + URL + ',"ack":""}', "word two": "{" + URL + ',"mode":"a bb"}',
    "count 0": "{" + URL + ',"count":0}', "count text": "{" + URL + ',"count":"5"}', "count real": "{" + URL + ',"count":5.0}', "any largest": "{" + URL + ',"any":9223372036854775807}', "keepalive short": "{" + URL + ',"keepalive":"4s"}', "wait no unit": "{" + URL + ',"wait":"5"}', "wait days": "{" + URL + ',"wait":"999999999d"}', "wait ten digits": "{" + URL + ',"wait":"1000000000ms"}',
    "bool a text": "{" + URL + ',"retain":"true"}', "nested": "{" + URL + ',"name":{"a":[1,{"b":"' + "x" * 200 + '"}]}}', "null values": '{"url":null,"ack":null,"count":null}', "control": "{" + URL + ',"name":"a\\u0001\\u0000"}', "name in Chinese": "{" + URL + ',"ack":"应用程序应用程序应用程序应用程序应用程序应用程序"}'}.items()})
messages = [{"v": 1, "kind": "alarm", "seq": 1}, {"v": 1, "kind": "gap", "seq": 2}]
seeds("sdk_raw", {f"{name}": text for name, text in {
    "two": compact({"type": "deliver", "batch": 1, "lane": "alarm", "messages": messages}), "none": '{"messages":[]}', "not there": '{"a":[1]}', "first": '{"messages":[1],"a":2}', "twice": '{"messages":[1],"messages":[2,3]}', "blanks": ' { "messages" : [ 1 , { "a" : 2 } ] } ', "nested of that name": '{"a":{"messages":[9]},"messages":[1]}',
    "texts": '{"messages":["]","}","{","[",",","\\"","\\\\"]}', "lists": '{"messages":[[],[[]],[1,[2]]]}', "numbers": '{"messages":[1.50,1e5,-0,0.10]}', "words": '{"messages":[true,false,null]}', "unicode": '{"messages":["水","\\u6c34"]}', "key with a quote": '{"a\\"b":1,"messages":[1]}', "key ends in it": '{"xmessages":[9],"messages":[1]}', "key begins with it": '{"messagesx":[9],"messages":[1]}',
    "a text instead": '{"messages":"[1]"}', "an object instead": '{"messages":{"a":1}}', "null instead": '{"messages":null}', "empty object": "{}", "a list": "[1,2]", "broken": '{"messages":[1', "objects": '{"messages":[{},{"a":{}},{"b":[{}]}]}', "behind": '{"messages":[1]} ', "tabs": '{"messages":\t[\t1\t,\t2\t]\t}', "line ends": '{\n"messages":[\n1,\r\n2\n]\n}', "digits kept": '{"messages":[{"value":21.50000000000000001}]}',
    "deep": '{"messages":[' + "[" * 100 + "]" * 100 + "]}", "many": '{"messages":[' + ",".join("1" * (i % 9 + 1) for i in range(60)) + "]}", "escaped name": '{"messag\\u0065s":[1]}', "last a text": '{"messages":[1],"z":"]"}', "empty text": '{"messages":[""]}', "backslash": '{"messages":["\\\\","a\\\\\\"b"],"c":1}'}.items()})

# ---- plugins: dialects of MQTT, the uplink

NAMES = 'm bridge/devices [{"type":"Coordinator","friendly_name":"Coordinator","ieee_address":"0x00"},{"type":"EndDevice","friendly_name":"flat/sos","ieee_address":"0x00158d0001a2b3c4"}]\n'
seeds("z2m", {
    "names then a press": NAMES + 'm flat/sos {"action":"emergency","battery":97}\n', "a press then names": 'm flat/sos {"action":"emergency"}\n' + NAMES, "a press, names never": 'm flat/sos {"action":"emergency"}\no\n', "by its address": 'm 0x00158D0001A2B3C4 {"battery":50}\n', "by its name": 'm hall/door {"contact":true}\n', "two devices": 'm hall/door {"contact":false,"last_seen":1718000000123}\n',
    "retained": 'r hall/door {"contact":true,"action":"x","action_rate":1,"click":"single"}\n', "retained and dated": 'r hall/door {"contact":true,"last_seen":"2023-01-01T00:00:00Z"}\n', "empty action": 'm hall/door {"action":"","battery":1}\n', "null action": 'm hall/door {"action":null}\n', "online": "m hall/door/availability online\n", "offline": "m hall/door/availability offline\n",
    "offline as JSON": 'm hall/door/availability {"state":"offline"}\n', "availability odd": "m hall/door/availability maybe\n", "availability of a stranger": NAMES + "m nobody/availability online\n", "bridge online": "m bridge/state online\n", "bridge offline": 'm bridge/state {"state":"offline"}\n', "bridge odd": "m bridge/state 7\nm bridge/logging {}\n", "stranger": NAMES + 'm kitchen {"temperature":21.5}\nm kitchen {"temperature":22}\n',
    "stranger tells who it is": 'm x/y {"device":{"ieeeAddr":"0x00158d0001a2b3c4"},"battery":3}\n', "last_seen in s": 'm hall/door {"last_seen":1600000000}\n', "last_seen future": 'm hall/door {"last_seen":99999999999999}\n', "last_seen negative": 'm hall/door {"last_seen":-1}\n', "last_seen huge": 'm hall/door {"last_seen":1e14}\nm hall/door {"last_seen":1e300}\n', "last_seen text": 'm hall/door {"last_seen":"2023-01-01T00:00:00+08:00"}\nm hall/door {"last_seen":"yesterday"}\n',
    "not JSON": "m hall/door hello\nm hall/door [1]\nm hall/door {\"a\"\nm hall/door 1\n", "empty payload": "m hall/door \n", "devices no list": "m bridge/devices {}\nm bridge/devices x\n", "devices odd": 'm bridge/devices [1,{},{"friendly_name":1},{"friendly_name":"","ieee_address":"0x1"},{"friendly_name":"+/#","ieee_address":"0x2"}]\n', "names change": NAMES + NAMES.replace("flat/sos", "hall/door") + 'm flat/sos {"a":1}\nm hall/door {"a":1}\n',
    "lost between": 'm q {"a":1}\nd\n' + NAMES + 'm q {"a":2}\n', "other topics": 'b zigbee2mqtt {"a":1}\nb zigbee2mqtt/ {"a":1}\nb zigbee2mqttx/a {"a":1}\nb other/x {"a":1}\n', "availability alone": "m availability online\nm /availability online\n", "many wait": "".join(f'm dev{i} {{"a":{i}}}\n' for i in range(300)), "set topic": 'm hall/door/set {"state":"ON"}\n', "unicode": 'm 客厅/门 {"contact":true}\n' + 'm hall/door {"位置":"三楼"}\n',
    "nested": 'm hall/door {"update":{"state":"idle"},"color":{"x":0.1,"y":[1,2]}}\n', "duplicate keys": 'm hall/door {"battery":1,"battery":2}\n', "a zero": 'm hall/door {"a":"\\u0000"}\n', "big": 'm hall/door {"a":"' + "x" * 3000 + '"}\n',
})


def uplink(count=1, **more):
    return {"deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d", "time": "2023-11-14T10:00:00.775023242+00:00", "deviceInfo": {"deviceName": "bed", "deviceProfileName": "WS101", "devEui": "24e124535b316056", "tags": {"interval": "1h"}},
            "devAddr": "00189440", "fCnt": count, "fPort": 85, "data": "/y4B", "object": {"battery": 97, "button_event": {"status": "short press"}}, "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -36, "snr": 10.5}, {"rssi": -70}], **more}


UP = "app/device/24e124535b316056/event/"
seeds("chirpstack", {
    "up": f"m {UP}up {compact(uplink())}\n", "up twice": f"m {UP}up {compact(uplink())}\n" * 2, "same frame another gateway": f"m {UP}up {compact(uplink())}\nm {UP}up {compact(uplink(deduplicationId='other'))}\n", "next frame": "".join(f"m {UP}up {compact(uplink(n))}\n" for n in range(5)), "retained": f"r {UP}up {compact(uplink())}\n",
    "counter begins anew": f"m {UP}up {compact(uplink())}\nm {UP}join {{}}\nm {UP}up {compact(uplink(devAddr='00189441'))}\n", "no counter": f"m {UP}up " + compact({k: v for k, v in uplink().items() if k != "fCnt"}) + "\n", "counter odd": f"m {UP}up {compact(uplink('7'))}\nm {UP}up {compact(uplink(-1))}\nm {UP}up {compact(uplink(2**62))}\n",
    "stranger": f"m app/device/0102030405060708/event/up {compact(uplink())}\n" * 2, "eui odd": f"m app/device/010203040506070/event/up {compact(uplink())}\nm app/device/01020304050607zz/event/up {compact(uplink())}\n", "by name": f"m app/device/0102030405060709/event/up {compact(uplink(deviceInfo={'deviceName': 'hall'}))}\n", "upper case": f"m app/device/24E124128B393961/event/up {compact(uplink())}\n",
    "status": f'm {UP}status {{"margin":10,"batteryLevel":88.58}}\n', "status mains": f'm {UP}status {{"batteryLevel":0,"externalPowerSource":true}}\n', "status unknown": f'm {UP}status {{"batteryLevelUnavailable":true}}\n', "status odd": f'm {UP}status {{"batteryLevel":"full"}}\n', "status twice": f'm {UP}status {{"deduplicationId":"a","batteryLevel":1}}\n' * 2,
    "join": f'm {UP}join {{"deduplicationId":"b","devAddr":"00189440"}}\n' * 2, "log": f'm {UP}log {{"level":"ERROR","code":"UPLINK_CODEC","description":"TypeError"}}\n' * 2, "log odd": f'm {UP}log {{"code":7}}\n', "other kinds": f"m {UP}ack {{}}\nm {UP}txack {{}}\nm {UP}location {{}}\nm {UP}integration {{}}\nm {UP}up/x {{}}\n", "protobuf": f"m {UP}up ".encode() + b"\x0a\x24\xff\x00\x01\n",
    "no object": f"m {UP}up {compact(uplink(object=None))}\nm {UP}up {compact(uplink(2, object=[1]))}\n", "object odd": f"m {UP}up {compact(uplink(object={'time': 1, 'rxInfo': 2, 'fCnt': 'x', 'press': {}, 'button_event': ''}))}\n", "info odd": f"m {UP}up {compact(uplink(deviceInfo=[1]))}\nm {UP}up {compact(uplink(2, deviceInfo={'deviceName': 1, 'tags': {'interval': 5}}))}\n", "interval odd": "".join(f"m {UP}up {compact(uplink(n, deviceInfo={'tags': {'interval': i}}))}\n" for n, i in enumerate(["", "-1", "9999999999999999999", "1x", "0", "90s"])),
    "silent": f"c\nm {UP}up {compact(uplink())}\nt {'x' * 60}\nt {'x' * 90}\nm {UP}up {compact(uplink(2))}\nt {'x' * 110}\n", "never heard": f"c\nt {'x' * 61}\nd\nt {'x' * 90}\n", "time odd": "".join(f"m {UP}up {compact(uplink(n, time=t))}\n" for n, t in enumerate(["", "yesterday", 5, None, "1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", 1e300])), "radio odd": "".join(f"m {UP}up {compact(uplink(n, rxInfo=r))}\n" for n, r in enumerate([{}, [], [1], [{"rssi": "x"}], [{"rssi": -1, "loRaSNR": 3}]])),
    "falls": "".join(f"m {UP}up {compact(uplink(n, object=o))}\n" for n, o in enumerate([{"detection_status": "fall"}, {"detection_status": "vacant"}, {"fall_alarm": {"alarm_status": "1, 1, 2"}}, {"fall_alarm": {"alarm_status": ""}}, {"events": [{"alarm_type": "fall", "alarm_status": "alarm triggered"}, 5]}, {"alarm_type": "fall", "alarm_status": 4}])), "presses": "".join(f"m {UP}up {compact(uplink(n, object=o))}\n" for n, o in enumerate([{"button_event": "long press"}, {"button_event": {"status": 7}}, {"press": "double"}, {"button_event": " "}])),
    "not JSON": f"m {UP}up hello\nm {UP}up [1]\nm {UP}up {{\"a\"\nm {UP}up \n", "other topics": f"b application/{UP}up/x {{}}\nb app/device {{}}\nb application {{}}\nb /application/{UP}up {compact(uplink())}\n", "large": f"m {UP}up {compact(uplink(object={'a' * 9: 'x' * 29000}))}\n", "topic in topic": "m device/event/device/24e124535b316056/event/up {}\nm /device//event/ {}\n",
})
gateway = {"applicationID": "1", "applicationName": "cloud", "devEUI": "24e124535b316056", "deviceName": "WS101", "fCnt": 128, "fPort": 85, "rxInfo": [{"mac": "24e124fffef54092", "rssi": -51, "loRaSNR": 13.8}], "time": "2022-12-27T07:21:27.078763Z", "battery": 100, "button_event": {"status": "long press"}}


def platform(kind, payload=None, **more):
    return compact({"eventID": f"e-{kind}", "eventType": "DEVICE_DATA", "eventCreatedTime": "1742872448", "data": {"deviceProfile": {"devEUI": "24E124128B393961", "name": "radar", "model": "VS373", **more}, "type": kind, "payload": payload}})


seeds("milesight", {
    "uplink": f"m uplink {compact(gateway)}\n", "uplink twice": f"m uplink {compact(gateway)}\n" * 2, "base alone": f"b milesight {compact(gateway)}\nb /milesight {compact(gateway)}\n", "leading slash": f"b /milesight/uplink {compact(gateway)}\n", "object": f"m uplink {compact({**gateway, 'object': {'magnet_status': 'open'}})}\n", "undecoded": f"m uplink " + compact({k: v for k, v in gateway.items() if k not in ("battery", "button_event")} | {"data": "AXVk"}) + "\n",
    "values alone": 'm uplink/24e124535b316056 {"battery":100,"leakage_status":"leak"}\n', "values of a name": 'm hall {"occupancy":"vacant"}\n', "values of nobody": 'm kitchen {"occupancy":"vacant"}\nm  {"a":1}\n', "stranger": f"m uplink {compact({**gateway, 'devEUI': '0102030405060708'})}\n" * 2, "eui odd": f"m uplink {compact({**gateway, 'devEUI': 5})}\nm uplink {compact({**gateway, 'devEUI': 'x'})}\nm uplink {compact({**gateway, 'devEUI': '24-E1-24-12-8B-39-39-61'})}\n",
    **{f"eui as {k}": f'm uplink {{"{k}":"24E124535B316056","battery":5}}\n' for k in ("devEui", "deveui", "DevEUI", "dev_eui", "deviceEUI")}, "retained": f"r uplink {compact(gateway)}\n", "downlink": 'm downlink/24e124535b316056 {"confirmed":true,"fPort":85,"data":"AQ=="}\nm uplink/command {"devEUI":"24e124535b316056"}\n', "error": 'm uplink {"devEUI":"24e124535b316056","error":"downlink failed"}\n', "acknowledged": 'm uplink {"devEUI":"24e124535b316056","acknowledged":true,"fCnt":3}\n',
    "platform property": f"m x {platform('PROPERTY', {'detection_status': 'fall', 'battery': 5})}\n", "platform twice": f"m x {platform('PROPERTY', {'detection_status': 'fall'})}\n" * 2, "platform event": f"m x {platform('EVENT', {'fall_alarm': {'alarm_status': '1'}})}\n", "platform online": f"m x {platform('ONLINE')}\nm x {platform('OFFLINE')}\n", "platform stranger": f"m x {platform('PROPERTY', {'a': 1}, devEUI='0102030405060708')}\nm x {platform('OFFLINE', devEUI='0102030405060708')}\n", "platform odd": f"m x {platform(5, [1], name=7, devEUI=None)}\nm x {platform('PROPERTY', 5)}\n",
    "data odd": 'm uplink {"data":{},"devEUI":"24e124535b316056"}\nm uplink {"data":5,"devEUI":"24e124535b316056"}\n', "no counter": "".join(f'm uplink {{"devEUI":"24e124535b316056","battery":{n}}}\n' for n in range(3)), "time odd": "".join(f'm uplink {{"devEUI":"24e124535b316056","fCnt":{n},"time":{t}}}\n' for n, t in enumerate(['""', "5", "null", '"2099-01-01T00:00:00Z"', "1e300", "[]"])), "gateway time": 'm uplink {"devEUI":"24e124535b316056","gatewayTime":"2023-03-23T15:45:04+08:00","a":1}\n',
    "not JSON": "m uplink hello\nm uplink [1]\nm uplink {\"a\"\nm uplink \n", "other topics": "b milesightx/a {}\nb other {}\nb /other {}\nb // {}\n", "silent": f"c\nm uplink {compact(gateway)}\nt {'x' * 61}\n", "falls": "".join(f"m x/24e124535b316056 {compact(o)}\n" for o in ({"detection_status": "in bed"}, {"events": [{"alarm_type": "fall", "alarm_status": "alarm deactivated"}]}, {"fall_alarm": {"alarm_status": "3"}})), "radio odd": 'm uplink {"devEUI":"24e124535b316056","rxInfo":[{"rssi":1},{"rssi":null},7]}\n',
})
report = {"msgId": "45lkj3551234001", "time": 1626197189638, "data": {"sos_state": {"value": True, "time": 1626197189638}, "battery_percentage": {"value": 80, "time": 1626190000}}}
THING = "6c828cba434ff40c07"
queued = {"dataId": "AAXI3c1i6x", "devId": THING, "productKey": "awgmk9pi", "status": [{"code": "sos_state", "value": True, "t": 1628229842692, "1": "true"}]}
seeds("tuya", {
    "report": f"m {THING}/thing/property/report {compact(report)}\n", "report twice": f"m {THING}/thing/property/report {compact(report)}\n" * 2, "retained": f"r {THING}/thing/property/report {compact(report)}\n", "stranger": f"m who/thing/property/report {compact(report)}\n" * 2, "values bare": f'm {THING}/thing/property/report {{"msgId":"1","data":{{"smoke_sensor_status":"alarm"}}}}\n', "data odd": f'm {THING}/thing/property/report {{"data":5}}\nm {THING}/thing/property/report {{"data":[1]}}\nm {THING}/thing/property/report {{}}\n', "values odd": f'm {THING}/thing/property/report {{"data":{{"a":{{}},"b":null,"c":{{"value":{{"x":1}},"time":"y"}}}}}}\n',
    "event": f'm {THING}/thing/event/trigger {{"msgId":"2","time":1626197189638,"data":{{"eventCode":"fall","eventTime":1626197189,"outputParams":{{"level":2}}}}}}\n', "event alone": f'm {THING}/thing/event/trigger {{"data":{{"eventCode":"fall"}}}}\n', "event odd": f'm {THING}/thing/event/trigger {{"data":{{"eventCode":5}}}}\nm {THING}/thing/event/trigger {{"data":{{"eventCode":"event","outputParams":{{"event":1}}}}}}\nm {THING}/thing/event/trigger {{"data":{{"eventCode":"x","outputParams":7}}}}\n',
    "batch": f'm gw/thing/data/batch_report {{"msgId":"3","data":{{"properties":{{"a":{{"value":1,"time":1626197189}}}},"events":{{"e":{{"outputParams":{{"p":1}},"eventTime":1626197180}}}},"subDevices":[{{"deviceId":"vdevo1","properties":{{"doorcontact_state":{{"value":true,"time":1626197189}}}}}},{{"deviceId":5}},{{}},7]}}}}\n', "batch of many": 'm gw/thing/data/batch_report {"data":{"subDevices":[' + ",".join(f'{{"deviceId":"d{n}","properties":{{"a":1}}}}' for n in range(140)) + "]}}\n", "many values": f"m {THING}/thing/property/report " + compact({"data": {f"c{n}": {"value": n, "time": 1626197189 + n % 3} for n in range(300)}}) + "\n",
    "login": 'm gw/device/sub/login {"msgId":"4","time":1626197189600,"data":["vdevo1","who",5,""]}\n', "logout": 'm gw/device/sub/logout {"data":["vdevo1"]}\nm gw/device/sub/logout {"data":{}}\n', "queue": f"m in {compact(queued)}\n", "queue twice": f"m in {compact(queued)}\n" * 2, "queue wrapped": f"m in {compact({'protocol': 4, 't': 1628229842, 'data': queued})}\n", "queue stranger": f"m in {compact({**queued, 'devId': 'who'})}\n", "queue odd": f"m in {compact({**queued, 'devId': 5})}\nm in {compact({**queued, 'dataId': 'x', 'status': [1, {}, {'code': 'a'}, {'code': 1, 'value': 2}]})}\n",
    "online": f'm in {{"devId":"{THING}","bizCode":"online","bizData":{{"time":1460524383620}}}}\nm in {{"bizCode":"deviceOffline","bizData":{{"devId":"{THING}"}}}}\n', "property message": f'm in {{"bizCode":"devicePropertyMessage","bizData":{{"devId":"{THING}","dataId":"q","productId":"p","properties":[{{"code":"pir","dpId":1,"time":1626197189638,"value":"pir"}}]}},"ts":1626197189700}}\n', "event message": f'm in {{"bizCode":"deviceEventMessage","bizData":{{"devId":"{THING}","eventCode":"fall","outputParams":{{}}}}}}\n', "other code": f'm in {{"bizCode":"nameUpdate","bizData":{{"devId":"{THING}","name":"x"}}}}\nm in {{"bizCode":7}}\n',
    "bridge": f'm {THING}/status online\nm {THING}/dps/state {{"1":true,"101":"x"}}\nm {THING}/status offline\nm {THING}/dps/1/state true\n', "values": f'm vdevo1 {{"doorcontact_state":true,"battery_state":"low"}}\n', "values by id": f'm in {{"devId":"{THING}","dps":{{"1":true}},"t":1626197189}}\n' * 2, "orders": f'm {THING}/thing/property/set {{"data":{{}}}}\nm {THING}/dps/1/command true\n', "answers": f"m {THING}/thing/property/report_response {{}}\nm {THING}/thing/model/get_response {{}}\nm {THING}/ota/issue {{}}\n", "not JSON": f"m {THING}/thing/property/report hello\nm {THING} [1]\nm {THING} \nm {THING} 5\n", "no id": 'm  {"a":1}\nm / {"a":1}\nm ' + "i" * 200 + ' {"a":1}\n', "other topics": "b tylink {}\nb tylinkx/a {}\nb /tylink/vdevo1 {\"a\":1}\n",
    "time odd": "".join(f'm {THING}/thing/property/report {{"msgId":"t{n}","time":{t},"data":{{"a":{{"value":1,"time":{t}}}}}}}\n' for n, t in enumerate(["0", "-1", "null", '"x"', "1e300", "99999999999999"])), "silent": f'c\nm vdevo1 {{"a":1}}\nt {"x" * 61}\n', "ids odd": f'm {THING}/thing/property/report {{"msgId":7,"time":1626197189,"data":{{"a":1}}}}\n' * 2,
})
seeds("plain", {
    "object": 'm sos {"pressed":true,"battery":97}\n', "deep address": 'm hall/door {"open":true}\n', "longest address": 'm hall/door/open true\nm hall/door/lock/state {"a":1}\nm hall/temperature 21.5\n', "stranger": 'm kitchen {"temperature":21.5}\n' * 2, "stranger deep": 'm a/b/c {"x":1}\n', "stranger field": "m kitchen/temperature 21.5\nm kitchen/humidity 40\n", "scalar alone": "m kitchen 21.5\nm sos true\n", "word": "m hall/state on\nm hall/state OFF\nm hall/state \"quoted\"\n",
    **{f"life by {w}": f"m sos/{w} online\nm sos/{w} offline\n" for w in ("availability", "status", "LWT", "online", "connected", "connection")}, "life words": "".join(f"m sos/availability {w}\n" for w in ("Online", "Offline", "true", "false", "1", "0", "connected", "disconnected")), "life JSON": 'm sos/status {"state":"online"}\nm sos/status {"online":false}\nm sos/status {"status":"offline","x":1}\n', "no life": 'm sos/status {"a":1,"b":2,"online":true}\nm sos/status maybe\n', "life of a stranger": "m who/LWT Offline\nm LWT Offline\n", "life retained": "r sos/availability offline\n",
    "retained": 'r sos {"pressed":true}\n', "dated": 'm sos {"a":1,"last_seen":1600000000}\nm sos {"a":1,"time":"2023-01-01T00:00:00Z"}\nm sos {"a":1,"timestamp":1600000000123}\nm sos {"a":1,"ts":1600000000}\n', "dated twice": 'm sos {"pressed":true,"ts":1600000000}\n' * 2, "undated twice": 'm sos {"pressed":true}\n' * 2, "date odd": "".join(f'm sos {{"ts":{t}}}\n' for t in ("0", "-1", "1e300", '"x"', "null", "99999999999999", "[]", "5")), "orders": 'm sos/set {"a":1}\nm set/sos {"a":1}\nm cmnd/x ON\nm sos/GET \n', "empty": "m sos \nm  {}\nm / 5\nm sos/ 5\nm //a 5\n", "list": "m sos [1]\nm hall/x [1]\n",
    "not JSON": "m sos hello\nm sos {\"a\"\nm hall/x {\"a\"\n", "not UTF-8": b"m hall/x \xff\xfe\nm sos \xff\nm sos/LWT \xff\n", "a zero": b"m hall/x a\0b\nm sos \0{}\n", "blanks before": 'm sos  \t {"a":1}\nm x/y \t{"a":1}\n', "nested": 'm sos {"a":{"b":{"c":1}},"d":[1]}\n', "numbers": "m hall/x 1e999\nm hall/x 99999999999999999999\nm hall/x -0\nm hall/x 0x10\n", "deep": "m hall/x " + "{\"a\":" * 100 + "1" + "}" * 100 + "\n", "other topics": "b sensors 5\nb sensorsx/a 5\nb /sensors/sos {\"a\":1}\n", "unicode": 'm 客厅/门 {"开":true}\nm hall/温度 21\n', "silent": f'c\nm sos {{"a":1}}\nt {"x" * 61}\n', "large": 'm sos {"a":"' + "x" * 3000 + '"}\nm hall/x ' + "y" * 3000 + "\n",
})


def deliver(batch, lane, *seqs, kind="alarm"):
    return "D " + compact({"type": "deliver", "batch": batch, "lane": lane, "messages": [{"v": 1, "estate": "demo", "lane": lane, "seq": s, "kind": kind} for s in seqs]}) + "\n"


seeds("judge", {f"line {n}": line + "\n" for n, line in enumerate([
    '{"type":"ready","name":"x","version":"1","roles":["source"]}', '{"type":"ready","name":"x","version":"1","roles":[]}', '{"type":"ready","name":"x","version":"1","roles":["later"]}',
    '{"type":"ready","name":"x","version":"1","roles":[1]}', '{"type":"ready","name":"x","roles":["source"]}', '{"type":"ready","name":"x","version":"1","roles":["source"]}\n' * 2, '{"type":"healthy"}',
    '{"type":"fault","text":"a\\u0000b"}', '{"type":"fault","text":"no broker"}', '{"type":"fault"}', '{"type":"pong","id":3}\n{"type":"pong","id":3}', '{"type":"pong","id":"3"}', '{"type":"pong","id":3,"counters":3}',
    '{"type":"sample","device":"test-1","fields":{"x":1},"id":"1"}', '{"type":"sample","device":"other","fields":{}}', '{"type":"sample","device":"test-1","fields":[]}', '{"type":"sample","device":"test-1","fields":{},"id":1}\n{"type":"sample","device":"test-1","fields":{},"id":1}',
    '{"type":"sample","device":"test-1","fields":{},"at":"now"}', '{"type":"sample","device":"test-1","fields":{},"id":1.5}', '{"type":"stale","device":"test-1"}', '{"type":"stale","device":5}', '{"type":"discovered","address":"0x1","fields":{}}\n{"type":"discovered","address":"0x1","fields":{}}',
    '{"type":"delivered","batch":1}', '{"type":"delivered","batch":2}\n{"type":"delivered","batch":1}', '{"type":"delivered","batch":1}\n{"type":"delivered","batch":1}', '{"type":"delivered","batch":9}', '{"type":"delivered","batch":1.0}', '{"type":"refused","batch":1,"retry":true,"text":"later"}',
    '{"type":"refused","batch":1,"retry":false,"seq":1,"text":"never"}', '{"type":"refused","batch":1}', '{"type":"notified","id":7,"ok":true}', '{"type":"notified","id":7}', '{"type":"notified","id":8,"ok":true}', '{"type":"result","id":9,"ok":false,"text":"no"}', '{"type":"later"}',
    '{"type":5}', '[]', '5', '"x"', 'null', 'starting up', '{"type":"fault","text":"a","text":"b"}', '{"type":"healthy"', '', '{"type":"fault","text":"\x1b[2J"}'])})

# ---- sms-notifier: a number, a text, what the modem says

SMS_REPORT = "0006D60B911326880736F4111011719551401110117195714000"


def sms(modem="", number="+8613800230500", text="3栋1单元电梯困人"):
    return f"{number}\n{text}\n{modem}"


seeds("sms", {
    **{f"number {i}": sms(number=n) for i, n in enumerate(["+86 138-0023 0500", "0086138", "120", "12", "", "desk", "1" * 20, "1" * 21, "+", "(023) 6000.0000"])},
    **{f"text {name}": sms(text=t) for name, t in {
        "empty": "", "plain": "Lift 3 stopped", "160": "a" * 160, "161": "a" * 161, "braces": "{" * 200, "70": "梯" * 70, "71": "梯" * 71, "long": "梯" * 3000,
        "emoji": "😀" * 120, "mixed": "a€ç梯", "longer plain": "x" * 3000}.items()},
    "text no UTF-8": b"120\n\xff\xc0\xaf\n", "text surrogate": b"120\n\xed\xa0\x80\n",
    **{f"says {i}": sms(m) for i, m in enumerate([
        "\r\nOK\r\n", "\r\nERROR\r\n", "\r\n+CMS ERROR: 331\r\n", "+CME ERROR: SIM not inserted\r\n", "+CMS ERROR: 99999999999\r", "+CPIN: READY\r\nOK\r\n", "+CPIN: SIM PUK\r\n",
        "+CREG: 0,1\r\n", '+CREG: 2,5,"1A2B","01F3",7\r\n', "+CREG: 1\r\n", "+CEREG: 0,3\r\n", "+CSQ: 17,99\r\n", "+CSQ: 99,99\r\n", "+CSQ: -1\r\n", "> \r\n+CMGS: 5\r\n\r\nOK\r\n", "RDY\r\n^SYSSTART\r\n",
        SMS_REPORT + "\r", SMS_REPORT[:-2] + "\r", SMS_REPORT.lower() + "\r", "07911326040000f0" + SMS_REPORT[2:] + "\r", "00" + "06D6FF" + "91" + "11" * 140 + "\r", '+CDSI: "SR",3\r\n', '"a,b\r\n', "x" * 5000 + "\r\nOK\r\n", "\x01\x02O\x7fK\r\n"])},
})

# ---- notifiers: "DIALECT STATUS FORMAT PRIORITY", the hook, then the answer (and the text); five lines of names, then a text

seeds("robot", {
    **{f"{name} {what}": f"{n} 200 0 1\n{hook}\n" + body for n, (name, hook, key) in enumerate((
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a", "errcode"), ("dingtalk", "SEC-0123.456_x", "errcode"), ("feishu", "https://h/hook/1", "code")))
       for what, body in (("taken", compact({key: 0, "errmsg": "ok"})), ("too many", compact({key: (45009, 130101, 11232)[n], "errmsg": "freq", "msg": "freq"})),
                          ("no such robot", compact({key: (93000, 300001, 19001)[n], "errmsg": "invalid", "msg": "invalid"})), ("unknown", compact({key: 7, "errmsg": "send too fast", "msg": "too many request"})),
                          ("a text", compact({key: "0"})), ("a real", '{"%s":0.0}' % key), ("huge", '{"%s":92233720368547758070}' % key), ("no member", "{}"))},
    "feishu old": '2 200 0 1\nkey\n{"Extra":null,"StatusCode":0,"StatusMessage":"success"}', "feishu both": '2 200 0 1\nkey\n{"StatusCode":0,"code":19021,"msg":"sign match fail"}',
    "json": '3 204 0 3\nhttp://h/told\n', "json refuses": '3 200 0 3\nhttp://h/told\n{"ok":false,"text":"the phone is off\\n<3>"}', "json odd": '3 200 0 3\nx\n[1]', "json 500": "3 500 0 1\nx\n", "429": "0 429 0 1\nkey\n",
    "html": "0 200 0 1\nkey\n<html>", "redirect": "1 302 0 1\nkey\n", "status and number": '0 403 0 1\nkey\n{"errcode":0}', "steers": '0 200 0 1\nkey\n{"errcode":1,"errmsg":"\\u001b[2J\\n<3>x"}', "long": '1 200 0 1\nkey\n{"errcode":1,"errmsg":"' + "困" * 400 + '"}',
    "markdown": "0 200 1 1\nkey\n电梯<1> 困人\n<@all> 第二行", "markdown dingtalk": "1 200 1 2\nkey\n# a\n\n\n[x](http://y)\n", "card": "2 200 1 4\nkey\n" + "困" * 60, "card of two lines": "2 200 1 9\nkey\n一\n<at id=all></at>",
    "text calls": '2 200 0 1\nkey\n<at user_id="all"></at>', "key with a slash": "1 200 0 1\n../x\n", "no hook": "1 200 0 1\n\n", "blank key": "2 200 0 1\na b\n", "twice": '0 200 0 1\nk\n{"errcode":1,"errcode":0}', "deep": "0 200 0 1\nk\n" + "[" * 100,
})

seeds("letter", {
    f"{n}": data for n, data in enumerate([
        "示范小区\n夜班值班台\n[示范小区]\nsos/sos-1204\ndesk@property.example\n【立即】3栋1单元1204 紧急呼叫\n请拨打 120", "\n\n\n\n\n", "", "a\nb\nc\nd\ne@f\ng", "\n\n\n\n\na\r\nBcc: x@y", "\n\n\n\na@b\r\nc\n\rBcc: x@y\n\nbody",
        "a\rb\n\n\n\n\nx", "\n\nx\rBcc: y\n\n\nx", "\n\n\na\rBcc: y\n\nx", "=?UTF-8?Q?x?=\n\n=?x\n\n\n=?UTF-8?B?eA==?=", "\n\n\n\n\n" + "困" * 400, "\n\n\n\n\n" + "x" * 2000, "\n\n\n\n\n" + "🚨" * 90, "🚨" * 30 + "\n" + "é" * 99 + "\n" + "x" * 90 + "\n\n\n",
        "\n\n\n" + "a" * 250 + "\n\nx", "\n\n\nfire/面板\n\nx", "\n\n\n\n@b\nx", "\n\n\n\na@\nx", "\n\n\n\na@b@c\nx", "\n\n\n\na b@c\nx", "\n\n\n\n<a@b>\nx", "\n\n\n\na@.b\nx", "\n\n\n\na@b.\nx", "\n\n\n\n" + "a" * 250 + "@b.cd\nx", "\n\n\n\n\n.\n.\nQUIT\n",
        "\n\n\n\n\n\u2028\u2029\x85", "\n\n\n\n\n\x1b]0;x\x07\x7f", b"\xff\xfe\n\x80\n\xc0\n\xe5\n\n\xf0\x9f\x9a", b"\n\n\n\n\n" + b"\x80" * 200, "\n\n\n\n\n" + "y" * 57 + "\n" + "z" * 56, "\n\n\n\n\n" + "\n" * 100, "\n\n\n\n\na\tb  c "])
})

seeds("answered", {
    **{f"status {n}": f"{n} alarm\n" for n in (100, 200, 204, 299, 301, 400, 401, 404, 413, 415, 422, 429, 431, 499, 500, 503, 599, 600)},
    "ack": '200 alarm\n{"lane":"alarm","seq":10293}', "ack other lane": '200 data\n{"lane":"alarm","seq":1}', "ack list": '200 data\n[{"lane":"alarm","seq":1},{"lane":"data","seq":5},{"lane":"data","seq":4}]',
    "ack zero": '200 alarm\n{"lane":"alarm","seq":0}', "ack negative": '200 alarm\n{"lane":"alarm","seq":-1}', "ack text": '200 alarm\n{"lane":"alarm","seq":"1"}', "ack real": '200 alarm\n{"lane":"alarm","seq":1.0}',
    "ack huge": '200 alarm\n{"lane":"alarm","seq":9223372036854775807}', "ack beyond": '200 alarm\n{"lane":"alarm","seq":92233720368547758070}', "no JSON": "200 alarm\nok", "empty": "200 alarm\n", "list of all": '200 alarm\n[1,"a",null,[],{}]',
    "lane a number": '200 alarm\n{"lane":1,"seq":1}', "deep": "200 alarm\n" + "[" * 100, "cut": '200 alarm\n{"lane":"alarm","se', "twice": '200 alarm\n{"lane":"alarm","seq":1,"seq":2}',
    "url": "0 mqtts://broker.example:8883/\n", "url bare": "0 mqtt://h\n", "url six": "0 mqtts://[::1]:1\n", "url user": "0 mqtt://u:p@h\n", "url port": "0 mqtt://h:65536\n", "url sign": "0 mqtt://h:+1\n", "url path": "0 mqtt://h/x\n", "url open": "0 mqtt://[::1\n", "url other": "0 http://h\n", "url none": "0 mqtt://\n",
})

one, data = deliver(1, "alarm", 1, 2, 3), deliver(2, "data", 1, 2, kind="summary")
seeds("uplink", {
    "delivered": "broker\nu\n" + one + "p 0\np 0\np 0\np 0\n", "delivered out of order": "broker\nu\n" + one + "p 3\np 2\np 1\np 0\n", "before the broker": "broker\n" + one + "u\np *\n", "broker goes": "broker\nu\n" + one + "p 1\nl\nu\np *\n", "alarm first": "broker\n" + data + one + "u\np *\n", "again": "broker\nu\n" + one + "R\np *\nR\n",
    "a publication fails": "broker\nu\nx\n" + one + "l\nu\np *\n", "receiver": "application\nu\n" + one + 'p *\na {"lane":"alarm","seq":2}\na {"lane":"alarm","seq":3}\n', "receiver before the broker": "application\nu\n" + one + 'a {"lane":"alarm","seq":3}\np *\n', "receiver too far": "application\nu\n" + one + 'a {"lane":"alarm","seq":999}\n',
    "receiver of another lane": "application\nu\n" + one + 'p *\na {"lane":"data","seq":3}\n', "receiver odd": "application\nu\n" + one + 'p *\na {"lane":1}\na x\na {"lane":"alarm","seq":"3"}\na {"lane":"alarm","seq":3.0}\na []\n', "receiver retained": "application\nu\n" + one + 'p *\nA {"lane":"alarm","seq":3}\n', "receiver silent": "application\nu\n" + one + "p *\nt ~\np *\nt ~\nt ~\n",
    "puback overdue": "broker\nu\n" + one + "t ~\nu\np *\n", "stop": "broker\nu\n" + one + "q\np *\n", "stop while down": "broker\n" + one + "q\n", "two lanes": "application\nu\n" + one + data + 'p *\na {"lane":"data","seq":2}\na {"lane":"alarm","seq":3}\n', "no batch": 'broker\nD {"type":"deliver"}\n', "no lane": 'broker\nD {"type":"deliver","batch":1}\n', "no messages": 'broker\nD {"batch":1,"lane":"alarm","messages":[]}\n',
    "messages odd": 'broker\nD {"batch":1,"lane":"alarm","messages":[1]}\nD {"batch":2,"lane":"alarm","messages":[{"kind":"a/b","seq":1}]}\nD {"batch":3,"lane":"alarm","messages":[{"kind":"alarm","seq":0}]}\n', "lane long": 'broker\nD {"batch":1,"lane":"' + "l" * 40 + '","messages":[{"kind":"alarm","seq":1}]}\n', "nine lanes": "broker\nu\n" + "".join(deliver(i + 1, f"lane{i}", 1) for i in range(9)) + "p *\n",
    "many batches": "broker\n" + "".join(deliver(i + 1, "data", i + 1) for i in range(40)) + "u\np *\n", "more than the window": "broker\nu\n" + deliver(1, "data", *range(1, 60)) + deliver(2, "alarm", 1) + "p *\n", "window of alarms": "broker\nu\n" + deliver(1, "alarm", *range(1, 280)) + "p *\np *\n", "lost between": "broker\nu\n" + one + deliver(3, "alarm", 4, 5) + "p 1\np 1\nl\nu\np *\n",
    "rewind after confirm": "application\nu\n" + one + deliver(3, "alarm", 4) + 'p *\na {"lane":"alarm","seq":2}\nl\nu\np *\na {"lane":"alarm","seq":4}\n', "confirm while held": "application\n" + one + 'a {"lane":"alarm","seq":3}\nu\np *\n', "blanks kept": 'broker\nu\nD {"batch":1,"lane":"alarm","messages":[ { "kind" : "alarm" , "seq" : 1 } ]}\np *\n', "number kept": 'broker\nu\nD {"batch":1,"lane":"alarm","messages":[{"kind":"alarm","seq":1,"value":21.50}]}\np *\n',
    "not JSON": "broker\nD hello\nD {\nD []\n", "seq negative": 'application\nu\nD {"batch":1,"lane":"alarm","messages":[{"kind":"alarm","seq":-5}]}\n', "batch a text": 'broker\nD {"batch":"1","lane":"alarm","messages":[{"kind":"alarm","seq":1}]}\n', "twice up": "broker\nu\nu\nl\nl\n" + one,
    "set aside": "broker\nu\n" + one + data + "p 0\np 0\nr 0\np *\n" + deliver(4, "alarm", 3) + "p *\n", "set aside before others are there": "broker\nu\n" + one + "r 2\np *\n", "set aside twice": "broker\nu\n" + one + "r 3\nr 2\np *\n", "too long": "broker\nu\nX\n" + one + "p *\n" + deliver(4, "alarm", 2, 3) + "p *\n",
    "set aside and rewound": "application\nu\n" + one + 'r 2\nl\nu\np *\na {"lane":"alarm","seq":1}\n', "set aside the status": "broker\nu\nr 0\n" + one + "p *\n",
})

# ---- plugins: web hooks, access controllers, the intercom


def alert(major, minor, **more):
    return compact({"ipAddress": "10.17.114.66", "dateTime": "2019-05-15T20:41:52+08:00", "eventType": "AccessControllerEvent", "eventState": "active", "AccessControllerEvent": {"majorEventType": major, "subEventType": minor, "serialNo": 7, **more}})


def part(body, boundary="MIME_boundary", head="Content-Type: application/json\r\n"):
    return f"--{boundary}\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}\r\n"


BEAT = compact({"eventType": "heartBeat", "eventState": "active", "dateTime": "2019-05-15T20:41:52+08:00"})
XML = '<?xml version="1.0"?>\n<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">\n<dateTime>2022-12-11T15:30:20+09:30</dateTime>\n<eventType>AccessControllerEvent</eventType>\n<AccessControllerEvent><majorEventType>5</majorEventType><subEventType>26</subEventType><doorNo>2</doorNo></AccessControllerEvent>\n</EventNotificationAlert>'
PICTURE = b"\xff\xd8\xff\xe0\r\n--\r\n" + bytes(range(256)) + b"\xff\xd9"
picture = b"--MIME_boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 270\r\n\r\n" + PICTURE
seeds("multipart", {f"{name}": b"\x06" + (text if isinstance(text, bytes) else text.encode()) for name, text in {
    "heartbeat": part(BEAT), "granted": part(alert(5, 75, doorNo=1, employeeNoString="12")), "xml": part(XML, head="Content-Type: application/xml\r\n"), "several": part(BEAT) + part(alert(5, 25, doorNo=1)) + part(alert(5, 26, doorNo=1)) + part(XML), "picture between": part(BEAT).encode() + picture + b"\r\n" + part(BEAT).encode(), "picture without line end": picture + part(BEAT).encode(),
    "boundary twice": "--MIME_boundary\r\n" + part(BEAT), "another boundary": part(BEAT) + part(BEAT, "x") + part(BEAT, "MIME_boundary"), "end and on": part(BEAT) + "--MIME_boundary--\r\n" + part(BEAT), "no boundary": BEAT + "\r\n" + BEAT + "\n" + XML, "no headers": "--b\r\n\r\n" + BEAT + "\r\n--b\r\n" + BEAT, "bare line ends": part(BEAT).replace("\r\n", "\n"), "lead": "\r\n\r\npreamble\r\n" + part(BEAT), "empty parts": "--b\r\n\r\n--b\r\n\r\n--b\r\n",
    "braces in texts": part('{"eventType":"a}{\\"\\\\","x":["}"]}') + part(BEAT), "document cut": part('{"eventType":"heartBeat"') + part(BEAT), "document no JSON": part("{nothing}") + part(BEAT), "xml tags odd": part("<a x='>' y=\"<\"><b/></a>") + part("<a></b></a>") + part("<>") + part("</a>"), "xml entities": part("<e><eventType>&lt;&#65;&#x6c34;&amp;&bad;&#0;&#xd800;</eventType></e>"), "xml comment": part("<!-- x --><e><!-- y --><eventType>a</eventType></e>"), "xml namespaces": part("<n:e><n:eventType>heartBeat</n:eventType></n:e>"), "xml leaves": part("<e>" + "".join(f"<l{i}>x</l{i}>" for i in range(300)) + "</e>"), "xml deep": part("<d>" * 40 + "</d>" * 40),
    "all majors": "".join(part(alert(major, minor, doorNo=1)) for major, minor in ((1, 1028), (1, 1029), (1, 1034), (1, 1048), (2, 1027), (2, 1029), (3, 1024), (5, 23), (5, 27), (5, 28), (5, 52))), "past": part(alert(5, 1, cardNo="1", currentEvent=False)) + part(alert(1, 1034, currentEvent=False)), "odd members": part(alert("5", "75", doorNo="2", cardNo=7)) + part(alert(5, 75, doorNo=-1, serialNo=2**62)) + part(alert(None, [], doorNo={})), "numbers as texts": part(alert("5", "1", doorNo="99999999999999999999")),
    "long card": part(alert(5, 1, doorNo=1, cardNo="水" * 40)) + part(alert(5, 1, doorNo=1, employeeNo=5)), "status": compact({"AcsWorkStatus": {"doorLockStatus": [0, 1, 4], "doorStatus": [4, 2], "magneticStatus": [0, 1, 3, -1, "x"], "powerSupplyStatus": "BatteryPowerSupply"}}), "status odd": compact({"AcsWorkStatus": {"doorStatus": 5, "magneticStatus": {}, "powerSupplyStatus": 1}}), "garbage": bytes(range(256)) * 3, "only hyphens": "--\r\n---\r\n----\r\n", "long line": "x" * 1500 + "\r\n" + part(BEAT), "many headers": "--b\r\n" + "A: b\r\n" * 70 + "\r\n" + BEAT, "a list": part("[1,2]") + part(BEAT), "empty": ""}.items()})
seeds("hook_record", {f"{name}": text for name, text in {
    "object": 'J device - - -\n{"device":"8800112233","heart_rate":71}', "list": 'J device - - -\n[{"device":"a"},{"device":"b","x":{"y":1}}]', "records within": 'J info.imei data.items ts seq\n{"data":{"items":[{"info":{"imei":5},"ts":1600000000123,"seq":1}]}}', "records within a text": 'J device data - -\n{"data":"[{\\"device\\":\\"a\\"}]"}', "text that is none": 'J device data - -\n{"data":"[{"}', "a dotted member": 'J a.b - - -\n{"a.b":"x","a":{"b":"y"}}', "device of the request": 'J device - - - dev-1\n{"x":1}', "no device": 'J device - - -\n{"x":1}', "device a list": 'J device - - -\n{"device":[1]}', "device empty": 'J device - - -\n{"device":""}', "device long": 'J device - - -\n{"device":"' + "d" * 200 + '"}', "device capitals": 'J device - - -\n{"device":"0xAbCdEf"}', "device Chinese": 'J device - - -\n{"device":"三楼"}',
    "no rules": 'J - - - - d\n{"x":1}', "time seconds": 'J device - t -\n{"device":"a","t":1600000000}', "time text of digits": 'J device - t -\n{"device":"a","t":"1600000000123"}', "time iso": 'J device - t -\n{"device":"a","t":"2020-01-01T00:00:00+08:00"}', "time future": 'J device - t -\n{"device":"a","t":9999999999}', "time odd": 'J device - t -\n[{"device":"a","t":-1},{"device":"a","t":1e300},{"device":"a","t":"x"},{"device":"a","t":[]},{"device":"a","t":"99999999999999999999"}]', "id odd": 'J device - - id\n[{"device":"a","id":""},{"device":"a","id":1.5},{"device":"a","id":null},{"device":"a","id":-7}]', "too many": "J device - - -\n[" + ",".join(['{"device":"a"}'] * 257) + "]", "not JSON": "J device - - -\nhello", "a number": "J device - - -\n7", "nothing": "J device - - -\n", "deep": "J a.b.c.d.e.f - - -\n" + '{"a":' * 100 + "1" + "}" * 100, "list of numbers": "J device - - -\n[1,2]", "zero": 'J device - - -\n{"device":"a\\u0000"}',
    "form": "F device - - -\ndevice=8800112233&action=SOS&battery=97", "form escaped": "F device - - -\ndevice=%41+b%2Fc&%E6%B0%B4=%e6%b0%b4&x=%zz%4", "form no values": "F device - - -\ndevice&=x&&a=&device=b", "form with JSON": "F device data - -\nsign=1&data=%5B%7B%22device%22%3A%22a%22%7D%5D", "form no UTF-8": "F device - - -\ndevice=%ff%fe", "form zero": "F device - - -\ndevice=a%00b", "form of many": "F device - - -\n" + "&".join(f"n{i}={i}" for i in range(300)), "form empty": "F device - - - d\n", "form time": "F device - t id\ndevice=a&t=1600000000&id=9"}.items()})
seeds("station_answer", {f"{name}": text for name, text in {
    "done": '200 unlock\n{"ok":true}', "done and more": '200 prompt\n{"ok":true,"answer":"yes","seconds":4}', "bare 200": "200 unlock\n", "bare 204": "204 unlock\n", "accepted": "202 unlock\n", "accepted and said": '202 unlock\n{"ok":true}', "refused": '200 unlock\n{"ok":false,"text":"locked"}', "refused without words": '200 unlock\n{"ok":false}', "nothing said": "200 unlock\n{}", "ok a text": '200 unlock\n{"ok":"true"}', "html": "200 unlock\n<html>", "a list": "200 unlock\n[true]", "busy": "409 unlock\n", "busy with words": '409 unlock\n{"text":"in use"}', "ok with a wrong status": '423 unlock\n{"ok":true}', "redirect": "302 unlock\n", "unknown status": "418 unlock\n", "no status": "x unlock\n", "zero": "0 unlock\n",
    "text steers": '403 unlock\n{"text":"\\u001b[2J\\r\\n\\u007f"}', "text long": '403 unlock\n{"text":"' + "水" * 200 + '"}', "text a number": '403 unlock\n{"text":5}', "members odd": '200 call\n{"ok":true,"type":1,"id":2,"text":"t","a":null,"b":[],"c":{},"' + "k" * 70 + '":1}', "members many": "200 call\n" + compact({"ok": True, **{f"m{i}": i for i in range(30)}}), "member long": '200 call\n{"ok":true,"x":"' + "x" * 1100 + '"}', "args of unlock": '200 unlock\n{"door":"b3-u1","for":"5s"}', "args of prompt": '200 prompt\n{"station":"b3/u1/1204","text":"Are you well?","lang":"en"}', "args of call": '200 call\n{"station":"b3/u1/1204","to":"desk"}', "args missing": "200 prompt\n{}", "args unknown": '200 unlock\n{"door":"a","why":"b"}', "args odd": '200 unlock\n{"door":5}', "duration odd": '200 unlock\n{"door":"a","for":"1h"}', "duration a number": '200 unlock\n{"door":"a","for":5}', "verb unknown": '200 open\n{"door":"a"}', "no verb": '200\n{"ok":true}'}.items()})

# ---- estatectl: a command line, then what the daemon answers

STATUS = compact({"estate": {"id": "demo", "name": "示范小区"}, "version": "0.1.0", "uptime_s": 86400, "ready": True, "devices": 2,
                  "alarms": {"standing": 1, "open": 2, "unacked": 1, "priority": {"1": 1, "2": 0, "3": 0, "4": 0}},
                  "points": {"total": 3, "good": 1, "stale": 1, "lost": 1}, "buses": {"up": 1, "total": 2}, "plugins": {"up": 0, "total": 1},
                  "outbox": {"pending": 7, "oldest": "2026-11-22T03:00:00.000+08:00"}, "store": {"ok": False, "fault": "disk full"}})
ALARMS = compact([{"alarm": "lift-trapped/lift-1", "rule": "lift-trapped", "asset": "lift-1", "state": "unacked", "priority": 1, "stage": 0, "since": "2026-11-22T03:00:00.000+08:00",
                   "count": 1, "reason": {"when": "x", "inputs": []}, "text": {"zh": "困人", "en": "entrapment"}, "place": "b3/u1"}])
POINTS = compact([{"point": "tank-1.level", "device": "tank-1", "place": "b1/roof", "class": "tank", "value": 95.5, "unit": "%", "quality": "good", "test": True, "at": "2026-11-22T03:00:00Z"},
                  {"point": "sos-1.pressed", "value": None, "unit": "", "quality": "lost", "test": False, "at": None}])
WHY = compact({"point": "d.r1", "value": 23.4, "unit": "°C", "quality": "good", "at": "2026-11-22T03:00:00Z", "device": "d", "name": "温度", "place": "b1", "profile": "p", "source": "bus gw unit 5 holding:3", "age_s": 0.3, "max_age": "10s",
               "reason": {"code": "good", "text": {"en": "it is good", "zh": "正常"}}, "bus": {"bus": "gw", "type": "tcp", "target": "127.0.0.1:502", "state": "up", "since": "2026-11-22T03:00:00Z", "lag_ms": 0, "answers_us": True, "open": True, "next_s": None},
               "modbus_unit": {"unit": 5, "state": "ok", "misses": 1, "answered_at": "2026-11-22T03:00:00Z", "next_s": 0.5, "polls": 9, "answers": 8, "round_trips": [{"to_ms": 0.5, "count": 7}, {"to_ms": None, "count": 2}], "causes": [{"cause": "crc", "count": 3, "hint": {"en": "wires", "zh": "线路"}}]},
               "request": {"table": "holding", "function": 3, "address": 3, "count": 2, "period": "1s", "points": 40, "with": ["d.r2"], "due_s": 12, "ended": "answered", "ended_at": None, "renew_s": 3599.5}, "frames": {"request": {"at": None, "hex": "000100000006050300030002"}, "answer": {"at": None, "hex": "0001000000070503040000ea01", "after_ms": 1.5, "mark": [9, 11]}},
               "decode": {"register": "holding:3", "registers": "00ea", "type": "i16", "order": "abcd", "raw": 234, "scale": 0.1, "offset": 1, "invert": True, "value": None, "read_at": None}, "plugin": {"plugin": "zigbee", "program": "mqtt-source", "state": "up", "text": "", "address": "0x00", "field": "t", "message_at": None}, "rules": [{"alarm": "hot/d", "state": "unacked", "when": "t > 30"}]})
SHEET = compact([{"device": "d", "name": "二号, 表", "place": "b1", "point": "d.r1", "field": "r1", "modbus_unit": 5, "register": "holding:3", "raw": "00ea 0001", "value": 23.4, "unit": "°C", "quality": "good", "at": "2026-11-22T03:00:00.000Z", "read_at": None}, {"device": 5, "value": [1], "at": "x"}])
FRAMES = compact({"bus": "gw", "type": "tcp", "target": "x", "framing": "tcp", "at": "2026-11-22T03:00:00.000+08:00", "next": 7, "missed": 0, "frames": [{"n": 5, "at": "2026-11-22T03:00:00.000+08:00", "us": 1000, "way": "sent", "hex": "0001 0000 0006 05 03 0000 0002", "text": "#1 unit 5: read"}, {"n": 6, "at": None, "us": 2200, "way": "received", "hex": "", "text": "\"quoted\""}]})
EVENTS = 'id: 5\nevent: point\ndata: {"point":"tank-1.level","value":95.5,"unit":"%","quality":"good","at":"2026-11-22T03:00:00Z"}\n\nid: 6\nevent: alarm\ndata: {"alarm":"a/b","state":"unacked","priority":2,"text":{"zh":"高"}}\n\n'


def asked(line, *answers):
    return line.encode() + b"\n" + b"\x1e".join(a if isinstance(a, bytes) else a.encode() for a in answers)


def ok(body):
    return "200\n" + body


seeds("ctl", {
    "status": asked("status", ok(STATUS), ok(ALARMS)), "status csv": asked("-f csv status", ok(STATUS)), "status json": asked("-f json status", ok(STATUS)), "status check": asked("status --check", ok(STATUS), ok(ALARMS)), "status empty": asked("status", ok("{}")), "status a list": asked("status", ok("[]")), "status gone": asked("status", "gone"),
    "status busy": asked("status", "busy"), "status denied": asked("status", "denied"), "status late": asked("status", "late"), "status 500": asked("status", '500\n{"error":{"status":500,"text":"disk"}}'), "status 404 of something else": asked("status", "404\n<html>"), "status counts too large": asked("status", ok('{"uptime_s":9223372036854775807,"alarms":{"standing":99999999999,"open":-5},"points":{"good":"x"}}')),
    "status name that steers": asked("status", ok('{"estate":{"id":"\\u001b[2J","name":"a\\u0007\\nb"},"version":"\\u009b31m"}')), "no JSON": asked("points", ok("hello")), "cut JSON": asked("points", ok(POINTS[:80])), "points": asked("points tank-*", ok(POINTS)), "points csv": asked("points -f csv", ok(POINTS)), "points none": asked("points", ok("[]")), "points odd": asked("points", ok('[1,null,[],{"point":5,"value":{"a":[1]},"at":"x"}]')),
    "points an object": asked("points", ok("{}")), "points a quote csv": asked("points -f csv", ok('[{"point":"a,\\"b\\"\\r\\nc","unit":"\\""}]')), "points that steer": asked("points", ok('[{"point":"\\u001b]0;x\\u0007","value":"\\u0080\\u009f","unit":"\\t"}]')), "show": asked("show tank-1.level", ok(POINTS[1:-1].split("},{")[0] + "}")), "buses": asked("-v buses", ok('[{"bus":"gw","type":"tcp","target":"127.0.0.1:502","state":"up","since":"2026-11-22T03:00:00Z","units_up":1,"units_total":2,"crc_errors":9223372036854775807,"late":1}]')),
    "devices": asked("devices", ok('[{"device":"lift-1","name":"1号梯","bus":"gw","unit":4,"good":1,"points":2,"at":null},{"device":"s","plugin":"zigbee","address":"0x00"}]')), "plugins": asked("plugins", ok('[{"plugin":"zigbee","program":"mqtt-source","state":"fault","pid":7,"text":"no broker"}]')), "outbox": asked("outbox -f csv", ok('[{"uplink":"cloud","lane":"alarm","pending":3,"bytes":400,"oldest":null}]')),
    "alarms": asked("alarms", ok(ALARMS)), "alarms all csv": asked("alarms --all -f csv", ok(ALARMS)), "alarms text a number": asked("alarms", ok('[{"alarm":"a/b","text":5,"priority":99,"state":"unknown","place":{}}]')), "ack": asked("ack lift-trapped/lift-1 --note gone", ok('{"state":"acked"}')), "ack refused": asked("ack a/b", '409\n{"error":{"status":409,"text":"it is acked"}}'), "ack no id": asked("ack lift", ok("{}")),
    "ack slashes": asked("ack /a//b/", ok("{}")), "close": asked("close a/b --outcome real", ok('{"state":"normal"}')), "close json": asked("-f json close a/b --outcome real", ok('{"state":"normal"}')), "diff": asked("config diff", ok('{"changes":[{"change":"added","group":"devices","id":"v0"}],"problems":["a.conf:1: warning: x"]}')), "diff odd": asked("config diff -f csv", ok('{"changes":7,"problems":[1,null]}')), "reload": asked("config reload --confirm-within 10m", ok('{"changes":[]}')),
    "reload refused": asked("config reload", '409\n{"error":{"text":"errors"},"problems":["estated.conf:4: error: x"]}'), "confirm": asked("config confirm", ok("{}")), "clock": asked("clock", ok('{"time":"2026-11-22T03:00:00+08:00","quality":"unset","since":null,"booted":"x","uptime_s":5,"step_s":-3600.5,"stepped":"y"}')), "clock step huge": asked("clock", ok('{"uptime_s":9223372036854775807,"step_s":1e300}')), "clock set": asked("clock set 2026-11-22 03:00", ok('{"step_s":null}')),
    "watch": asked("watch", ok(EVENTS)), "watch csv": asked("-f csv watch tank-*", ok(EVENTS)), "watch json": asked("watch -f json", ok(EVENTS)), "watch gap": asked("watch", ok('id: 7\nevent: gap\ndata: {}\n\n')), "watch data odd": asked("watch", ok('data: 5\n\ndata: {"point":"\\u001b[0m"}\n\nevent: health\ndata: {"what":"bus","id":"gw","state":"down"}\n\n')), "watch refused": asked("watch", '403\n{"error":{"text":"no"}}'), "watch gone": asked("watch", "gone"), "watch busy": asked("watch", '503\n{"error":{"text":"full"}}'),
    "wait ready": asked("wait --for 1s", ok('{"ready":true}')), "wait alarm": asked("wait alarm lift-trapped/lift-1 unacked --for 1s", ok(ALARMS)), "wait no alarm": asked("wait no-alarm --for 1s", ok("[]")), "wait stream": asked("wait --for 1s", ok('{"ready":false}'), ok(EVENTS), ok('{"ready":true}')), "wait denied": asked("wait --for 1s", '403\n{"error":{"text":"no"}}'), "wait words": asked("wait alarm --for 1s", ok("[]")),
    "why": asked("why d.r1", ok(WHY)), "why csv": asked("why d.r1 -f csv", ok(WHY)), "why stuck": asked("why d.r1", ok(compact({**json.loads(WHY), "modbus_unit": None, "request": None, "frames": None, "decode": None}))), "why odd": asked("why d.r1", ok('{"reason":7,"bus":[],"modbus_unit":{"round_trips":[1],"causes":{}},"request":{"with":[1,null],"address":9223372036854775807,"count":1},"frames":{"request":{"hex":"f"},"answer":{"hex":"00zz","mark":[-5,99]}},"decode":{"scale":1e400},"rules":[{}]}')), "why that steers": asked("why x", ok('{"point":"\\u001b[2J","reason":{"text":{"en":"\\u009b"}},"request":{"table":"\\u0007"}}')), "why mark the wrong way": asked("why x", ok('{"frames":{"request":{},"answer":{"hex":"' + "00" * 40 + '","mark":[30,2]}}}')), "why unknown": asked("why x", '404\n{"error":{"status":404,"text":"no point"}}'),
    "sheet": asked("sheet gw", ok(SHEET)), "sheet csv": asked("-f csv sheet gw", ok(SHEET)), "sheet json": asked("-f json sheet gw", ok(SHEET)), "sheet two pages": asked("-f json sheet gw", ok("[" + ",".join(["{}"] * 500) + "]"), ok(SHEET)), "sheet odd": asked("sheet gw", ok('{"a":[1]}')), "sheet none": asked("sheet gw", ok("[]")), "record": asked("bus record gw --last", ok(FRAMES)), "record json": asked("bus record gw --last -f json", ok(FRAMES)), "record live": asked("bus record gw --for 1s", ok(FRAMES), ok(FRAMES.replace('"missed":0', '"missed":9'))),
    "record that steers": asked("bus record gw --last", ok('{"bus":"\\u001b[2J","frames":[{"hex":"\\u0007","text":"\\u009b31m","us":-5},7]}')), "record csv": asked("bus record gw -f csv", ok(FRAMES)), "record stuck": asked("bus record gw --last", '503\n{"error":{"status":503,"text":"its bus does not answer"}}'), "record huge": asked("bus record gw --last", ok('{"next":9223372036854775807,"missed":-1,"frames":[{"us":9223372036854775807},{"us":-9223372036854775808}]}')),
    "no command": asked("pionts", ok("[]")), "no such option": asked("points --al", ok("[]")), "nothing": asked(""), "help": asked("help ack"), "format": asked("-f xml points", ok("[]")), "deep": asked("points", ok("[" * 300 + "]" * 300)), "body with a zero": asked("points -f json", b"200\n[\0]"), "not UTF-8": asked("points", b'200\n[{"point":"\xff"}]'),
    "read": asked("read gw 5 holding:30 2 --type f32 --guess 23.5", ok('{"unit":5,"took_ms":1.5,"values":[{"at":"holding:30","hex":"0x41bc","dec":16828,"signed":16828,"value":23.5}],"guesses":[{"at":"holding:30","type":"f32","order":"abcd","scale":1.0,"value":23.5,"exact":true}]}')),
    "read bits": asked("read gw 5 coil:0 2", ok('{"values":[{"at":"coil:0","value":true}]}')), "read odd": asked("read gw 5 holding:30 --guess 1", ok('{"values":7,"guesses":{}}')), "read refused": asked("read gw 5 holding:30", '502\n{"error":{"text":"illegal address"}}'),
    "scan": asked("scan gw --units 5", ok('[{"bus":"gw","timeout_ms":500}]'), ok('{"unit":5,"answers":true,"answer":"value","took_ms":2,"devices":["d"],"vendor":"ACME"}')), "scan odd": asked("scan gw --units 5", ok("7"), ok('{"answers":true,"devices":[1],"vendor":2}')),
    "pause": asked("bus pause gw --for 10m", ok('{"bus":"gw","paused_until":"2026-11-22T03:00:00Z"}')), "pause odd": asked("bus pause gw", ok("{}")), "resume": asked("bus resume gw", ok("{}")),
    "write": asked("write r.on true --reason x", ok('{"point":"r.on","value":true,"old":false,"read":true,"confirmed":true}')), "write odd": asked("write r.on 1e309", ok('{"read":[],"old":{}}')),
})

# ---- a plugin's side: lines of the daemon


def hello(**more):
    return compact({"type": "hello", "protocol": 1, "instance": "zigbee", "estate": "demo", "options": {"url": "mqtt://127.0.0.1"}, "devices": [{"id": "sos-1", "address": "0x00"}], **more})


PING, STOP, DELIVER = '{"type":"ping","id":3}', '{"type":"stop"}', '{"type":"deliver","batch":1,"lane":"alarm","messages":[{"seq":1}]}'
seeds("sdk_host", {what: "\n".join(lines) for what, lines in {
    "a life": (hello(), PING, DELIVER, STOP), "ping before hello": (PING, hello()), "stop before hello": (STOP, hello()), "deliver before hello": (DELIVER, hello(), DELIVER), "two hellos": (hello(), hello(), PING), "stop twice": (hello(), STOP, STOP), "protocol 2": (hello(protocol=2),), "protocol a text": (hello(protocol="1"),), "protocol 1.0": (hello(protocol=1.0),), "no protocol": ('{"type":"hello"}',),
    "options a list": (hello(options=[]),), "options wrong": (hello(options={"url": "mqtt://x", "count": 11, "cuont": 1}),), "no url": (hello(options={}),), "options null": (hello(options=None),), "devices no list": (hello(devices={}),), "devices odd": (hello(devices=[1, None, [], {"id": 5}]), PING), "no devices": (hello(devices=None), PING), "more devices": (hello(more=True), '{"type":"devices","devices":[{"id":"b"}],"more":true}', '{"type":"devices","devices":[]}', PING),
    "more that never comes": (hello(more=True), DELIVER, PING, STOP), "devices before hello": ('{"type":"devices","devices":[]}', hello()), "devices after ready": (hello(), '{"type":"devices","devices":[{"id":"x"}]}', PING), "devices a number": (hello(more=True), '{"type":"devices","devices":7}'), "many devices": (hello(devices=[{"id": f"d{i}"} for i in range(500)]), PING), "no type": (hello(), "{}", '{"type":5}', "[]", "7", "null", PING), "not JSON": ("hello", "{", hello(), '{"type":"ping"', PING),
    "unknown type": (hello(), '{"type":"stored","id":"1"}', '{"type":"' + "x" * 200 + '"}', PING), "ping ids": (hello(), '{"type":"ping"}', '{"type":"ping","id":"a"}', '{"type":"ping","id":{"a":[1]}}', '{"type":"ping","id":9223372036854775807}', '{"type":"ping","id":null}', '{"type":"ping","id":1.5}'), "start fails": ("!", hello(), PING), "instance odd": (hello(instance=5, estate=[]), PING), "instance empty": (hello(instance="", estate="\x1b"), PING),
    "fault texts": (hello(), DELIVER, DELIVER, DELIVER.replace("alarm", "水" * 700), DELIVER), "long fault": (hello(), DELIVER.replace("alarm", "x" * 3000), PING), "empty lines": ("", "", hello(), "", PING), "key twice": ('{"type":"hello","type":"stop","protocol":1}',), "a zero inside": (hello(), '{"type":"pi\\u0000ng"}', PING), "blanks": ("  " + hello() + "  ", " " + PING), "cr": (hello() + "\r", PING + "\r"), "trailing": (hello() + "x", PING), "nothing": ()}.items()})
seeds("sdk_host", {"not UTF-8": hello().encode() + b'\n{"type":"ping","id":"\xff"}\n' + PING.encode(), "a NUL": hello().encode() + b"\n{\0}\n" + PING.encode()})

# ---- what was queued and stored before the clock was right

BOOT_NONE, BOOT_A, BOOT_B = range(3)
UNSET, RESTORED, SYNCHRONISED = range(3)
S_US, NOW_US = 10**6, 1_763_751_600_000_000


def moment(boot, quality, mono_us, wall_us):
    return struct.pack(">BBqq", boot, quality, mono_us, wall_us)


def clocks(rows, stamp, payload=""):
    return bytes((len(rows),)) + b"".join(moment(*r) for r in rows) + moment(*stamp) + payload.encode()


set_right = (BOOT_A, SYNCHRONISED, 100 * S_US, NOW_US)
early = (BOOT_A, UNSET, 60 * S_US, 61 * S_US)
PAYLOAD = compact({"alarm": "a/b", "since": "1970-01-01T08:00:31.000+08:00", "acked": None, "reason": {"when": "x", "inputs": [{"point": "p", "value": 0.1, "at": "1970-01-01T08:00:30+08:00"}]}})
largest, least = 2**63 - 1, -2**63
seeds("mend", {
    "set right later": clocks([set_right], early, PAYLOAD), "no rows": clocks([], early, PAYLOAD), "another boot": clocks([(BOOT_B, SYNCHRONISED, 100 * S_US, NOW_US)], early, PAYLOAD), "no boot": clocks([(BOOT_NONE, SYNCHRONISED, 100 * S_US, NOW_US)], (BOOT_NONE, UNSET, 60 * S_US, 61 * S_US), PAYLOAD), "row before": clocks([(BOOT_A, SYNCHRONISED, 50 * S_US, NOW_US)], early, PAYLOAD), "row at once": clocks([(BOOT_A, SYNCHRONISED, 60 * S_US, NOW_US)], early, PAYLOAD),
    "restored then right": clocks([(BOOT_A, RESTORED, 70 * S_US, NOW_US - 3600 * S_US), set_right], early, PAYLOAD), "right then restored": clocks([set_right, (BOOT_A, RESTORED, 170 * S_US, NOW_US)], early, PAYLOAD), "restored only": clocks([(BOOT_A, RESTORED, 70 * S_US, NOW_US)], early, PAYLOAD), "worse row": clocks([(BOOT_A, UNSET, 170 * S_US, 5)], (BOOT_A, SYNCHRONISED, 60 * S_US, NOW_US), PAYLOAD), "same within half a second": clocks([(BOOT_A, SYNCHRONISED, 100 * S_US, 101 * S_US + 400_000)], early, PAYLOAD),
    "back an hour": clocks([(BOOT_A, SYNCHRONISED, 100 * S_US, NOW_US - 3600 * S_US)], (BOOT_A, RESTORED, 60 * S_US, NOW_US), PAYLOAD), "largest": clocks([(BOOT_A, SYNCHRONISED, largest, largest)], (BOOT_A, UNSET, largest, least), PAYLOAD), "least": clocks([(BOOT_A, SYNCHRONISED, least, least)], (BOOT_A, UNSET, least, largest), PAYLOAD), "mixed": clocks([(BOOT_A, SYNCHRONISED, largest, least)], (BOOT_A, UNSET, least, least), PAYLOAD), "before the boot": clocks([set_right], (BOOT_A, UNSET, -5 * S_US, 61 * S_US), PAYLOAD),
    "zero": clocks([set_right], (BOOT_A, UNSET, 0, 0), PAYLOAD), "year 9998": clocks([(BOOT_A, SYNCHRONISED, 100 * S_US, 253_300_000_000 * S_US)], early, PAYLOAD), "negative wall": clocks([set_right], (BOOT_A, UNSET, 60 * S_US, -61 * S_US), PAYLOAD), "rows cut": clocks([set_right] * 2, early)[:30], "200 rows": clocks([(BOOT_A, i % 3, i * S_US, NOW_US + i) for i in range(200)], early, PAYLOAD), "payload empty": clocks([set_right], early), "payload no JSON": clocks([set_right], early, "hello"), "payload a list": clocks([set_right], early, '["1970-01-01T08:00:31+08:00"]'),
    "since a number": clocks([set_right], early, '{"since":31}'), "since a list": clocks([set_right], early, '{"since":["1970-01-01T08:00:31Z"]}'), "at of the future": clocks([set_right], early, '{"at":"2026-11-22T03:00:00+08:00"}'), "at without a zone": clocks([set_right], early, '{"at":"1970-01-01T08:00:31"}'), "at as seconds": clocks([set_right], early, '{"at":"31.5"}'), "at at the edge": clocks([set_right], early, '{"at":"1970-01-01T08:01:01+08:00","since":"1970-01-01T08:00:01+08:00"}'), "deep": clocks([set_right], early, '{"a":' * 200 + '{"at":"1970-01-01T08:00:31+08:00"}' + "}" * 200),
    "digits kept": clocks([set_right], early, '{"at":"1970-01-01T08:00:31+08:00","v":[0.1,1e300,12345678901234567,-0.0]}'), "texts kept": clocks([set_right], early, '{"at":"1970-01-01T08:00:31+08:00","text":"since 水 \\u0007 \\" \\\\"}'), "twice since": clocks([set_right], early, '{"since":"1970-01-01T08:00:31Z","since":"1970-01-01T00:00:31Z"}'), "null": clocks([set_right], early, "null"), "members of that name": clocks([set_right], early, '{"at":{"at":"1970-01-01T08:00:31+08:00"},"acked":[{"since":"1970-01-01T08:00:31+08:00"}]}'),
})

# ---- what rules remember: changes of a good block, as fuzz_windows.c has them

SEAL_CELLS, SEAL_HEADER, CUT, RAW = 1, 2, 4, 8
CELL, BODY = 80, 104  # of the first: sum 80, key 88, len 96, room 100, body 104: span, seen, heard, kind, good, left, since, count, last …


def block(flags, *changes, cut=None):
    return bytes([flags | (0 if cut is None else CUT)]) + (b"" if cut is None else struct.pack(">H", cut)) + b"".join(struct.pack(">HB", at, byte) for at, byte in changes)


def word(at, number):
    return tuple((at + i, byte) for i, byte in enumerate(struct.pack("<q", number)))


seeds("windows", {
    "as it is": block(0), "sealed again": block(3), "empty": block(0, cut=0), "a byte": block(0, cut=1), "magic alone": block(0, cut=8), "half a header": block(0, cut=40), "header alone": block(0, cut=80), "half": block(0, cut=1000), "cut in a cell": block(0, cut=130), "magic": block(2, (0, 0)), "version": block(2, (8, 99)), "version unsealed": block(0, (8, 99)), "length": block(2, (16, 1)), "another boot": block(2, (24, 0x66)), "no boot": block(2, (24, 0)), "header sum": block(0, (64, 1)),
    "later than now": block(2, *word(72, 6000 * S_US)), "before time": block(2, *word(72, -1)), "long ago": block(2, *word(72, 1)), "cell sum": block(0, (CELL, 1)), "other key": block(1, (CELL + 8, 1)), "empty cell": block(1, (96, 0), (97, 0)), "odd length": block(1, (96, 5)), "length beyond": block(1, (97, 0xFF)), "no room": block(1, (100, 0), (101, 0)), "odd room": block(1, (100, 3)), "room beyond": block(1, (103, 0xFF)), "room to the end": block(1, (101, 0x20)),
    "other span": block(1, (BODY, 7)), "seen in the future": block(1, *word(BODY + 8, 2 ** 62)), "seen before time": block(1, *word(BODY + 8, -5)), "heard in the future": block(1, *word(BODY + 16, 2 ** 62)), "other kind": block(1, (BODY + 24, 1)), "no kind": block(1, (BODY + 24, 77)), "good as 2": block(1, (BODY + 28, 2)), "not good": block(1, (BODY + 28, 0)), "since in the future": block(1, *word(BODY + 40, 2 ** 62)), "since before time": block(1, *word(BODY + 40, -1)),
    "count of none": block(1, *word(BODY + 48, 0)), "count too many": block(1, *word(BODY + 48, 65)), "count immense": block(1, *word(BODY + 48, -1)), "type of last": block(1, (BODY + 56, 9)), "last a bool of 7": block(1, (BODY + 56, 2), (BODY + 64, 7)), "last a text without end": block(1, (BODY + 56, 3), *((BODY + 64 + i, 65) for i in range(64))), "times in disorder": block(1, *word(BODY + 128, 4999 * S_US)), "time before time": block(1, *word(BODY + 128, -9)), "all cells": block(3, *((at, 0x55) for at in range(600, 700))), "not ours": bytes([RAW]) + b"#!/bin/sh\necho hello\n", "zeros": bytes([RAW]) + bytes(2000), "nothing": b"",
    "left before time": block(1, *word(BODY + 32, -2)), "left in the future": block(1, *word(BODY + 32, 2 ** 62)), "left before it was seen": block(1, *word(BODY + 32, 0)),
})

# ---- what the history packed; the first byte says which piece it is, as in fuzz_chunk.c

VALUES, STAGE, SQUEEZED, DAY_ROW = b"\0", b"\1", b"\2", b"\3"
NUMBER_SERIES, BOOL_SERIES, TEXT_SERIES, EVENT_SERIES, NONE_SERIES = 0x11, 0x12, 0x13, 0x14, 0x10
NOTHING, DELTAS, DELTAS_TWICE, BITS, RUNS = (bytes([n]) for n in range(5))


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def zigzag(n):
    return varint((n << 1) ^ (n >> 63) if n >= 0 else (-n << 1) - 1)


def series(kind, flags, payload, count=None):
    """flags: [(flag, run)]."""
    count = sum(run for _, run in flags) if count is None else count
    return bytes([kind]) + varint(count) + b"".join(bytes([flag]) + varint(run) for flag, run in flags) + payload


def steps(numbers, exponent=1, factor=1, coding=DELTAS):
    return coding + bytes([exponent]) + varint(factor) + b"".join(zigzag(n) for n in numbers)


def planes(numbers):
    bits, last, out = [], 0, []
    for n in numbers:
        now = struct.unpack("<Q", struct.pack("<d", n))[0]
        bits.append(now ^ last)
        last = now
    return BITS + bytes(b >> 8 * byte & 255 for byte in range(8) for b in bits)


def words(texts, runs):
    return RUNS + varint(len(texts)) + b"".join(t.encode() + b"\0" for t in texts) + b"".join(varint(i) + varint(n) for i, n in runs)


def staged(point, values, count=3):
    stamps = varint(count) + zigzag(1763748000000) + zigzag(1000) + b"\0" * (count - 2)
    return bytes([point]) + varint(len(stamps)) + stamps + varint(len(values)) + values


def hour(n, count, held, least, most, area):
    return bytes([n]) + varint(count) + varint(held) + struct.pack("<ddd", least, most, area)


ten = [(0, 10)]
seeds("chunk", {
    "steps": VALUES + series(NUMBER_SERIES, ten, steps([200, 1, -1, 0, 0, 1, 1, -1, 0, 1])), "steps twice": VALUES + series(NUMBER_SERIES, ten, steps([1000, 5] + [0] * 8, 0, 1, DELTAS_TWICE)), "a factor": VALUES + series(NUMBER_SERIES, ten, steps([0, 1, 1, 1, 1, 1, 1, 1, 1, 1], 2, 25)), "a huge factor": VALUES + series(NUMBER_SERIES, ten, steps([1] * 10, 9, 2**63)), "factor zero": VALUES + series(NUMBER_SERIES, ten, steps([1] * 10, 1, 0)), "exponent too large": VALUES + series(NUMBER_SERIES, ten, steps([1] * 10, 10)),
    "steps missing": VALUES + series(NUMBER_SERIES, ten, steps([1] * 4)), "steps overflow": VALUES + series(NUMBER_SERIES, ten, steps([2**62] * 10)), "bits": VALUES + series(NUMBER_SERIES, ten, planes([1 / 3, 2 / 3, 0.1, -0.0, 1e300, 5e-324, float("nan"), float("inf"), 7.5, 7.5])), "bits missing": VALUES + series(NUMBER_SERIES, ten, planes([1.5] * 9)), "bools": VALUES + series(BOOL_SERIES, ten, RUNS + varint(0) + varint(4) + varint(6)), "bools that begin false": VALUES + series(BOOL_SERIES, ten, RUNS + varint(10)),
    "an empty run": VALUES + series(BOOL_SERIES, ten, RUNS + varint(1) + varint(0) + varint(9)), "runs missing": VALUES + series(BOOL_SERIES, ten, RUNS + varint(3)), "texts": VALUES + series(TEXT_SERIES, ten, words(["正常", "火警"], [(0, 4), (1, 5), (0, 1)])), "an event": VALUES + series(EVENT_SERIES, [(0, 1)], words(["card 7"], [(0, 1)])), "a word that is not there": VALUES + series(TEXT_SERIES, ten, words(["a"], [(1, 10)])), "more words than values": VALUES + series(TEXT_SERIES, [(0, 1)], words(["a", "b"], [(0, 1)])),
    "a word without its end": VALUES + series(TEXT_SERIES, [(0, 1)], RUNS + varint(1) + b"abc"), "none of them known": VALUES + series(NUMBER_SERIES, [(19, 10)], steps([])), "some not known": VALUES + series(NUMBER_SERIES, [(0, 3), (19, 2), (8, 5)], steps([5] * 8)), "of no type": VALUES + series(NONE_SERIES, [(17, 10)], NOTHING), "no type with values": VALUES + series(NONE_SERIES, ten, NOTHING), "no samples": VALUES + series(NUMBER_SERIES, [], steps([0])), "flags that are none": VALUES + series(NUMBER_SERIES, [(255, 10)], steps([1] * 10)),
    "runs of flags beyond the count": VALUES + series(NUMBER_SERIES, [(0, 11)], steps([1] * 10), 10), "a run of none": VALUES + series(NUMBER_SERIES, [(0, 0), (0, 10)], steps([1] * 10), 10), "another version": VALUES + series(0x21, ten, steps([1] * 10)), "another type": VALUES + series(0x1f, ten, steps([1] * 10)), "coding of another type": VALUES + series(BOOL_SERIES, ten, steps([1] * 10)), "coding of none": VALUES + series(NUMBER_SERIES, ten, bytes([9])), "count too long": VALUES + bytes([NUMBER_SERIES]) + b"\xff" * 11, "nothing": VALUES,
    "a stage": STAGE + b"\0" + staged(3, series(NUMBER_SERIES, [(0, 3)], steps([200, 1, 2]))) + staged(4, series(BOOL_SERIES, [(0, 3)], RUNS + varint(3))), "a stage cut": STAGE + b"\0" + staged(3, series(NUMBER_SERIES, [(0, 3)], steps([200, 1, 2])))[:-3], "a point beyond its slice": STAGE + b"\0" + staged(16, series(NUMBER_SERIES, [(0, 3)], steps([200, 1, 2]))), "a piece longer than all": STAGE + b"\0\3\xff\xff\3", "counts that differ": STAGE + b"\0" + staged(3, series(NUMBER_SERIES, [(0, 4)], steps([1] * 4))), "an empty stage": STAGE + b"\0",
    "as it is": SQUEEZED + b"\0hello", "squeezed": SQUEEZED + bytes.fromhex("010a28b52ffd200a4500001061610100b30105"), "a length that lies": SQUEEZED + b"\1\xff\xff\xff\7" + bytes.fromhex("28b52ffd200a"), "another way": SQUEEZED + b"\2hello", "a day": DAY_ROW + hour(0, 3600, 3600000, 1, 2, 5.4e6) + hour(23, 1, 0, -1, -1, 0), "an empty day": DAY_ROW, "a day of 25 hours": DAY_ROW + b"".join(hour(n % 24, 1, 1, 0, 0, 0) for n in range(25)), "hour 24": DAY_ROW + hour(24, 1, 1, 0, 0, 0), "held for too long": DAY_ROW + hour(1, 1, 3600001, 0, 0, 0), "a day cut": DAY_ROW + hour(1, 1, 1, 0, 0, 0)[:-1],
})

# ---- the record of an unconfirmed configuration

KEPT = {"state": "trial", "cause": "unconfirmed", "left_us": 600_000_000, "mono_us": 1_000_000_000, "boot": "0123456789abcdef0123456789abcdef", "ends": 0, "in_order": False}


def kept(now_us=1_100_000_000, **more):
    return struct.pack(">Q", now_us << 1) + (compact({**KEPT, **more}) + "\n").encode()


def kept_text(text, now_us=5):
    return struct.pack(">Q", now_us << 1) + (text if isinstance(text, bytes) else text.encode())


seeds("keeper", {
    "trial": kept(), "held": kept(state="held", cause="ended"), "unreadable": kept(state="held", cause="unreadable"), "wrong files": kept(state="held", cause="wrong-files"), "files": kept(state="files"), "no state": kept(state=None), "unknown state": kept(state="tried"), "state a number": kept(state=1), "unknown cause": kept(cause="x"), "no cause": kept(cause=None), "time over": kept(now_us=2_000_000_000), "to the microsecond": kept(now_us=1_600_000_000),
    "another boot": kept(boot="ffffffffffffffffffffffffffffffff"), "another boot, later": kept(boot="f", now_us=700_000_000), "no boot": kept(boot=""), "boot null": kept(boot=None), "boot long": kept(boot="0" * 60), "boot cut within a character": kept(boot="0" * 38 + "水"), "boot a list": kept(boot=[]), "earlier than it was written": kept(now_us=1), "ended once": kept(ends=1), "ended in order": kept(in_order=True), "ends negative": kept(ends=-1), "ends huge": kept(ends=2**63 - 1), "left negative": kept(left_us=-5),
    "left huge": kept(left_us=2**63 - 1), "mono least": kept(mono_us=-2**63), "mono huge": kept(mono_us=2**63 - 1, now_us=2**62), "now huge": kept(now_us=2**62), "numbers as texts": kept(left_us="5", mono_us="x", ends="1"), "left a real": kept(left_us=1.5), "nothing": kept_text(""), "cut": kept()[:60], "not JSON": kept_text("hello"), "a list": kept_text("[]"), "a number": kept_text("7"), "null": kept_text("null"), "key twice": kept_text('{"state":"trial","state":"held"}'),
    "zeros": kept_text(b"\0" * 200), "too long": kept_text('{"state":"held","x":"' + "x" * 5000 + '"}'), "behind it": kept() + b"more", "not UTF-8": kept_text(b'{"state":"held","boot":"\xff"}'), "only a state": kept_text('{"state":"trial"}'),
})

# ---- modems that dial in


def calls(first, second, *pieces):
    return b"\n".join(x if isinstance(x, bytes) else x.encode() for x in (first, second, b"")) + b"".join(
        bytes((len(p[i:i + 31]),)) + p[i:i + 31] for p in (x if isinstance(x, bytes) else x.encode() for x in pieces) for i in range(0, len(p), 31))


seeds("doorman", {what: calls(*said) for what, said in {
    "first": ("HF-A1", "HF-B2", "HF-A1"), "second": ("HF-A1", "HF-B2", "HF-B2"), "neither": ("HF-A1", "HF-B2", "HF-C3"), "in pieces": ("HF-A1", "HF-B2", "H", "F", "-", "B", "2"), "with CR LF": ("HF-A1", "HF-B2", "HF-A1\r\n"), "CR LF later": ("HF-A1", "HF-B2", "HF-A1", "\r\n"), "blanks behind": ("HF-A1", "HF-B2", "HF-A1   "), "a zero behind": ("HF-A1", "HF-B2", "HF-A1\0"), "a letter behind": ("HF-A1", "HF-B2", "HF-A1x"), "one begins the other": ("HF-A", "HF-A1", "HF-A"),
    "one begins the other, longer": ("HF-A", "HF-A1", "HF-A", "1"), "the same twice": ("HF-A1", "HF-A1", "HF-A1"), "nothing": ("HF-A1", "HF-B2"), "wrong case": ("HF-A1", "HF-B2", "hf-a1"), "only a line end": ("HF-A1", "HF-B2", "\r\n"), "a blank before": ("HF-A1", "HF-B2", " HF-A1"), "binary": (b"\x01\x02\xff", "B", b"\x01\x02\xff"), "zeros": (b"\0\0", "B", b"\0\0"), "ends with a blank": ("A ", "B", "A "), "ends with a blank, none said": ("A ", "B", "A"), "longest": ("x" * 64, "B", "x" * 64), "longest and CR LF": ("x" * 64, "B", "x" * 64 + "\r\n"),
    "longest and five more": ("x" * 64, "B", "x" * 64 + "\r\n\r\n\r"), "longer than may be": ("x" * 70, "B", "x" * 70), "too much": ("A", "B", "A" + " " * 90), "a request": ("HF-A1", "HF-B2", b"\1\3\0\0\0\2\xc4\x0b"), "http": ("HF-A1", "HF-B2", "GET / HTTP/1.1\r\n\r\n"), "tls": ("HF-A1", "HF-B2", b"\x16\x03\x01\x02\x00"), "registration then an answer": ("HF-A1", "HF-B2", "HF-A1", b"\1\3\4\0\1\0\2"), "all but the last": ("HF-A1", "HF-B2", "HF-A"), "empty registrations": ("", "", "A1"), "utf-8": ("三号楼", "B", "三号楼"), "utf-8 in pieces": ("三号楼", "B", b"\xe4", b"\xb8\x89", "号楼"), "iccid": ("89860012345678901234", "89860012345678901235", "89860012345678901235")}.items()})

# ---- secrets

SECRETS = {"plain": "s3cret\n", "no newline": "s3cret", "CR LF": "s3cret\r\n", "two lines": "s3cret\nmore\n", "empty": "", "only a newline": "\n", "a blank before": " s3cret \n", "a tab": "\ts3cret\n", "utf-8": "密码\n", "not UTF-8": b"\xff\xfe\n", "a zero": b"s3\0cret\n", "zero first": b"\0s3cret\n",
           "1023 bytes": "x" * 1023 + "\n", "1024 bytes": "x" * 1024, "1024 and a newline": "x" * 1024 + "\n", "much": "x" * 70000, "quotes": "\"s3'cret\"\n"}
seeds("sdk_secret", {f"file {what}": b"\n" + (text if isinstance(text, bytes) else text.encode()) for what, text in SECRETS.items()})
seeds("sdk_secret", {f"name {i}": name.encode() + b"\ns3cret\n" for i, name in enumerate(("mqtt-password", "a", ".hidden", "..", "a/b", "../x", "/etc/shadow", "a:b", "x" * 255, "x" * 256, "口令", "a b", "-rf", "a\tb", "CON", "%s%n"))})
seeds("sdk_secret", {f"credential {what}": b"mqtt\n" + (text if isinstance(text, bytes) else text.encode()) for what, text in SECRETS.items()})

# ---- the simulator

READ = b"\3\0\0\0\2"
seeds("sim_frame", {
    "rtu read": RTU + crc(b"\4" + READ), "rtu read coils": RTU + crc(b"\4\1\0\0\0\x10"), "rtu write coil": RTU + crc(b"\4\5\0\1\xff\0"), "rtu write register": RTU + crc(b"\4\6\0\1\0\3"), "rtu write coils": RTU + crc(b"\4\x0f\0\0\0\x0a\2\xff\3"), "rtu write registers": RTU + crc(b"\4\x10\0\0\0\2\4\0\1\0\2"), "rtu mask": RTU + crc(b"\4\x16\0\0\0\xf2\0\x25"),
    "rtu read and write": RTU + crc(b"\4\x17\0\0\0\2\0\5\0\1\2\0\7"), "rtu unknown": RTU + crc(b"\4\x2b\x0e\1\0"), "rtu unknown without an end": RTU + b"\4\x2b" + b"\0" * 300, "rtu wrong crc": RTU + b"\4" + READ + b"\0\0", "rtu cut": RTU + crc(b"\4" + READ)[:5], "rtu two": RTU + crc(b"\4" + READ) * 2, "rtu wrong count": RTU + crc(b"\4\x10\0\0\0\2\3\0\1\0"),
    "rtu count 255": RTU + crc(b"\4\x10\0\0\0\x7b\xff" + b"\0" * 255), "rtu 0 registers": RTU + crc(b"\4\3\0\0\0\0"), "rtu 126 registers": RTU + crc(b"\4\3\0\0\0\x7e"), "rtu coil 0x1234": RTU + crc(b"\4\5\0\1\x12\x34"), "rtu function 0": RTU + crc(b"\4\0\0\0\0\0"), "rtu broadcast": RTU + crc(b"\0\6\0\1\0\3"),
    "tcp read": TCP + mbap(1, 4, READ), "tcp read coils": TCP + mbap(2, 4, b"\1\0\0\x07\xd0"), "tcp 2001 coils": TCP + mbap(2, 4, b"\1\0\0\x07\xd1"), "tcp write registers": TCP + mbap(3, 4, b"\x10\0\0\0\2\4\0\1\0\2"), "tcp protocol 1": TCP + mbap(1, 4, READ, protocol=1), "tcp length 1": TCP + mbap(1, 4, b"", length=1), "tcp length 255": TCP + mbap(1, 4, b"\3" + b"\0" * 254), "tcp length 254": TCP + mbap(1, 4, b"\x2b" + b"\0" * 252),
    "tcp cut": TCP + mbap(1, 4, READ)[:9], "tcp two": TCP + mbap(1, 4, READ) + mbap(2, 5, READ), "tcp unknown": TCP + mbap(1, 4, b"\x2b\x0e\1\0"), "tcp longer than its function": TCP + mbap(1, 4, READ + b"\0"), "tcp function only": TCP + mbap(1, 4, b"\3"), "tcp header only": TCP + mbap(1, 4, READ)[:7], "nothing": TCP, "tcp last address": TCP + mbap(9, 4, b"\3\xff\xff\0\1"), "tcp beyond the last": TCP + mbap(9, 4, b"\3\xff\xff\0\2"),
})
faults = ["mute", "late 700", "late 700ms", "late 2s", "late", "late 0", "drip 5", "wrong-unit", "wrong-unit 3", "wrong-tid 7", "wrong-protocol-id 9", "wrong-length 3", "wrong-length -250", "wrong-length 65000", "wrong-count 1", "wrong-count 124", "wrong-function 127", "bad-crc", "exception 2", "exception 256", "garbage 4096", "noise 5", "echo", "flood 1000", "duplicate", "half", "half 260", "close", "flap 5s",
          "mute for 5s", "mute count 3", "mute next 1", "mute for 5s count 2", "mute for", "mute count 0", "mute for 300000000000d", "mute x", "ok", "muet", ""]
seeds("sim_words", {(re.sub(r"[^a-z0-9-]", "_", text) or "none") + f" {i}": f"fault gw:4 {text}\n".encode() + registers + bytes(i) for i, text in enumerate(faults)})
seeds("sim_words", {"blanks": " \t a  b\r", "many words": "w " * 170, "switches": "lift-1 on off ON", "numbers": "set gw:4 holding 0 65535 0xff -1 x", "empty": "", "utf-8": "mqtt raw 客厅 {\"a\": 1}", "durations": "x 5 500ms 86400001 -1 1h30m", "only a newline": "\n"})

RECORDING = "# estated recording 1: bus gw type tcp framing tcp at 2026-11-22T09:40:00.120+08:00\n"
SERIAL = "# estated recording 1: bus riser type rtu framing rtu at 2026-11-22T09:40:00.120+08:00\n"
ASKED, TOLD = "09:40:00    0.000000 > 0001 0000 0006 05 03 0000 0002  # unit 5: read holding 0 … 1 (2)\n", "09:40:00    0.001200 < 0001 0000 0007 05 03 04 00ea 0001  # unit 5\n"


def as_json(*rows, framing="tcp"):
    return "\n".join(compact(row) for row in ({"recording": 1, "bus": "gw", "type": "tcp", "framing": framing}, *rows)) + "\n"


def serial(at, sign, data):
    return f"09:40:00 {at:11.6f} {sign} {crc(data).hex()}\n"


seeds("sim_record", {
    "tcp": RECORDING + ASKED + TOLD, "rtu": SERIAL + serial(0, ">", b"\5" + READ) + serial(0.02, "<", b"\5\3\4\0\xea\0\1"), "rtu over tcp": SERIAL.replace("type rtu", "type rtu-over-tcp") + serial(0, ">", b"\5" + READ), "only the head": RECORDING, "empty": "", "only a newline": "\n", "no head": ASKED + TOLD, "two heads": RECORDING + RECORDING, "head without framing": "# estated recording 1: bus gw\n" + ASKED,
    "framing ascii": RECORDING.replace("framing tcp", "framing ascii"), "json": as_json({"us": 0, "way": "sent", "hex": "0001 0000 0006 05 03 0000 0002", "text": "x"}, {"us": 1200, "way": "received", "hex": "00010000000705030400ea0001"}), "json missed": as_json({"missed": 7}, {"us": 5, "way": "opened", "hex": ""}), "json rtu": as_json({"us": 0, "way": "sent", "hex": crc(b"\5" + READ).hex()}, framing="rtu"),
    "json no way": as_json({"us": 0, "hex": "00"}), "json wrong way": as_json({"us": 0, "way": "lost", "hex": "00"}), "json negative": as_json({"us": -1, "way": "sent", "hex": "00"}), "json too late": as_json({"us": 10**17, "way": "sent", "hex": "00"}), "json no hex": as_json({"us": 0, "way": "sent"}), "json cut": as_json()[:-4], "json list": "[1]\n", "json twice the same key": "{\"recording\":1,\"recording\":1}\n",
    "opened and closed": RECORDING + "09:40:00 0.000000 + # opened\n09:40:01 1.000000 - # closed\n", "time goes back": RECORDING + TOLD + ASKED, "no seconds": RECORDING + "09:40:00 > 00\n", "five digits": RECORDING + "09:40:00 0.00000 > 00\n", "very late": RECORDING + "x 99999999.999999 > 00\n", "too late": RECORDING + "x 100000000.000000 > 00\n", "odd digits": RECORDING + "x 0.000000 > 000\n", "no hex": RECORDING + "x 0.000000 > xx\n", "wrong sign": RECORDING + "x 0.000000 = 00\n",
    "512 bytes": RECORDING + "x 0.000000 < " + "00" * 512 + "\n", "513 bytes": RECORDING + "x 0.000000 < " + "00" * 513 + "\n", "CR LF": (RECORDING + ASKED + TOLD).replace("\n", "\r\n"), "no last newline": (RECORDING + ASKED + TOLD)[:-1], "a zero": RECORDING.encode() + b"x 0.000000 > 00\0 00\n", "answer in pieces": RECORDING + ASKED + "x 0.001000 < 0001 0000\nx 0.002000 < 0007 05 03 04\nx 0.003000 < 00ea0001\n",
    "two answers in one": RECORDING + ASKED + "x 0.001000 < 0000 0000 0003 05 83 02 0001 0000 0007 05 03 04 00ea0001\n", "answer of another": RECORDING + ASKED + "x 0.001000 < 0007 0000 0007 06 03 04 00ea0001\n", "illegal address": RECORDING + ASKED.replace("0002", "0001") + "x 0.001000 < 0001 0000 0003 05 83 02\n", "exception without a code": RECORDING + ASKED + "x 0.001000 < 0001 0000 0002 05 83\n", "exception 255": RECORDING + ASKED.replace("0002", "0001") + "x 0.001000 < 0001 0000 0003 05 83 ff\n",
    "the same three times": RECORDING + "".join(f"x {i}.000000 > 000{i} 0000 0006 05 03 0000 0002\nx {i}.001000 < 000{i} 0000 0007 05 03 04 00ea 000{i}\n" for i in range(3)), "coils": RECORDING + "x 0.000000 > 0001 0000 0006 05 01 0000 000a\nx 0.001000 < 0001 0000 0005 05 01 02 ff03\n", "last address": RECORDING + "x 0.000000 > 0001 0000 0006 05 03 ffff 0002\nx 0.001000 < 0001 0000 0007 05 03 04 00ea0001\n", "count 0": RECORDING + "x 0.000000 > 0001 0000 0006 05 03 0000 0000\nx 0.001000 < 0001 0000 0003 05 03 00\n",
    "a write": RECORDING + "x 0.000000 > 0001 0000 0006 05 06 0001 0003\nx 0.001000 < 0001 0000 0006 05 06 0001 0003\n", "request cut": RECORDING + "x 0.000000 > 0001 0000 0006 05\n", "comments": RECORDING + "# 7 frames were missed here\n\n" + ASKED + "# end\n", "wrong crc": SERIAL + "x 0.000000 > 0503000000020000\n",
})

# ---- ctl: backups: tar archives (as zstd would give them), or their lists alone

def listed(box, **more):
    rows = [{"name": name, "bytes": len(data), "mode": "0600", "sha256": hashlib.sha256(data).hexdigest()} for name, data in box]
    return {"estated-backup": 1, "version": "0.1.0", "estate": "demo", "host": "box", "made": "2026-11-22T03:00:00.000+08:00",
            "config": "estated.conf", "schema": {"state": 5, "history": 2}, "credentials": False, "files": rows, **more}


def tarred(entries, form=tarfile.PAX_FORMAT, tail=b"\0" * 1024):
    """entries: (name, bytes) or a TarInfo; ends after two blocks of zeros."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                tar.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            tar.addfile(info, io.BytesIO(entry[1]))
        end = out.tell()
    return out.getvalue()[:end] + tail


def backup(box, actual=None, form=tarfile.PAX_FORMAT, tail=b"\0" * 1024, **more):
    return tarred([("manifest.json", compact(listed(box, **more)).encode()), *(box if actual is None else actual)], form, tail)


def special(name, kind, **members):
    info = tarfile.TarInfo(name)
    info.type = kind
    for member, value in members.items():
        setattr(info, member, value)
    return info


BOX = [("config/estated.conf", b"estate: {};"), ("state/history.db", b"h" * 700), ("state/keys/identity", b"\0key"), ("state/state.db", b"SQLite")]
WHOLE = backup(BOX)
seeds("parcel", {
    "whole": WHOLE, "no files": backup([]), "an empty file": backup([("state/x", b"")]), "ustar": backup(BOX, form=tarfile.USTAR_FORMAT), "gnu": backup(BOX, form=tarfile.GNU_FORMAT),
    "empty": b"", "cut in the list": WHOLE[:900], "cut in a file": WHOLE[:-1800], "without its end": backup(BOX, tail=b""), "a bit in a file": WHOLE.replace(b"hhhhhhhh", b"hhhhhhhi", 1),
    "a bit in a head": WHOLE[:1600] + b"~" + WHOLE[1601:], "no list": tarred(BOX), "list is last": tarred([*BOX, ("manifest.json", compact(listed(BOX)).encode())]), "one is missing": backup(BOX, BOX[:-1]),
    "one too many": backup(BOX, [*BOX, ("state/z", b"z")]), "in another order": backup(BOX, BOX[::-1]), "longer than listed": backup(BOX, [BOX[0], (BOX[1][0], b"h" * 701), *BOX[2:]]),
    "shorter than listed": backup(BOX, [BOX[0], (BOX[1][0], b"h" * 699), *BOX[2:]]), "same length, other bytes": backup(BOX, [BOX[0], (BOX[1][0], b"i" * 700), *BOX[2:]]),
    "a link": backup(BOX[:1], [special(BOX[0][0], tarfile.SYMTYPE, linkname="/etc/shadow")]), "a hard link": backup(BOX[:1], [special(BOX[0][0], tarfile.LNKTYPE, linkname="/etc/shadow")]),
    "a folder": backup(BOX[:1], [special("config/", tarfile.DIRTYPE)]), "a device": backup(BOX[:1], [special(BOX[0][0], tarfile.CHRTYPE, devmajor=1, devminor=8)]), "a fifo": backup(BOX[:1], [special(BOX[0][0], tarfile.FIFOTYPE)]),
    "out of there": backup([("state/../../etc/passwd", b"x")]), "absolute": backup([("/state/x", b"x")]), "dot": backup([("state/./x", b"x")]), "two slashes": backup([("state//x", b"x")]),
    "neither state nor config": backup([("other/x", b"x")]), "twice": backup([BOX[0], BOX[0]]), "list not in order": backup(BOX[::-1], BOX[::-1]), "a long name": backup([("state/" + "n" * 200, b"x")]),
    "too long a name": backup([("state/" + "n" * 600, b"x")]), "newer form": backup(BOX, **{"estated-backup": 2}), "form of text": backup(BOX, **{"estated-backup": "1"}), "no estate": backup(BOX, estate=""),
    "main file elsewhere": backup(BOX, config="../x.conf"), "terminal": backup(BOX, host="\x1b[2J"), "list alone": compact(listed(BOX)), "list with secrets": compact(listed(BOX, credentials=True)),
    "list of lists": compact(listed(BOX, files=[[]])), "list of a negative": compact(listed(BOX)).replace(":700", ":-1"), "list of a fraction": compact(listed(BOX)).replace(":700", ":7.5"), "list of very much": compact(listed(BOX)).replace(":700", ":4398046511105"),
    "list with a short hash": re.sub("[0-9a-f]{64}", "ab", compact(listed(BOX))), "list with large letters": re.sub("[0-9a-f]{64}", "A" * 64, compact(listed(BOX))), "list with setuid": compact(listed(BOX)).replace("0600", "4755"),
    "list key twice": compact(listed(BOX))[:-1] + ',"config":"x"}', "list cut": compact(listed(BOX))[:-30], "list deep": "{" + '"a":{' * 2000,
})

FORBIDDEN = re.compile(r"[^A-Za-z0-9.+=_-]+")


def main():
    here = pathlib.Path(__file__).resolve().parent / "corpus"
    check, different = "--check" in sys.argv[1:], []
    for target, table in sorted(corpus.items()):
        folder = here / target
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {f"seed-{i:02}-{FORBIDDEN.sub('-', what).strip('-')[:60]}": data for i, (what, data) in enumerate(table.items(), 1)}
        assert len(wanted) == len(table) >= 30, (target, len(table))
        for name, data in wanted.items():
            path = folder / name
            if not path.exists() or path.read_bytes() != data:
                different.append(path)
                if not check:
                    path.write_bytes(data)
        for path in folder.glob("seed-*"):
            if path.name not in wanted:
                different.append(path)
                if not check:
                    path.unlink()
        if not check:
            print(f"{target:14} {len(table):4} seeds {sum(map(len, table.values())):7} bytes")
    for path in different if check else ():
        print(f"{path}:1: differs, expected what seeds.py makes")
    return 1 if check and different else 0


if __name__ == "__main__":
    sys.exit(main())

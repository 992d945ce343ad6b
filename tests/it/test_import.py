"""estatectl import: a maker's register table becomes a profile that the daemon takes, and reads a slave by."""

import json
import shutil
import subprocess

import pytest

from estate import PREFIX, Estate
from slave import Slave

CONFIGURATION = """
estate: {{ id = "test"; name = "test"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "b1"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "300ms"; }} );
devices: ( {{ id = "meter-1"; place = "b1/cellar"; bus = "gw"; unit = 5; profile = "{profile}"; }} );
"""

VENDOR = """\
名称,寄存器地址,功能码,数据类型,字节序,倍率,单位,最小值,最大值,取值,读写,厂家备注
"总有功, 电能",0,03,uint32,,0.01,kWh,,,,R,x
power,4,03,float,CDAB,,kW,,,,R,
Phase voltage (L1),6,03,uint16,,0.1,V,0,400,,R,
状态,8,03,uint16,,,,,,0=正常;1=报警,R,
door switch,9.3,03,bool,,1,,,,,RW,
serial number,16,03,string,,,,,,,R,
"""


def ctl(*words, stdin=None):
    return subprocess.run([PREFIX / "bin/estatectl", *map(str, words)], capture_output=True, timeout=60, input=stdin)


def test_a_vendors_table_becomes_a_profile_that_reads_its_device(tmp_path):
    registers = [0] * 40
    for address, register in {0: 0x0001, 1: 0x86A0, 4: 0x0000, 5: 0x3FC0, 6: 2305, 8: 1, 9: 0x0008}.items():
        registers[address] = register
    table = tmp_path / "Meter 7.csv"
    table.write_bytes("\n".join(VENDOR.splitlines()[:-1]).encode("gb18030"))
    made = ctl("import", table, "--class", "meter")
    assert made.returncode == 0, made.stderr.decode()
    assert "厂家备注" in made.stderr.decode(), "the column that was not used is named"
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "meter-7.conf").write_bytes(made.stdout)
    with Slave({5: registers}) as slave, \
            Estate(tmp_path, CONFIGURATION.format(port=slave.port, profile="meter-7")) as estate:
        estate.wait_quality("meter-1.power", "good")
        values = {p["point"].partition(".")[2]: p["value"] for p in estate.json("points", "meter-1")}
    assert values == {"holding_0": 1000.0, "power": 1.5, "phase_voltage_l1": 230.5, "holding_8": "报警", "door_switch": True}


def test_every_wrong_cell_is_named_by_row_and_column(tmp_path):
    table = tmp_path / "wrong.csv"
    table.write_text("name,address,type,scale\na,1,u16,1\nb,70000,int17,1\nc,2,u16,fast\na,3,u16,1\n" + VENDOR.splitlines()[-1] + "\n")
    said = ctl("import", table, "--class", "meter")
    lines = said.stderr.decode().splitlines()
    assert said.returncode == 1 and said.stdout == b""
    assert [line.split(": expected")[0] for line in lines[:-1]] == [
        f"{table}:3: column B (address): '70000'", f"{table}:3: column C (type): 'int17'", f"{table}:4: column D (scale): 'fast'",
        f"{table}:5: column A (name): the point 'a' stands twice; the other is in row 2",
        f"{table}:6: column C (type): '03'", f"{table}:6: column D (scale): 'string'"]


def test_paper_addresses_are_known_by_their_look():
    said = ctl("import", "-", "--class", "meter", "--id", "m", stdin=b"name;address\na;40031\nb;30001\nc;10008\n")
    text = said.stdout.decode()
    assert said.returncode == 0
    assert all(at in text for at in ('"holding:30"', '"input:0"', '"discrete:7"')) and "as on paper" in text
    plain = ctl("import", "-", "--class", "meter", "--id", "m", "--base", "0", stdin=b"name;address\na;40031\n")
    assert '"holding:40031"' in plain.stdout.decode()


@pytest.mark.parametrize("words, status, says", [
    (["import", "-"], 2, "--class"),
    (["import", "-", "--class", "metre"], 2, "no class 'metre'; did you mean 'meter'?"),
    (["import", "-", "--class", "submarine"], 2, "no class 'submarine'; 'estated --classes' shows them all"),
    (["import", "-", "--class", "meter", "--base", "2"], 2, "expected 0, 1 or paper"),
    (["import", "-", "--class", "meter", "--id", "Meter 7"], 2, "--id"),
    (["import", "/nowhere.csv", "--class", "meter"], 1, "No such file"),
    (["import", "-", "--class", "meter", "--id", "m"], 1, "the file is empty"),
])
def test_what_cannot_be_done_says_why(words, status, says):
    said = ctl(*words, stdin=b"")
    assert said.returncode == status and says in said.stderr.decode() and said.stdout == b""


def test_classes_of_the_configuration_can_be_imported_to_as_well(tmp_path):
    """Whatever else is wrong in it, or before there is one."""
    conf = tmp_path / "estated.conf"

    def classes():
        done = subprocess.run([PREFIX / "sbin/estated", "--classes", "-c", conf], capture_output=True, timeout=60)
        assert done.returncode == 0 and done.stderr == b""
        return {c["id"]: c["points"] for c in json.loads(done.stdout)}

    assert "voltage" in classes()["power"]
    conf.write_text('classes: ( { id = "vessel"; points: ( { name = "filling"; type = "number"; } ); } ); buses: ( { id = "B"; } );')
    assert "filling" in classes()["vessel"] and "lift" in classes()


def test_a_class_that_may_stand_behind_an_error_is_not_refused(tmp_path):
    """A copy of the programs whose configuration is this test's own."""
    for name in ("bin/estatectl", "sbin/estated"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(PREFIX / name, tmp_path / name)
    wrapper = tmp_path / "sbin/estated"
    (tmp_path / "sbin/real").write_bytes(wrapper.read_bytes())
    (tmp_path / "sbin/real").chmod(0o755)
    wrapper.write_text(f'#!/bin/sh\nexec "{tmp_path}/sbin/real" "$@" -c "{tmp_path}/estated.conf"\n')

    def load(text):
        (tmp_path / "estated.conf").write_text(text)
        return subprocess.run([tmp_path / "bin/estatectl", "import", "-", "--class", "vessel", "--id", "v"], capture_output=True, timeout=60,
                              input=b"name;address\na;1\n")

    estate = 'estate: { id = "t"; name = "t"; timezone = "Asia/Shanghai"; };'
    assert load(estate).returncode == 2
    said = load(estate + ' places: ( { id = }; classes: ( { id = "vessel"; points: ( { name = "a"; type = "number"; } ); } );')
    assert said.returncode == 0 and b"not checked" in said.stderr and b'class = "vessel"' in said.stdout, said.stderr

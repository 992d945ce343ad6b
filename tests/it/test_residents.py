"""The register of residents: changes, versions, what is released and recorded, tables, erasing; the watched dwellings."""

import csv
import io
import json
import sqlite3
import stat
import subprocess

import pytest

from estate import until
from hands import Hands
from pace import PREFIX
from test_reload import request

CONF = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "up"; program = "{uplink}"; }} );
contacts: ( {{ id = "desk"; duties = ( "desk" ); }}, {{ id = "grid-3"; duties = ( "grid" ); places = ( "b1" ); }} );
devices: ( {{ id = "m-101"; place = "b1/u1/101"; room = "living"; plugin = "src"; address = "1"; class = "motion"; }},
           {{ id = "d-101"; place = "b1/u1/101"; room = "entrance"; entrance = true; plugin = "src"; address = "2"; class = "contact"; }},
           {{ id = "m-102"; place = "b1/u1/102"; room = "bedroom"; plugin = "src"; address = "3"; class = "motion"; }},
           {{ id = "sos-101"; place = "b1/u1/101"; room = "bedroom"; plugin = "src"; address = "4"; class = "sos"; }} );
'''

ADD = ("residents", "add", "r-12", "name=住户十二", "place=b1/u1/101", "categories=独居;高龄", "needs=mobility", "phone=13800001234",
       "contacts=desk;grid-3", "grid_worker=grid-3", "door_code=1357#", "illness=高血压", "consent=2026-01-31")


class Site(Hands):
    def refused(self, *arguments, status=1):
        done = self.estate.run_ctl(*arguments)
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        return done.stderr

    def ctl(self, *arguments):
        return self.estate.ctl(*arguments)

    def post(self, path, body):
        return request(self.estate, "POST", path, body)

    def resident(self, id):
        return next((r for r in self.estate.json("residents") if r["id"] == id), None)

    def audit(self):
        return [r for r in self.estate.json("audit", "show") if r["kind"] == "resident"]

    def sql(self, file, query, *values):
        with sqlite3.connect(f"file:{self.estate.state}/{file}?mode=ro", uri=True) as db:
            return db.execute(query, values).fetchall()


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path, CONF) as s:
        yield s


def test_a_resident_is_kept_over_kill_9_in_all_versions(site):
    site.ctl(*ADD)
    site.ctl("residents", "set", "r-12", "phone=13900005678", "floor=12", "--reason", "new number")
    site.ctl("residents", "away", "r-12", "--from", "2031-10-01", "--until", "2031-10-07")
    site.ctl("residents", "away", "r-12", "--from", "2031-12-24 08:00", "--until", "2031-12-26")
    site.ctl("residents", "hospital", "r-12", "--until", "2031-09-01")
    site.estate.kill()  # right after the answer
    site.start()
    row = site.resident("r-12")
    assert row["name"] == "住**" and row["phone"] == "***5678" and "door_code" not in row
    assert row["place"] == "b1/u1/101" and row["categories"] == ["lives_alone", "aged"] and row["needs"] == ["mobility"]
    assert row["floor"] == 12 and row["contacts"] == ["desk", "grid-3"] and row["consent"] == "2026-01-31" and row["version"] == 5
    assert row["absences"] == ["2031-10-01/2031-10-07", "2031-12-24T08:00:00.000+08:00/2031-12-26"]
    assert row["hospital_until"] == "2031-09-01" and row["planned_away"] is True
    assert {"welfare", "bathroom", "no-start", "stove"} <= set(row["watches"])
    versions = site.estate.json("residents", "history", "r-12", "--reason", "question of the family")
    assert [v["version"] for v in versions] == [5, 4, 3, 2, 1] and all(v["by"] for v in versions)
    assert versions[3]["changed"] == {"phone": {"from": "13800001234", "to": "13900005678"}, "floor": {"from": "", "to": "12"}}
    assert versions[4]["changed"]["name"] == {"from": "", "to": "住户十二"}


def test_what_is_wrong_is_named_and_nothing_is_changed(site):
    site.ctl(*ADD)
    for words, expected in [
            (["set", "r-12", "place=b9/u1/101"], "expected one below a place of the estate, as 'b1/u1/1204'"),
            (["set", "r-12", "phone=1", "categories=agde"], "did you mean 'aged'?"),
            (["set", "r-12", "contacts=dsek"], "did you mean 'desk'?"),
            (["set", "r-12", "rules=+night-exti"], "did you mean 'night-exit'?"),
            (["set", "r-12", "limits=welfare.bufer=3h"], "welfare.bufer"),
            (["set", "r-12", "limits=welfare.buffer=3parsecs"], "3parsecs"),
            (["set", "r-12", "nmae=x"], "did you mean 'name'?"),
            (["set", "r-12", "id=r-13"], "cannot be changed"),
            (["set", "r-13", "floor=1"], "no resident 'r-13'"),
            (["add", "r-12", "place=b1/u1/101"], "there is a resident of that id"),
            (["add", "r 13", "place=b1/u1/101"], "expected an id"),
            (["add", "r-13", "name=x"], "place"),
            (["away", "r-12", "--from", "2031-10-07", "--until", "2031-10-01"], "spans FROM/UNTIL")]:
        assert expected in site.refused("residents", *words), words
    assert site.resident("r-12")["version"] == 1 and site.resident("r-13") is None
    assert "FIELD=VALUE" in site.refused("residents", "set", "r-12", "floor", status=2)
    for words in (["away", "r-12", "--from", "2031-10-07"], ["hospital", "r-12"], ["erase", "r-12"], ["export"], ["history", "r-12"]):
        assert "expected --" in site.refused("residents", *words, status=2)


def test_what_is_personal_is_released_with_a_reason_and_a_record(site):
    site.ctl(*ADD)
    before = len(site.audit())
    assert "住户十二" not in site.ctl("residents") and "住户十二" not in site.ctl("residents", "show", "r-12")
    assert "--reason" in site.refused("residents", "--names", status=2)
    assert "reason" in site.refused("-f", "json", "residents", "show", "r-12", "--sheet", status=2)
    assert len(site.audit()) == before
    assert "住户十二" in site.ctl("residents", "--names", "--reason", "evening call")
    sheet = site.ctl("residents", "show", "r-12", "--sheet", "--reason", "she does not open")
    assert "1357#" in sheet and "高血压" in sheet and "13800001234" in sheet
    records = site.audit()[before:]
    assert [(r["detail"]["what"], r["what"], r["why"]) for r in records] == [
        ("names", "residents", "evening call"), ("sheet", "r-12", "she does not open")]
    assert "住户" not in json.dumps(site.audit(), ensure_ascii=False) and "1357" not in json.dumps(site.audit())


HEAD = "id,place,categories,name,door_code,absences\n"


def test_a_table_is_taken_over_whole_or_not_at_all(site, tmp_path):
    site.ctl(*ADD)
    table = tmp_path / "table.csv"
    table.write_text(HEAD + "r-1,b1/u1/102,独居,a,,\nr-2,b9/u1/102,agde,b,,2031-10-07/2031-10-01\n,b1,,,,\nr-1,b1/u1/103,,,,\n")
    said = site.refused("residents", "import", str(table))
    for line in ("line 3: column 2: place 'b9/u1/102'", "line 3: column 3: categories: 'agde'", "line 3: column 6: absences",
                 "line 4: column 1: no id", "line 5: id 'r-1' is there twice", "nothing is taken over"):
        assert line in said, said
    assert [r["id"] for r in site.estate.json("residents")] == ["r-12"]
    table.write_text("编号,住处,类别,姓名,年龄\nr-1,b1/u1/102,独居,甲,80\nr-12,b1/u1/101,独居;高龄,住户十二,81\n")
    assert "would add 1, change 0, leave 1" in site.ctl("residents", "import", str(table), "--dry-run")
    assert [r["id"] for r in site.estate.json("residents")] == ["r-12"]
    done = site.estate.run_ctl("residents", "import", str(table), "--reason", "list of 2031")
    assert done.returncode == 0 and "added 1, changed 0, left 1" in done.stdout and "年龄" in done.stderr
    # A column that is not there stays as it is.
    assert site.resident("r-12")["version"] == 1 and "1357#" in site.ctl("residents", "show", "r-12", "--sheet", "--reason", "x")
    assert site.audit()[-2]["detail"] == {"verb": "import", "added": 1, "changed": 0}


def test_an_export_reads_back_as_the_same(site, tmp_path):
    site.ctl(*ADD)
    site.ctl("residents", "set", "r-12", 'note=says "three, four"; then 5', "absences=2031-10-01/2031-10-07;2031-11-01/2031-11-02",
             "rules=+night-exit;-drift", "limits=welfare.buffer=3h", "cards=0004512;0004513", "dialysis_days=sun;mon")
    site.ctl("residents", "add", "r-13", "place=b1/u1/102", "categories=aged")
    out = tmp_path / "out.csv"
    site.ctl("residents", "export", "--out", str(out), "--reason", "yearly list")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    text = out.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [r["id"] for r in rows] == ["r-12", "r-13"] and rows[0]["note"] == 'says "three, four"; then 5'
    assert "added 0, changed 0, left 2" in site.ctl("residents", "import", str(out))
    for r in ("r-12", "r-13"):
        site.ctl("residents", "erase", r, "--reason", "to read it back")
    assert "added 2, changed 0" in site.ctl("residents", "import", str(out))
    assert site.ctl("residents", "export", "--reason", "compare") == "\ufeff" + text


def test_a_card_is_of_one_resident_and_shown_with_the_sheet_only(site):
    site.ctl(*ADD, "cards=0004512、0004513", "dialysis_days=周五、周一")
    site.ctl("residents", "add", "r-13", "place=b1/u1/102", "categories=aged", "cards=0004514")
    row = site.resident("r-12")
    assert row["dialysis_days"] == ["mon", "fri"] and "cards" not in row
    sheet = json.loads(site.ctl("-f", "json", "residents", "show", "r-12", "--sheet", "--reason", "who has that card"))
    assert sheet["cards"] == ["0004512", "0004513"]
    assert "cards: '0004513' is one of 'r-12', too" in site.refused("residents", "set", "r-13", "cards=0004514;0004513")
    assert "cards: '0004512' is one of 'r-12', too" in site.refused("residents", "add", "r-14", "place=b1/u1/102", "categories=aged", "cards=0004512")
    assert "at most 63 bytes" in site.refused("residents", "set", "r-13", "cards=" + "7" * 64)
    assert "dialysis_days: 'mo'" in site.refused("residents", "set", "r-13", "dialysis_days=mo")
    site.ctl("residents", "set", "r-12", "cards=0004513;0004512")  # his own
    site.estate.kill()
    site.start()
    site.ctl("residents", "set", "r-12", "cards=0004512")
    site.ctl("residents", "set", "r-13", "cards=0004514;0004513")
    site.ctl("residents", "erase", "r-13", "--reason", "moved away")
    site.ctl("residents", "set", "r-12", "cards=0004514")  # nobody else has it any more
    assert site.sql("state.db", "SELECT count(*) FROM resident WHERE id = 'r-13' OR cards LIKE '%0004513' AND id <> 'r-12'") == [(0,)]
    assert not [m for m in site.uplink.messages if "00045" in json.dumps(m)], "never upstream"
    assert "00045" not in json.dumps(site.estate.json("audit", "show")) and "00045" not in site.estate.log, "nor in what is kept for long"


def test_whose_card_it_is_is_not_told_to_who_does_not_see_him(site):
    site.ctl(*ADD, "cards=0004512")
    site.ctl("residents", "add", "r-30", "place=b1/u2/301", "categories=独居", "cards=0004600")
    part = session_of(site, "admin-1", "admin", "b1/u2")
    status, said = part("POST", "/v1/residents/r-30", {"fields": {"cards": "0004512"}})
    assert status == 400 and said["error"]["field"] == "cards" and "another resident" in said["error"]["text"] and "r-12" not in json.dumps(said)


def test_cards_of_a_table_are_of_one_resident_each(site, tmp_path):
    site.ctl(*ADD, "cards=0004512")
    site.ctl("residents", "add", "r-13", "place=b1/u1/102", "categories=aged", "cards=0004513")
    table, head = tmp_path / "table.csv", "编号,住处,类别,卡号\n"

    def imported(*rows):
        table.write_text(head + "".join(f"{row}\n" for row in rows))
        return site.estate.run_ctl("residents", "import", str(table))
    twice = imported("r-1,b1/u1/101,aged,7;8", "r-2,b1/u1/101,aged,9;7", "r-3,b1/u1/101,aged,0004513")
    assert twice.returncode == 1 and "line 3: cards: '7' is one of 'r-1', too" in twice.stderr, twice.stderr
    assert "line 4: cards: '0004513' is one of 'r-13', too" in twice.stderr
    assert [r["id"] for r in site.estate.json("residents")] == ["r-12", "r-13"]
    assert imported("r-12,b1/u1/101,独居;高龄,0004513", "r-13,b1/u1/102,aged,0004512").returncode == 0, "they have swapped them"
    assert imported("r-13,b1/u1/102,aged,", "r-1,b1/u1/101,aged,0004512;0004512").returncode == 0, "whose it was has none now"
    site.ctl("residents", "import", str(table))
    table.write_text("id,place,categories\nr-1,b1/u1/101,disabled\n")  # a table of before there were cards
    site.ctl("residents", "import", str(table))
    sheet = json.loads(site.ctl("-f", "json", "residents", "show", "r-1", "--sheet", "--reason", "x"))
    assert sheet["cards"] == ["0004512", "0004512"] and sheet["categories"] == ["disabled"]


def test_absences_that_are_over_take_no_place(site):
    site.ctl(*ADD)
    for month in range(1, 13):
        for day in ("02", "09"):
            site.ctl("residents", "away", "r-12", "--from", f"2024-{month:02}-01", "--until", f"2024-{month:02}-{day}")
    site.ctl("residents", "away", "r-12", "--from", "2031-10-01", "--until", "2031-10-07")
    site.ctl("residents", "away", "r-12", "--from", "2031-11-01", "--until", "2031-11-07")
    assert site.resident("r-12")["absences"] == ["2031-10-01/2031-10-07", "2031-11-01/2031-11-07"]
    assert site.resident("r-12")["version"] == 27


def test_a_full_register_comes_back_from_its_own_table(site, tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"r-{i:05d},b1/u1/{i % 30 + 1}{i % 50 + 1:02d},独居;高龄,住户{i},138{i:08d},{i}#,高血压、糖尿病,社区医院{i},每周一次上门看望，家属周末来，备用钥匙在物业前台，平时早上七点出门散步，晚上十点睡觉\n"
            for i in range(20000)]
    table.write_text("id,place,categories,name,phone,door_code,illness,doctor,note\n" + "".join(rows))
    assert table.stat().st_size > 4 * 1024 * 1024
    assert "added 20000" in site.ctl("residents", "import", str(table))
    out = tmp_path / "out.csv"
    site.ctl("residents", "export", "--out", str(out), "--reason", "yearly list")
    assert "added 0, changed 0, left 20000" in site.ctl("residents", "import", str(out))


def test_a_large_table_comes_in_pieces(site, tmp_path):
    table = tmp_path / "table.csv"
    rows = [f"r-{i:04d},b1/u1/{i % 30 + 1}{i % 4 + 1:02d},独居,住户{i},,备注备注备注备注\n" for i in range(2000)]
    table.write_text("id,place,categories,name,phone,note\n" + "".join(rows))
    assert "added 2000" in site.ctl("residents", "import", str(table))
    site.estate.kill()
    site.start()
    assert len(site.estate.json("residents")) == 2000


def test_what_is_changed_while_a_table_is_taken_over_is_changed_after_it(site, tmp_path):
    site.ctl("residents", "add", "r-00000", "place=b1/101", "categories=独居", "note=before")
    table = tmp_path / "table.csv"
    table.write_text("id,place,categories,note\n" + "".join(f"r-{i:05d},b1/{i % 30 + 1}{i % 4 + 1:02d},独居,of the table\n" for i in range(20000)))
    importing = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", site.estate.socket, "residents", "import", str(table)],
                                 stdout=subprocess.PIPE, text=True)
    said = 0
    while importing.poll() is None:
        done = site.estate.run_ctl("residents", "set", "r-00000", f"phone={said + 1}")
        said += done.returncode == 0
        assert done.returncode == 0 or "nothing is changed: try again" in done.stderr, "the store has all of the table to write"
    assert "added 19999, changed 1" in importing.communicate()[0] and said > 0
    site.ctl("residents", "set", "r-19999", "phone=1")
    rows = site.estate.json("residents")
    assert len(rows) == 20000 and {r["id"]: r["version"] for r in rows if r["version"] > 1} == {"r-00000": said + 2, "r-19999": 2}
    site.estate.kill()
    site.start()
    assert site.estate.json("residents") == rows
    sheet = json.loads(site.ctl("-f", "json", "residents", "show", "r-00000", "--sheet", "--reason", "x"))
    assert (sheet["note"], sheet["phone"]) == ("of the table", str(said))


def test_who_is_erased_is_gone_with_what_the_sensors_said(site):
    site.ctl(*ADD)
    site.ctl("residents", "add", "r-13", "place=b1/u1/102", "categories=独居")
    for _ in range(3):
        site.say("m-101", motion=True)
        site.say("m-101", motion=False)
        site.say("m-102", motion=True)
    site.estate.wait_point("m-102.motion", lambda p: p["value"] is True)
    assert [h["value"] for h in site.estate.json("history", "m-101.motion", "--since", "1h")]
    said = site.ctl("residents", "erase", "r-12", "--reason", "moved away")
    assert "with what the sensors" in said
    assert site.resident("r-12") is None and "no resident" in site.refused("residents", "show", "r-12")
    until(lambda: site.estate.json("history", "m-101.motion", "--since", "1h") == [], "its samples are gone")
    assert site.estate.json("history", "m-102.motion", "--since", "1h")
    until(lambda: site.sql("state.db", "SELECT * FROM erasing") == [], "nothing is left to do")
    record = site.audit()[-1]
    assert record["what"] == "r-12" and record["why"] == "moved away" and record["detail"]["verb"] == "erase"
    site.estate.stop()
    for file in ("state.db", "state.db-wal", "history.db", "history.ring"):
        path = site.estate.state / file
        assert not path.exists() or ("住户十二".encode() not in path.read_bytes() and b"1357#" not in path.read_bytes()), file
    assert site.sql("state.db", "SELECT * FROM resident WHERE id = 'r-12'") == []
    assert site.sql("state.db", "SELECT * FROM value WHERE point LIKE 'm-101%'") == []
    site.estate.start()
    assert [r["id"] for r in site.estate.json("residents")] == ["r-13"]
    assert site.ctl("audit", "verify")


def test_samples_stay_while_somebody_else_lives_there(site):
    site.ctl(*ADD)
    site.ctl("residents", "add", "r-14", "place=b1/u1/101", "categories=aged")
    site.say("m-101", motion=True)
    site.estate.wait_point("m-101.motion", lambda p: p["value"] is True)
    for resident in ("r-12", "r-14"):
        status, _ = site.post("/v1/visits", {"place": "b1/u1/101", "resident": resident, "note": f"about {resident}"})
        assert status == 200
    assert "somebody else lives there" in site.ctl("residents", "erase", "r-12", "--reason", "moved away")
    assert [(v["resident"], v["note"]) for v in site.estate.json("visits", "list")] == [("r-14", "about r-14"), (None, None)]
    assert site.estate.json("history", "m-101.motion", "--since", "1h")


def test_only_who_has_a_category_is_watched(site):
    assert site.estate.json("homes") == []
    site.ctl("residents", "add", "r-20", "place=b1/u1/101")
    assert site.estate.json("homes") == [] and site.resident("r-20")["watches"] == []
    site.ctl("residents", "set", "r-20", "categories=独居")
    assert [h["place"] for h in site.estate.json("homes")] == ["b1/u1/101"]
    site.ctl("residents", "set", "r-20", "categories=")
    assert site.estate.json("homes") == []


def test_a_dwelling_says_what_is_known_of_it(site):
    site.ctl(*ADD)
    nobody = site.estate.json("homes")[0]
    assert (nobody["last"], nobody["quiet_s"], nobody["line"]["limit_s"]) == (None, None, None), "nobody was seen there yet"
    assert nobody["line"]["against"] == {"zh": "还没有室内动静", "en": "no sign inside yet"} and "b1/u1/101" in site.ctl("homes")
    site.say("m-101", motion=True)
    home = until(lambda: next((h for h in site.estate.json("homes") if h["last"]), None), "a sign of life")
    assert home["place"] == "b1/u1/101" and home["mode"] == "home" and home["residents"] == 1
    assert home["last"]["room"] == "living" and home["last"]["device"] == "m-101" and home["last"]["at"]
    assert home["line"]["learned"] is False and home["line"]["limit_s"] == 10 * 3600 and home["quiet_s"] in (None, 0, 1, 2, 3, 4, 5)
    assert home["stage"] == 0 and home["alarms"] == [] and "welfare" in home["watches"]
    rhythm = site.estate.json("homes", "show", "b1/u1/101")
    assert len(rhythm["line_s"]) == 48 and rhythm["slot_minutes"] == 30 and rhythm["now"]["place"] == "b1/u1/101"
    site.say("sos-101", pressed="emergency")
    site.estate.wait_alarm("sos/sos-101", "unacked")
    home = site.estate.json("homes")[0]
    assert home["alarms"] == ["sos/sos-101"] and home["priority"] == 1
    text = site.ctl("homes") + site.ctl("homes", "show", "b1/u1/101")
    assert "b1/u1/101" in text and "bedroom (sos-101)" in text
    assert "safe" not in text.lower() and "no watched dwelling" in site.refused("homes", "show", "b1/u1/102")


def test_a_watched_dwelling_goes_on_over_a_reload(site):
    site.ctl(*ADD)
    site.say("m-101", motion=True)
    first = until(lambda: next((h for h in site.estate.json("homes") if h["last"]), None), "a sign of life")
    site.estate.conf.write_text(site.estate.conf.read_text().replace('name = "1栋"', 'name = "一栋"'))
    site.ctl("config", "reload")
    again = site.estate.json("homes")
    assert [h["place"] for h in again] == ["b1/u1/101"]
    assert again[0]["last"]["device"] == first["last"]["device"] and again[0]["mode"] == first["mode"]


def test_somebody_changed_it_meanwhile(site):
    site.ctl(*ADD)
    status, answer = site.post("/v1/residents/r-12", {"fields": {"floor": "3"}, "version": 1})
    assert status == 200 and answer["version"] == 2 and answer["floor"] == 3
    status, answer = site.post("/v1/residents/r-12", {"fields": {"floor": "4"}, "version": 1})
    assert status == 409 and answer["error"]["field"] == "version"
    for body in ({}, {"fields": {}}, {"fields": {"floor": 3}}, {"fields": {"floor": "3"}, "nope": 1}, {"fields": {"floor": "3"}, "version": 0}):
        status, answer = site.post("/v1/residents/r-12", body)
        assert status == 400, body
    assert site.resident("r-12")["version"] == 2


def test_an_erasure_goes_on_after_the_power_was_off(site):
    site.ctl(*ADD)
    site.say("m-101", motion=True)
    site.say("m-102", motion=True)
    site.estate.wait_point("m-102.motion", lambda p: p["value"] is True)
    site.estate.stop()
    # As a kill leaves it right after the commit: written down, nothing done yet.
    with sqlite3.connect(site.estate.state / "state.db") as db:
        db.execute("INSERT INTO erasing (point) VALUES ('m-101.motion')")
        db.execute("DELETE FROM value WHERE point = 'm-101.motion'")
    site.start()
    until(lambda: site.sql("state.db", "SELECT * FROM erasing") == [], "nothing is left to do")
    site.again()
    assert site.estate.json("history", "m-101.motion", "--since", "1h") == []
    assert site.estate.json("history", "m-102.motion", "--since", "1h")


def session_of(site, user, role, scope):
    """Logs in; a function that asks with that session."""
    done = subprocess.run([PREFIX / "bin/estatectl", "--socket", site.estate.socket, "users", "add", user, "--role", role, "--scope", scope],
                          input="a long password\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    status, answer = site.post("/v1/login", {"user": user, "password": "a long password"})
    assert status == 200, answer

    def ask(method, path, body=None):
        command = ["curl", "-s", "--unix-socket", str(site.estate.socket), "-X", method, "-w", "\n%{http_code}", "-H",
                   f"X-Estate-Session: {answer['session']}", "-H", f"X-CSRF-Token: {answer['csrf']}", f"http://estate{path}"]
        out = subprocess.run(command + (["-d", json.dumps(body)] if body is not None else []), capture_output=True, text=True, timeout=60,
                             check=True).stdout
        text, code = out.rsplit("\n", 1)
        return int(code), json.loads(text)
    return ask


def test_who_sees_and_writes_what(site):
    site.ctl(*ADD)
    site.ctl("residents", "add", "r-30", "place=b1/u2/301", "categories=独居", "name=别人")
    care = session_of(site, "care-1", "care", "b1/u1")
    assert [r["id"] for r in care("GET", "/v1/residents")[1]] == ["r-12"]
    assert care("GET", "/v1/residents/r-30")[0] == 404 and care("GET", "/v1/homes/b1/u2/301")[0] == 404
    assert [h["place"] for h in care("GET", "/v1/homes")[1]] == ["b1/u1/101"]
    assert care("GET", "/v1/residents/r-12/sheet?reason=visit")[1]["door_code"] == "1357#"
    assert care("POST", "/v1/residents/r-12", {"fields": {"hospital_until": "2031-10-01"}})[1]["planned_away"] is True
    assert care("POST", "/v1/residents/r-12", {"fields": {"phone": "1"}})[0] == 403
    assert care("POST", "/v1/residents", {"fields": {"id": "x", "place": "b1/u1/102"}})[0] == 403
    assert care("POST", "/v1/residents/r-12/erase", {"reason": "x"})[0] == 403 and care("GET", "/v1/residents/export?reason=x")[0] == 403
    desk = session_of(site, "desk-1", "operator", "*")
    assert desk("GET", "/v1/residents")[0] == 403 and len(desk("GET", "/v1/homes")[1]) == 2
    assert desk("GET", "/v1/residents/r-12/sheet?reason=call")[0] == 403
    site.say("sos-101", pressed="emergency")
    site.estate.wait_alarm("sos/sos-101", "unacked")
    assert desk("GET", "/v1/residents/r-12/sheet?reason=call")[1]["door_code"] == "1357#"
    assert desk("GET", "/v1/residents/r-30/sheet?reason=call")[0] == 403
    technician = session_of(site, "tech-1", "technician", "*")
    for path in ("/v1/residents", "/v1/residents/r-12", "/v1/residents/r-12/sheet?reason=x", "/v1/homes"):
        assert technician("GET", path)[0] == 403, path


def test_blanks_open_no_other_place_and_no_other_resident(site):
    """A field is judged as it is kept."""
    site.ctl("residents", "add", "r-30", "place=b1/u2/301", "categories=独居", "name=别人")
    site.ctl(*ADD)
    part = session_of(site, "admin-u1", "admin", "b1/u1")
    for blank in (" {}", "{} ", "\t{}"):
        assert part("POST", "/v1/residents", {"fields": {"id": "r-13", "place": blank.format("b1/u2/301")}})[0] == 404
        assert part("POST", "/v1/residents/r-12", {"fields": {"place": blank.format("b1/u2/301")}})[0] == 404
        status, answer = part("POST", "/v1/residents", {"fields": {"id": blank.format("r-30"), "place": "b1/u1/101"}})
        assert status == 409 and answer["error"]["field"] == "id"
        assert part("POST", "/v1/residents", {"fields": {"id": blank.format("export"), "place": "b1/u1/101"}})[0] == 400
    assert {(r["id"], r["place"], r["version"]) for r in site.estate.json("residents")} == {
        ("r-30", "b1/u2/301", 1), ("r-12", "b1/u1/101", 1)}


def test_who_takes_consent_back_is_watched_by_nobody_from_then_on(site):
    site.ctl(*ADD)
    assert len(site.estate.json("homes")) == 1 and "welfare" in site.resident("r-12")["watches"]
    site.ctl("residents", "set", "r-12", "consent=撤回", "--reason", "asked for it")
    assert site.resident("r-12")["consent"] == "refused" and site.resident("r-12")["watches"] == []
    assert site.estate.json("homes") == [] and site.estate.json("visits", "due") == []
    site.say("sos-101", pressed=True)
    site.estate.wait_alarm("sos/sos-101", "unacked")
    site.again()
    assert site.estate.json("homes") == [], "beyond a kill"
    site.ctl("residents", "set", "r-12", "consent=2026-11-23")
    assert len(site.estate.json("homes")) == 1

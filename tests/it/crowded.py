"""A large estate for the page: 2,000 devices with the names that people give them, and 500 alarms when they are wanted.

    with Desk(tmp_path, crowd_of()) as desk:
        fill(desk)
        raise_alarms(desk)
"""
import json

BUILDINGS, UNITS, FLOORS = 10, 2, 18
TANKS = 500
LONG = "地下二层消防水池与生活水箱联合泵房北侧不锈钢组合式高位生活水箱"


def _row(device, name, words):
    return f'{{ id = "{device}"; name = {json.dumps(name, ensure_ascii=False)}; plugin = "source"; {words} }}'


def rows():
    """2,000: 500 tanks, 20 lifts, 360 homes with four each, 40 doors."""
    for n in range(TANKS):
        yield _row(f"tank-{n}", f"{LONG}{n}号", f'place = "b{n % BUILDINGS + 1}/pump-room"; class = "tank";')
    homes = 0
    for b in range(1, BUILDINGS + 1):
        for u in range(1, UNITS + 1):
            yield _row(f"lift-{b}-{u}", f"{b}栋{u}单元电梯", f'place = "b{b}/u{u}"; class = "lift";')
            yield _row(f"gate-{b}-{u}", f"{b}栋{u}单元门", f'place = "b{b}/u{u}"; class = "door";')
            yield _row(f"roof-{b}-{u}", f"{b}栋{u}单元天台门", f'place = "b{b}/u{u}"; class = "door";')
            for floor in range(1, FLOORS + 1):
                at = f'place = "b{b}/u{u}/{floor}01";'
                yield _row(f"sos-{homes}", "卧室床头紧急求助按钮", f'{at} room = "bedroom"; class = "sos";')
                yield _row(f"motion-{homes}", "卧室人体移动传感器", f'{at} room = "bedroom"; class = "motion";')
                yield _row(f"hall-{homes}", "客厅人体移动传感器", f'{at} room = "living"; class = "motion";')
                yield _row(f"door-{homes}", "入户门磁", f'{at} entrance = true; class = "contact";')
                homes += 1


def crowd_of():
    places = ", ".join(f'{{ id = "b{b}"; name = "{b}栋"; floors = {FLOORS}; }}' for b in range(1, BUILDINGS + 1))
    text = ('estate: { id = "t"; name = "和平里街道示范小区（物业与养老服务一体化试点）"; timezone = "Asia/Shanghai"; };\n'
            f'places: ( {places} );\nplugins: ( {{ id = "source"; program = "SOURCE"; }} );\n'
            "devices: (\n  " + ",\n  ".join(rows()) + "\n);\n")
    return text.replace("{", "{{").replace("}", "}}").replace("SOURCE", "{source}")


def fill(site):
    """Each thing has said something."""
    for n in range(TANKS):
        site.life.sample(f"tank-{n}", level=n % 80)
    for b in range(1, BUILDINGS + 1):
        for u in range(1, UNITS + 1):
            site.life.sample(f"lift-{b}-{u}", floor=b % FLOORS + 1, moving=False, door_open=False, occupied=False, direction="none")
    for home in range(BUILDINGS * UNITS * FLOORS):
        site.life.sample(f"motion-{home}", motion=True)
    site.say("hall-0", motion=True)


def raise_alarms(site, count=TANKS):
    """One for each tank."""
    for n in range(count):
        site.life.sample(f"tank-{n}", level=95)
    return {"count": count}


def register(site, count=2000):
    """Somebody lives in each of so many homes, whether anything is heard from there or not."""
    table = site.directory / "register.csv"
    homes = [f"b{b}/u{u}/{floor}{flat:02d}" for flat in range(1, 7) for floor in range(1, FLOORS + 1)
             for u in range(1, UNITS + 1) for b in range(1, BUILDINGS + 1)]
    table.write_text("id,place,categories\n" + "".join(f"r-{n},{home},独居;高龄\n" for n, home in enumerate(homes[:count])))
    site.estate.ctl("residents", "import", str(table))


def employ(site, count):
    """So many who may log in, made by an administrator."""
    from page import PASSWORD
    from test_gate_estated import Browser
    boss = Browser(site.gate)
    assert boss.login("admin", PASSWORD) == 200
    for n in range(count):
        status, said = boss.ask("POST", "/v1/users", {"user": f"night-{n}", "role": "viewer", "scope": [f"b{n % BUILDINGS + 1}"], "password": PASSWORD})
        assert status < 300, said


def changes(site, count):
    """So many samples, a fifth of them an alarm that comes or goes; what the last one is, as a page says it."""
    def act():
        act.round += 1
        for n in range(count):
            tank = n % TANKS
            site.life.sample(f"tank-{tank}", level=95 if tank % 5 == 0 and (n // TANKS) % 2 else 20 + (n % 7))
        last = 40 + act.round
        site.say("tank-0", level=last)
        return {"count": count, "last": f"{last} %"}
    act.round = 0
    return act

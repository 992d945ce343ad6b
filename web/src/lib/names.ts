/* names.ts: what the standard classes, points and states are called: the names of conf/classes.conf in the words of people. What
 * a site added has no other name than its own. */
import { lang, t, type Word } from "./i18n";
import type { Value } from "./types";

type Pair = readonly [string, string];

const CLASSES: Record<string, Pair> = {
	lift: ["电梯", "lift"],
	door: ["门禁", "door"],
	motion: ["人体感应", "motion sensor"],
	contact: ["门磁", "contact"],
	seat: ["座椅", "seat"],
	bed: ["床", "bed"],
	radar: ["雷达", "radar"],
	appliance: ["电器", "appliance"],
	water: ["水表", "water meter"],
	meter: ["表计", "meter"],
	sos: ["求助按钮", "help button"],
	smoke: ["烟感", "smoke alarm"],
	co: ["一氧化碳报警器", "CO alarm"],
	gas: ["燃气报警器", "gas alarm"],
	water_leak: ["水浸", "leak sensor"],
	wearable: ["穿戴设备", "wearable"],
	pump: ["水泵", "pump"],
	tank: ["水箱", "tank"],
	power: ["供电", "power supply"],
	environment: ["环境", "environment"],
	fire_panel: ["火灾报警控制器", "fire panel"],
	relay: ["继电器", "relay"],
};

const POINTS: Record<string, Pair> = {
	floor: ["楼层", "floor"],
	door_zone: ["平层", "level with a landing"],
	door_open: ["轿门", "car doors"],
	moving: ["运行", "movement"],
	direction: ["方向", "direction"],
	occupied: ["有人", "occupied"],
	speed: ["速度", "speed"],
	load: ["载重", "load"],
	inspection: ["检修", "inspection"],
	in_service: ["服务", "service"],
	power: ["电源", "power"],
	fire_mode: ["消防模式", "fire mode"],
	alarm_key: ["轿厢警铃", "bell in the car"],
	trapped: ["困人", "somebody trapped"],
	fault: ["故障", "fault"],
	code: ["故障码", "fault code"],
	door_cycles: ["开关门次数", "door cycles"],
	trips: ["运行次数", "trips"],
	open: ["开关", "open or shut"],
	granted: ["放行", "let in"],
	egress: ["出门按钮", "exit button"],
	forced: ["强行打开", "forced"],
	held: ["长时间未关", "held open"],
	tamper: ["拆动", "tampering"],
	duress: ["胁迫", "duress"],
	card: ["刷卡", "card"],
	fire_release: ["消防释放", "released by the fire panel"],
	motion: ["活动", "motion"],
	heart_rate: ["心率", "heart rate"],
	breathing_rate: ["呼吸", "breathing"],
	presence: ["有人", "presence"],
	posture: ["姿态", "posture"],
	fall: ["跌倒", "fall"],
	maybe_fall: ["疑似跌倒", "perhaps a fall"],
	on: ["开关", "on or off"],
	flow: ["流量", "flow"],
	volume: ["累计用水", "volume"],
	energy: ["累计电量", "energy"],
	pressed: ["按下", "press"],
	smoke: ["烟雾", "smoke"],
	co: ["一氧化碳", "carbon monoxide"],
	gas: ["燃气", "gas"],
	leak: ["漏水", "leak"],
	test: ["自检", "self-test"],
	trouble: ["设备故障", "trouble"],
	spo2: ["血氧", "blood oxygen"],
	worn: ["佩戴", "worn"],
	run: ["运转", "running"],
	auto: ["自动", "automatic"],
	command: ["启动指令", "told to run"],
	pressure_in: ["进水压力", "pressure in"],
	pressure_out: ["出水压力", "pressure out"],
	level: ["液位", "level"],
	high: ["高位开关", "high switch"],
	low: ["低位开关", "low switch"],
	overflow: ["溢流", "overflow"],
	mains: ["市电", "mains"],
	voltage: ["电压", "voltage"],
	current: ["电流", "current"],
	battery: ["电量", "battery"],
	temperature: ["温度", "temperature"],
	humidity: ["湿度", "humidity"],
	co2: ["二氧化碳", "CO₂"],
	floor_water: ["地面积水", "water on the floor"],
	fire: ["火警", "fire"],
	disabled: ["屏蔽", "disabled"],
	acknowledged: ["面板已确认", "acknowledged there"],
	zone: ["分区", "zone"],
	battery_low: ["电量低", "battery low"],
	link: ["信号", "link"],
};

/** What yes and no mean where they have words of their own: [no, yes]. */
const STATES: Record<string, readonly [Pair, Pair]> = {
	door_open: [["关", "shut"], ["开", "open"]],
	open: [["关", "shut"], ["开", "open"]],
	moving: [["停", "stands"], ["运行中", "moves"]],
	occupied: [["无人", "nobody"], ["有人", "somebody"]],
	presence: [["无人", "nobody"], ["有人", "somebody"]],
	in_service: [["停用", "out of service"], ["正常服务", "in service"]],
	power: [["断电", "no power"], ["有电", "powered"]],
	mains: [["停电", "no mains"], ["有电", "mains there"]],
	run: [["停止", "stopped"], ["运转", "runs"]],
	on: [["关", "off"], ["开", "on"]],
	auto: [["手动", "by hand"], ["自动", "automatic"]],
	fault: [["无故障", "none"], ["故障", "fault"]],
	trouble: [["无", "none"], ["有故障", "trouble"]],
	worn: [["未佩戴", "not worn"], ["已佩戴", "worn"]],
	door_zone: [["不在平层", "between floors"], ["平层", "level"]],
};

/** Words that points say. */
const WORDS: Record<string, Pair> = {
	up: ["上行", "up"],
	down: ["下行", "down"],
	none: ["停", "none"],
	standing: ["站", "standing"],
	sitting: ["坐", "sitting"],
	lying: ["躺", "lying"],
	low: ["低位", "low"],
	normal: ["正常", "normal"],
};
const WORDY: ReadonlySet<string> = new Set(["direction", "posture", "code"]);

const ROOMS: Record<string, Pair> = {
	bathroom: ["卫生间", "bathroom"],
	bedroom: ["卧室", "bedroom"],
	kitchen: ["厨房", "kitchen"],
	living: ["客厅", "living room"],
	hall: ["过道", "hall"],
	office: ["书房", "study"],
	dining: ["餐厅", "dining room"],
	entrance: ["玄关", "entrance"],
};

/** Rooms of a building that estates call so. */
const SITES: Record<string, Pair> = {
	"pump-room": ["水泵房", "pump room"],
	"power-room": ["配电房", "power room"],
	"fire-room": ["消防控制室", "fire control room"],
	garage: ["车库", "garage"],
	lobby: ["大堂", "lobby"],
	roof: ["屋面", "roof"],
};

function word(of: Record<string, Pair>, key: string): string {
	return Object.hasOwn(of, key) ? of[key]![lang() === "zh" ? 0 : 1] : key;
}

export function className(id: string): string {
	return word(CLASSES, id);
}
export function roomName(id: string): string {
	return word(ROOMS, id);
}

/** "lift-1.door_open" or "door_open"; of a bank (lamp.2) the number stays. */
export function pointName(name: string): string {
	const own = name.slice(name.indexOf(".") + 1);
	return word(POINTS, own);
}

/** What a value of that point is called; null: it has no words of its own. */
export function stateName(point: string, v: Value): string | null {
	const own = point.slice(point.indexOf(".") + 1);
	const zh = lang() === "zh" ? 0 : 1;
	if (typeof v === "boolean") return Object.hasOwn(STATES, own) ? STATES[own]![v ? 1 : 0][zh] : null;
	if (typeof v === "string" && WORDY.has(own) && Object.hasOwn(WORDS, v)) return WORDS[v]![zh];
	return null;
}

/** What a building, a unit and a flat are called: "3栋1单元1204", "3栋 · 水泵房". `names`: of declared places. */
export function placeName(place: string, names: ReadonlyMap<string, string>): string {
	const [building = "", ...rest] = place.split("/");
	const name = names.get(building) ?? building;
	if (!rest.length) return name;
	if (lang() !== "zh") return [name, ...rest.map((r) => word(SITES, r))].join(" · ");
	const words = rest.map((r, i) => (i === 0 && /^u\d+$/.test(r) ? `${r.slice(1)}单元` : word(SITES, r)));
	return /[栋幢座号楼]$/.test(name) && /^u\d+$/.test(rest[0]!) ? name + words.join("") : [name, ...words].join(" · ");
}

const DUTIES: Readonly<Record<string, Word>> = {
	desk: "dutyDesk",
	"desk-2": "dutyDesk2",
	siren: "dutySiren",
	family: "dutyFamily",
	grid: "dutyGrid",
	supervisor: "dutySupervisor",
	backup: "dutyBackup",
};

/** What somebody who is told of an alarm is there for. */
export function dutyName(duty: string): string {
	return Object.hasOwn(DUTIES, duty) ? t(DUTIES[duty]!) : duty;
}

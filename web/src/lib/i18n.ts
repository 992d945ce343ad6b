/* i18n.ts: all words of the page, Chinese first, English beside it. A key is missing in neither: the compiler looks. */
import { language, say } from "./lang";
import { estateWords } from "./words_estate";
import { helpedWords } from "./words_helped";
import { loginWords } from "./words_login";
import { nowWords } from "./words_now";
import { peopleWords } from "./words_people";

export { lang, language, say, type Lang } from "./lang";

const words = {
	...loginWords,
	...helpedWords,
	...nowWords,
	...peopleWords,
	now: ["现在", "Now"],
	estate: ["小区", "Estate"],
	care: ["关爱", "Care"],
	history: ["历史", "History"],
	health: ["运行", "Health"],
	setup: ["设置", "Set-up"],
	p1: ["立即", "now"],
	p2: ["15分钟", "15 min"],
	p3: ["本班", "this shift"],
	p4: ["提示", "advice"],
	unacked: ["未确认", "not acknowledged"],
	acked: ["已确认", "acknowledged"],
	rtn_unacked: ["已恢复，未查看", "over, nobody looked"],
	latched: ["待关闭", "to be closed"],
	shelved: ["搁置", "shelved"],
	suppressed: ["抑制", "suppressed"],
	out_of_service: ["停用", "out of service"],
	normal: ["正常", "normal"],
	ack: ["确认", "Acknowledge"],
	arrive: ["到场", "Arrived"],
	close: ["关闭", "Close"],
	shelve: ["搁置", "Shelve"],
	unshelve: ["取消搁置", "Unshelve"],
	reason: ["原因", "Reason"],
	note: ["备注", "Note"],
	cancel: ["取消", "Cancel"],
	done: ["完成", "Done"],
	search: ["查找", "Search"],
	keys: ["按键", "Keys"],
	outcome: ["结果", "Outcome"],
	real: ["真实", "Real"],
	false: ["误报", "False"],
	test: ["测试", "Test"],
	duplicate: ["重复", "Duplicate"],
	guidance: ["现在怎么做", "What to do now"],
	arrivalClock: ["到场计时", "Arrival"],
	ackedBy: ["确认人", "acknowledged by"],
	arrivedBy: ["到场人", "arrived"],
	times: ["次", "time|times"],
	noAlarms: ["没有未处理的报警", "No open alarms"],
	noAlarmsMore: ["新的报警会自动出现在这里，并发出声音。", "New alarms appear here by themselves, with a sound."],
	notKnown: ["现在有没有报警，不知道", "It is not known whether there are alarms"],
	notKnownMore: ["与主机的连接断了。请看现场的声光和电话，并检查主机。", "The connection to the box is gone. Watch the sirens and the telephone, and look after the box."],
	newAlarms: ["条新报警", "new alarm|new alarms"],
	watching: ["正在监测", "watching"],
	points: ["点", "point|points"],
	lost: ["失联", "not heard"],
	uplinkOk: ["上报正常", "uplinks well"],
	uplinkWaits: ["上报积压", "uplink waits"],
	staleBar: ["画面已过时，最后更新", "This page is out of date since"],
	staleMore: ["正在重新连接", "connecting again"],
	logout: ["退出", "Log out"],
	sound: ["声音", "Sound"],
	soundOff: ["点按以启用声音", "Press for sound"],
	theme: ["明暗", "Theme"],
	language: ["English", "中文"],
	why: ["依据", "Why"],
	failed: ["未完成", "Not done"],
	hours: ["小时", "hours"],
	forHowLong: ["时长", "For"],
	place: ["位置", "Place"],
	since: ["自", "since"],
	help: ["按键说明", "Keys"],
	helpMove: ["选择", "choose"],
	refused: ["需要原因", "a reason is needed"],
	nothingThere: ["这里还没有数据", "Nothing is there yet"],
	pages: ["页面", "Pages"],
	device: ["设备", "Device"],
	point: ["测点", "Point"],
	hour: ["小时", "hour"],
	day: ["天", "day"],
	month: ["月", "month"],
	name: ["名称", "Name"],
	stateOf: ["状态", "State"],
	units: ["单元", "Units"],
	restarts: ["重启", "Restarts"],
	buses: ["总线", "Buses"],
	plugins: ["插件", "Plugins"],
	uplinks: ["上报", "Uplinks"],
	rhythm: ["过去的作息", "the days before"],
	lineLearned: ["已学到的界限", "the line that was learned"],
	quietToday: ["今天的安静时长", "quiet today"],
	quietNow: ["现在已安静", "quiet now"],
	daysKnown: ["天", "day|days"],
	stillLearning: ["还在学习", "still learning"],
	lastSign: ["最近活动", "last sign"],
	noSign: ["还没有收到活动", "no sign so far"],
	noHomes: ["没有需要关注的住户", "No home is watched"],
	noHomesMore: ["登记了类别的住户会出现在这里。", "Homes of residents with a category appear here."],
	devices: ["设备", "Devices"],
	proven: ["求助设备最近验证", "Ways of help, last proven"],
	never: ["从未", "never"],
	discovered: ["已发现、未配置的设备", "Heard of, not configured"],
	model: ["型号", "Model"],
	profile: ["型号表", "Profile"],
	duties: ["值班", "On duty"],
	duty: ["职责", "Duty"],
	means: ["方式", "Means"],
	offDuty: ["不在班", "off duty"],
	users: ["用户", "Users"],
	role: ["角色", "Role"],
	sessionUntil: ["登录有效至", "Logged in until"],
	lane: ["通道", "Lane"],
	hint: ["说明", "Hint"],
	who: ["谁", "Who"],
	what: ["对象", "What"],
	kind: ["种类", "Kind"],
	at: ["时间", "At"],
	alarmsTitle: ["报警", "Alarms"],
	audit: ["审计", "Audit"],
	filter: ["筛选", "Filter"],
	export: ["导出 CSV", "Export CSV"],
	priority: ["优先级", "Priority"],
	text: ["内容", "Text"],
	noRows: ["没有符合的记录", "Nothing fits"],
	waiting: ["待发", "Waiting"],
	oldest: ["最早", "Oldest"],
	clock: ["时钟", "Clock"],
	alarmSystem: ["报警系统", "Alarm system"],
	measure: ["指标", "Measure"],
	value: ["数值", "Value"],
	target: ["目标", "Target"],
	tryAgain: ["重试", "Try again"],
	...estateWords,
} as const satisfies Record<string, readonly [string, string]>;

export type Word = keyof typeof words;

/** "home|homes": what is counted has a form for one; Chinese needs none. */
function formOf(word: Word, form: 0 | -1): string {
	return words[word][language.value === "zh" ? 0 : 1].split("|").at(form)!;
}

export function t(word: Word): string {
	return formOf(word, -1);
}

/** "1 home", "1,204 homes". */
export function counted(n: number, word: Word): string {
	return `${n.toLocaleString()} ${formOf(word, n === 1 ? 0 : -1)}`;
}

/** What an alarm says, without the place that stands before it in the words of people; elsewhere by its name. */
export function sayAt(text: { zh: string; en: string } | null | undefined, place: string, name: string): string {
	if (!text) return t("veiledAlarm");
	const said = say(text);
	if (!place) return said;
	const rest = said.startsWith(place) ? said.slice(place.length).replace(/^[\s:：,，]+/, "") : said;
	return rest.split(place).reduce((all, part) => all + (/^[\w/-]/.test(part) ? place : name) + part);
}

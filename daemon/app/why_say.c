#include "app/why_say.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"

static const struct sentence {
	const char *code, *en, *zh; /* {age} … stand for the facts */
} sentences[WHY_CODES] = {
	[WHY_GOOD] = { "good", "it is good, read {age} ago", "正常，{age}前读到" },
	[WHY_NO_SOURCE] = { "no-source", "neither a bus nor a plugin brings it: only the API or a replay can feed it",
			    "没有总线或插件提供它：只能由 API 或回放写入" },
	[WHY_NO_REGISTER] = { "no-register", "its profile gives it no register, so it is never asked: give it an 'at'",
			      "设备模板没有给它寄存器，从不询问：请补上 at" },
	[WHY_NO_THREAD] = { "no-thread", "the bus's thread did not start: journalctl -u estated",
			    "总线线程没有启动：请看 journalctl -u estated" },
	[WHY_STUCK] = { "stuck",
			"the bus's thread has not answered for {age}: it is stuck, and what it knows cannot be shown",
			"总线线程已经{age}没有回应：它卡住了，它所知道的无法显示" },
	[WHY_PAUSED] = { "paused", "the bus is paused by {text}; it goes on in {next}",
			 "总线被{text}暂停，{next}后继续" },
	[WHY_CONNECTING] = { "connecting", "the bus is being connected and was not asked yet",
			     "总线正在连接，还没有询问过" },
	[WHY_BUS_DOWN] = { "bus-down", "the bus is down since {since}, because: {text}. {hint}; next try {next}",
			   "总线自{since}起中断，原因：{text}。{hint}；下次尝试：{next}" },
	[WHY_UNIT_SILENT] = { "unit-silent", "unit {unit} is silent since {since}: {hint}; next try {next}",
			      "从站 {unit} 自{since}起没有应答：{hint}；下次尝试：{next}" },
	[WHY_REQUEST_SILENT] = { "request-silent",
				 "unit {unit} answers other requests, but not {what}: {hint}; next try {next}",
				 "从站 {unit} 应答其他请求，但不应答 {what}：{hint}；下次尝试：{next}" },
	[WHY_REFUSED] = { "refused",
			  "unit {unit} says that it does not have {what}: {text}; {hint}. It is asked again {next}",
			  "从站 {unit} 表示没有 {what}：{text}；{hint}。再次询问：{next}" },
	[WHY_TOO_WIDE] = { "too-wide",
			   "no request can carry it, it is wider than the device answers at once: never asked",
			   "它比设备一次能应答的还宽，没有请求能读它：从不询问" },
	[WHY_EXCEPTION] = { "exception", "unit {unit} answered {what} with {text}: {hint}; next try {next}",
			    "从站 {unit} 对 {what} 回答：{text}；{hint}；下次尝试：{next}" },
	[WHY_SECOND] = { "second-reading", "it changed, and protects life: it waits for a second reading that agrees",
			 "数值有变化且关系生命安全：正在等待第二次一致的读数" },
	[WHY_UNCONFIRMED] = { "unconfirmed", "it changed, and the second reading did not come or did not agree: {hint}",
			      "数值有变化，但第二次读数没有来或不一致：{hint}" },
	[WHY_MARKER] = { "marker", "the device sends its marker for \"no value\" ({value}): check the sensor behind it",
			 "设备发送“无数值”标记（{value}）：请检查它后面的传感器" },
	[WHY_NO_NUMBER] = { "no-number",
			    "what stands in the register ({value}) is no value of its type: check type and order",
			    "寄存器里的内容（{value}）不是该类型的数值：请检查 type 和 order" },
	[WHY_RANGE] = { "range",
			"what was read, {value}, is outside its range {text}: check the sensor, scale and order",
			"读到的 {value} 超出量程 {text}：请检查传感器、scale 和 order" },
	[WHY_RATE] = { "rate", "what was read, {value}, is further from the last good value than can be: {text}",
		       "读到的 {value} 与上一个正常值相差过大：{text}" },
	[WHY_DOUBTED] = { "doubted",
			  "what the device sent last cannot be ({text}); the value shown is the last good one: check "
			  "the sensor",
			  "设备上一次发来的数值不可能（{text}），显示的是之前的正常值：请检查传感器" },
	[WHY_STALE] = { "stale", "nothing was read for {age}, more than its max_age of {text}: {hint}",
			"已经{age}没有读到，超过 max_age {text}：{hint}" },
	[WHY_STALE_DEVICE] = { "silent-device",
			       "the device has reported nothing for {age}, more than its max_age of {text}: "
			       "check its battery and radio",
			       "设备已经{age}没有上报，超过 max_age {text}：请检查电池和信号" },
	[WHY_NOT_ASKED] = { "not-asked", "it was not asked yet since the start or the reload; it is due {next}",
			    "启动或重新加载后还没有询问过；预计：{next}" },
	[WHY_NEVER] = { "never-reported", "the device has not reported it since the start",
			"启动以来设备没有上报过它" },
	[WHY_PLUGIN_DOWN] = { "plugin-down", "its plugin {what} does not run ({unit}): {text}",
			      "插件 {what} 没有运行（{unit}）：{text}" },
	[WHY_PLUGIN_FAULT] = { "plugin-fault", "its plugin {what} runs, but cannot do its work: {text}",
			       "插件 {what} 在运行，但无法工作：{text}" },
	[WHY_SENSOR] = { "device-away", "the plugin {what} says that the device is away: check its battery and radio",
			 "插件 {what} 报告设备失联：请检查电池和信号" },
	[WHY_LOST] = { "lost", "it was lost and has not been read since: next try {next}",
		       "它已丢失，之后没有读到：下次尝试：{next}" },
};

static const char *const fact_names[WHY_FACTS] = { "age", "since", "next", "what", "unit", "text", "hint", "value" };

const char *why_say_code(enum why_code code)
{
	return sentences[code].code;
}

static void fill(const char *template, const struct why_reason *r, size_t language, struct str_buf *to)
{
	for (const char *at = template; *at;) {
		size_t plain = strcspn(at, "{"), len;

		str_buf_add_len(to, at, plain);
		at += plain;
		if (!*at)
			return;
		len = strcspn(++at, "}");
		for (size_t i = 0; i < WHY_FACTS; i++)
			if (strlen(fact_names[i]) == len && memcmp(fact_names[i], at, len) == 0)
				str_buf_add(to, language ? r->facts[i].zh : r->facts[i].en);
		at += len + 1;
	}
}

void why_say(const struct why_reason *r, struct str_buf *en, struct str_buf *zh)
{
	fill(sentences[r->code].en, r, 0, en);
	fill(sentences[r->code].zh, r, 1, zh);
}

static void put(char to[256], const char *text)
{
	size_t len;

	/* A plugin may say anything. */
	text = str_is_utf8(text, strlen(text)) ? text : "(not UTF-8)";
	len = str_utf8_cut(text, 255);
	memcpy(to, text, len);
	to[len] = '\0';
}

void why_say_fact(struct why_reason *r, enum why_fact fact, const char *same)
{
	put(r->facts[fact].en, same);
	put(r->facts[fact].zh, same);
}

void why_say_age(struct why_words *to, int64_t us)
{
	long long s = us / S;
	char buf[STR_DURATION_MAX];

	if (us < 10 * S) {
		snprintf(to->en, sizeof(to->en), "%.1f s", (double)us / 1e6);
		snprintf(to->zh, sizeof(to->zh), "%.1f 秒", (double)us / 1e6);
		return;
	}
	put(to->en, str_from_age(us, buf));
	if (s < 120)
		snprintf(to->zh, sizeof(to->zh), "%lld 秒", s);
	else if (s < 3600)
		snprintf(to->zh, sizeof(to->zh), "%lld 分钟", s / 60);
	else if (s < 86400)
		snprintf(to->zh, sizeof(to->zh), "%lld 小时 %lld 分钟", s / 3600, s / 60 % 60);
	else
		snprintf(to->zh, sizeof(to->zh), "%lld 天 %lld 小时", s / 86400, s / 3600 % 24);
}

void why_say_moment(struct why_words *to, int64_t wall_us)
{
	char buf[CLOCK_ISO_MAX];
	bool today = clock_wall_us() - wall_us < 12 * HOUR;

	put(to->en, !wall_us ? "the start"
		    : today  ? clock_format_time(wall_us, buf)
			     : clock_format_local(wall_us, buf));
	put(to->zh, wall_us ? to->en : "启动时");
}

void why_say_cause(struct why_words *to, enum cause c)
{
	static const char *const zh[CAUSES] = {
		[CAUSE_SILENT] = "没有及时应答：请检查电源、A/B 线、从站号、波特率和校验",
		[CAUSE_LATE] = "应答太晚：请加大 timeout，或降低询问频率",
		[CAUSE_CRC] = "CRC 错误：请检查线路、屏蔽、终端电阻、波特率和校验",
		[CAUSE_TRANSACTION] = "应答的事务号不符：应答晚到，或网关自己编号（tid = \"loose\"）",
		[CAUSE_PROTOCOL] = "协议号错误：这不是 Modbus TCP",
		[CAUSE_UNIT] = "别的从站的应答：请检查是否有两台设备号码相同，或有第二个主站",
		[CAUSE_FUNCTION] = "应答的功能码不符：请检查是否有第二个主站",
		[CAUSE_LENGTH] = "应答长度不符：设备只接受更短的请求（max_registers）",
		[CAUSE_HALF] = "只收到半个应答：请检查线路，或加大 timeout",
		[CAUSE_GARBAGE] = "收到无意义的字节：请检查帧格式、波特率和校验",
		[CAUSE_FLOOD] = "字节没完没了：线路上有别的设备在发送",
		[CAUSE_ILLEGAL] = "设备没有所问的寄存器：请检查设备模板",
		[CAUSE_FAILURE] = "设备报告自身故障",
		[CAUSE_BUSY] = "设备忙：请降低询问频率（period、min_interval）",
		[CAUSE_NO_PATH] = "网关没有到该从站的路径：请检查网关的从站路由",
		[CAUSE_NO_ANSWER] = "网关没有收到从站应答：请检查从站电源和线路",
		[CAUSE_LINK] = "连接中断，或转换器被拔出",
		[CAUSE_REFUSED] = "连接不上，或串口打不开",
		[CAUSE_NOISE] = "第二次读数不一致：请检查线路和传感器",
		[CAUSE_SKIPPED] = "来不及询问：请降低频率、提高波特率，或拆分总线",
	};

	put(to->en, cause_text(c));
	put(to->zh, (size_t)c < CAUSES && zh[c] ? zh[c] : to->en);
}

void why_say_exception(struct why_words *to, uint8_t code)
{
	static const char *const zh[] = { "",
					  "非法功能（异常 1）",
					  "非法地址（异常 2）",
					  "非法数量或数值（异常 3）",
					  "设备故障（异常 4）",
					  "长命令处理中（异常 5）",
					  "设备忙（异常 6）" };

	put(to->en, code ? frame_exception_text(code) : "it answers with less than was asked");
	put(to->zh, !code                             ? "应答比所问的少"
		    : code < sizeof(zh) / sizeof(*zh) ? zh[code]
		    : code == FRAME_NO_PATH           ? "网关没有路径（异常 10）"
		    : code == FRAME_NO_ANSWER         ? "网关没有收到应答（异常 11）"
						      : "未知异常");
}

static const char *link_zh(int error)
{
	switch (error) {
	case ECONNREFUSED: return "连接被拒绝";
	case ETIMEDOUT: return "连接超时";
	case EHOSTUNREACH:
	case ENETUNREACH: return "网络不可达";
	case ENOENT: return "没有这个名称或串口";
	case EACCES:
	case EPERM: return "没有权限";
	case EBUSY: return "串口被占用";
	case EADDRINUSE: return "地址已被占用";
	default: return strerrordesc_np(error);
	}
}

/* What to do, where the cause's own hint does not say it. */
static enum cause cause_like(const struct trouble *t)
{
	switch (t->kind) {
	case TROUBLE_GARBLED: return CAUSE_CRC;
	case TROUBLE_LATE: return CAUSE_LATE;
	case TROUBLE_GATEWAY: return t->detail == FRAME_NO_PATH ? CAUSE_NO_PATH : CAUSE_NO_ANSWER;
	case TROUBLE_CONFUSED: return cause_of_fault((enum answer_fault)t->detail);
	case TROUBLE_GARBAGE: return CAUSE_GARBAGE;
	case TROUBLE_FLOOD: return CAUSE_FLOOD;
	default: return CAUSE_SILENT;
	}
}

void why_say_trouble(struct why_words *ret_text, struct why_words *ret_hint, const struct trouble *t,
		     const struct bus *bus)
{
	static const char *const zh[] = {
		[TROUBLE_SILENT] = "从站没有应答",      [TROUBLE_ALL_SILENT] = "所有从站都没有应答",
		[TROUBLE_LATE] = "应答晚于 timeout",    [TROUBLE_GARBLED] = "应答的 CRC 错误",
		[TROUBLE_CONFUSED] = "应答与所问不符",  [TROUBLE_GATEWAY] = "网关到不了从站",
		[TROUBLE_GARBAGE] = "收到无意义的字节", [TROUBLE_FLOOD] = "字节没完没了",
		[TROUBLE_NO_CALL] = "4G 模块没有拨入"
	};
	char text[TROUBLE_TEXT_MAX];
	struct why_words cause;

	put(ret_text->en, trouble_text(t, "", text, sizeof(text)));
	put(ret_hint->en, trouble_advice(t, bus));
	if (t->kind == TROUBLE_NO_LINK) {
		snprintf(ret_text->zh, sizeof(ret_text->zh), "连接不上：%s", link_zh(t->detail));
		put(ret_hint->zh, bus->type == BUS_DIAL_IN ? "请检查该地址是否属于本机、端口是否空闲"
				  : bus->type == BUS_RTU   ? "请检查串口名称、转换器和权限"
							   : "请检查地址、端口、网线和设备电源");
		return;
	}
	put(ret_text->zh, (size_t)t->kind < sizeof(zh) / sizeof(*zh) && zh[t->kind] ? zh[t->kind] : ret_text->en);
	why_say_cause(&cause, cause_like(t));
	put(ret_hint->zh, t->kind == TROUBLE_NO_CALL ? "请检查电源、SIM 卡、服务器地址和注册包" : cause.zh);
}

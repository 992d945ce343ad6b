#include "base/logid.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/util.h"

/* clang-format off */
static const struct row {
	const char *name;
	enum log_level level;
	const char *uuid;
} rows[LOGID_COUNT] = {
	[LOGID_NONE] = { "", LOG_LEVEL_INFO, NULL },
	[LOGID_STARTED] = { "started", LOG_LEVEL_NOTICE, "e61b396e63f64927b4becc8a6ddc8b13" },
	[LOGID_STOPPING] = { "stopping", LOG_LEVEL_NOTICE, "5fe0b80b56b745099a1a6fd8ab082aa9" },
	[LOGID_CONF_REFUSED] = { "conf-refused", LOG_LEVEL_ERROR, "c7e287b9d7c743afa02e1cbf8dfc49e0" },
	[LOGID_RELOADED] = { "reloaded", LOG_LEVEL_NOTICE, "50649beef270465483fb6d82f5b37da5" },
	[LOGID_RELOAD_REFUSED] = { "reload-refused", LOG_LEVEL_WARNING, "c4c21041eeb54b07bed6368cb57d80be" },
	[LOGID_RELOAD_RETURNED] = { "reload-returned", LOG_LEVEL_WARNING, "17ec576563f749918887be8b9ab0f0c3" },
	[LOGID_RELOAD_CONFIRMED] = { "reload-confirmed", LOG_LEVEL_NOTICE, "7ff8bd464f934abc89ae4e1610f44c85" },
	[LOGID_CONF_BEFORE] = { "conf-before", LOG_LEVEL_WARNING, "66ada63f6eae484e97576ee5e35c6232" },
	[LOGID_CONF_UNKEPT] = { "conf-unkept", LOG_LEVEL_WARNING, "6afd4bb63b6f4114bbfdffab8e5e2862" },
	[LOGID_CONF_KEPT] = { "conf-kept", LOG_LEVEL_NOTICE, "394a248d29a24e86afbf6110f4ce1295" },
	[LOGID_SLOW] = { "slow", LOG_LEVEL_WARNING, "8994b61b08c44b0183e5fba5088588d3" },
	[LOGID_SLOW_OVER] = { "slow-over", LOG_LEVEL_NOTICE, "3ab39ce4c05b445698cba5fd5a1235a9" },
	[LOGID_BUS_LOST] = { "bus-lost", LOG_LEVEL_WARNING, "59a306d0006646e0812f31c07af73b2b" },
	[LOGID_BUS_BACK] = { "bus-back", LOG_LEVEL_NOTICE, "930acf8db6e843d8bafa32f79cabdcfa" },
	[LOGID_BUS_STUCK] = { "bus-stuck", LOG_LEVEL_ERROR, "ff9ddede93ab4cde863a375eb7991d9c" },
	[LOGID_UNIT_SILENT] = { "unit-silent", LOG_LEVEL_WARNING, "32c270fcd64344c4bbb1f5a6cc166a44" },
	[LOGID_UNIT_BACK] = { "unit-back", LOG_LEVEL_NOTICE, "021a3b3e1b9e419cb566a1e76573fcd3" },
	[LOGID_UNIT_REFUSES] = { "unit-refuses", LOG_LEVEL_NOTICE, "ef1cbd1ac4f943fca1903eab7a08d327" },
	[LOGID_BUS_OVERBOOKED] = { "bus-overbooked", LOG_LEVEL_WARNING, "cfd7aee5d9244ee7915739dca5c10210" },
	[LOGID_BUS_FITS] = { "bus-fits", LOG_LEVEL_NOTICE, "a2948e2588b44c8aaec9823634605c9b" },
	[LOGID_BUS_STANDBY] = { "bus-standby", LOG_LEVEL_NOTICE, "c7d2b06c76494d4585872872b0b22764" },
	[LOGID_CALLER_REFUSED] = { "caller-refused", LOG_LEVEL_WARNING, "d39a4929cbeb4c5eac4b95ead448de02" },
	[LOGID_BUS_PAUSED] = { "bus-paused", LOG_LEVEL_NOTICE, "11cbaed9c28e4ddaa976cbd4b7a51047" },
	[LOGID_BUS_RESUMED] = { "bus-resumed", LOG_LEVEL_NOTICE, "a739f4d0858e4393bb6f935558829e0b" },
	[LOGID_POINT_WRITTEN] = { "point-written", LOG_LEVEL_NOTICE, "99d0cb6671b540d987ae69a01d943f78" },
	[LOGID_POINT_NOT_WRITTEN] = { "point-not-written", LOG_LEVEL_WARNING, "f7f42f330bcd4cbdae4e7d2d452d1125" },
	[LOGID_PLUGIN_LOST] = { "plugin-lost", LOG_LEVEL_WARNING, "085ff2974faa49c7b1a76f84a720760f" },
	[LOGID_PLUGIN_BACK] = { "plugin-back", LOG_LEVEL_NOTICE, "51228e5775164eebbdab3f80785c4b27" },
	[LOGID_PLUGIN_FAULT] = { "plugin-fault", LOG_LEVEL_WARNING, "04df7af5821a412db03071581afd1e4d" },
	[LOGID_PLUGIN_HEALTHY] = { "plugin-healthy", LOG_LEVEL_NOTICE, "df03d8ba13e2483c967589825ad9210c" },
	[LOGID_PLUGIN_FLOOD] = { "plugin-flood", LOG_LEVEL_WARNING, "cd6406caac154b7a8663dacce48fd9d3" },
	[LOGID_PLUGIN_FLOOD_OVER] = { "plugin-flood-over", LOG_LEVEL_NOTICE, "7676c33a427b42108cf3f384eb4b5b99" },
	[LOGID_PLUGIN_UNCONFINED] = { "plugin-unconfined", LOG_LEVEL_WARNING, "ba129ac7fbb34849acbab679bbb4fb4f" },
	[LOGID_STORE_FAILED] = { "store-failed", LOG_LEVEL_ERROR, "709492f66c754a349aa5624e11eba74c" },
	[LOGID_STORE_BACK] = { "store-back", LOG_LEVEL_NOTICE, "bb23d6252af541b8bee4162bfce06fb1" },
	[LOGID_STORE_STANDING] = { "store-standing", LOG_LEVEL_ERROR, "b599fc8d387a400a98c1395483541bea" },
	[LOGID_STORE_SET_ASIDE] = { "store-set-aside", LOG_LEVEL_ERROR, "6816f32179d3429c95ce8b6a1869b20d" },
	[LOGID_DISK_FULL] = { "disk-full", LOG_LEVEL_ERROR, "79fb0c8c81e248abaaab394317ecfa38" },
	[LOGID_STORE_QUEUE_FULL] = { "store-queue-full", LOG_LEVEL_WARNING, "ad36940e7b9b45db8f6210a8623f9aa9" },
	[LOGID_STORE_QUEUE_TAKES] = { "store-queue-takes", LOG_LEVEL_NOTICE, "c2760b33941a426798b21f9697ced8a7" },
	[LOGID_CHANGES_LOST] = { "changes-lost", LOG_LEVEL_ERROR, "e7b14b8817d54eea9c17aa3d57f06b52" },
	[LOGID_ALARMS_UNREAD] = { "alarms-unread", LOG_LEVEL_ERROR, "fcd1910433f14a1ba753edbb7d36f456" },
	[LOGID_SAMPLES_DROPPED] = { "samples-dropped", LOG_LEVEL_WARNING, "476968d71965474ea6e5f71eb184be52" },
	[LOGID_SAMPLES_KEPT] = { "samples-kept", LOG_LEVEL_NOTICE, "ca538355b3984253a305999897cad472" },
	[LOGID_UPLINK_REFUSES] = { "uplink-refuses", LOG_LEVEL_WARNING, "01dde81a0db04010a3b19435affc7307" },
	[LOGID_UPLINK_TAKES] = { "uplink-takes", LOG_LEVEL_NOTICE, "b7ccabd1571c4896bdc87c9c19736325" },
	[LOGID_UPLINK_ASTRAY] = { "uplink-astray", LOG_LEVEL_WARNING, "7aa14a2161e641a7917ec9df6461cc6a" },
	[LOGID_OUTBOX_DROPS] = { "outbox-drops", LOG_LEVEL_WARNING, "24109a7402fb4d50a5d0c0a56f988282" },
	[LOGID_OUTBOX_KEEPS] = { "outbox-keeps", LOG_LEVEL_NOTICE, "cb42f1b8523743d3aeae4d7704c89cb0" },
	[LOGID_AUDIT_BROKEN] = { "audit-broken", LOG_LEVEL_ERROR, "ee6b036f50f341e39c344c9bb935c2f8" },
	[LOGID_CLOCK_STEP] = { "clock-step", LOG_LEVEL_NOTICE, "0365d17be5654635b426061816b45458" },
	[LOGID_CLOCK_UNSET] = { "clock-unset", LOG_LEVEL_WARNING, "7bc5652df60842fcb5974bc952c16f04" },
	[LOGID_CLOCK_RESTORED] = { "clock-restored", LOG_LEVEL_NOTICE, "33d04d669e1d4854a1d2524e99922b9a" },
	[LOGID_CLOCK_SYNCHRONISED] = { "clock-synchronised", LOG_LEVEL_NOTICE, "1a04ec9cc20240d5956b2ac7fe60959b" },
	[LOGID_API_FLOOD] = { "api-flood", LOG_LEVEL_WARNING, "bd79ac536f8a4d1ab57d1918d193aeff" },
	[LOGID_API_CALM] = { "api-calm", LOG_LEVEL_NOTICE, "0c0aad51ff24495b912b89b9ad9de37c" },
	[LOGID_LIFE_SAFETY] = { "life-safety", LOG_LEVEL_WARNING, "62345de13339460fb9a37d0d44e78b85" },
	[LOGID_ALARM_RAISED] = { "alarm-raised", LOG_LEVEL_NOTICE, "85bae65571d64e1fbbb0a8d6fed9d4ee" },
	[LOGID_ALARM_CHANGED] = { "alarm-changed", LOG_LEVEL_NOTICE, "008618a2b14540528bcab89bd82641ab" },
	[LOGID_LOG_STORM] = { "log-storm", LOG_LEVEL_WARNING, "3f42b5af128041a9b2964877193a0b63" },
	[LOGID_LOG_STORM_OVER] = { "log-storm-over", LOG_LEVEL_NOTICE, "9300cd1fbcbc47ff94e999817b134bdc" },
	[LOGID_LOG_LOST] = { "log-lost", LOG_LEVEL_WARNING, "1b6a679cc2cb4106b47152ac0b05ffc0" },
	[LOGID_LOG_LEVEL] = { "log-level", LOG_LEVEL_NOTICE, "fae8268f1a5348fb98ab149487369489" },
};
/* clang-format on */

const char *logid_uuid(enum logid id)
{
	assert(id < LOGID_COUNT);
	return rows[id].uuid;
}

const char *logid_name(enum logid id)
{
	assert(id < LOGID_COUNT);
	return rows[id].name;
}

enum log_level logid_level(enum logid id)
{
	assert(id < LOGID_COUNT);
	return rows[id].level;
}

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning", [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
};

static const char *const room_names[LOG_ROOMS] = {
	[LOG_ROOM_API] = "api",       [LOG_ROOM_APP] = "app",     [LOG_ROOM_FIELD] = "field",
	[LOG_ROOM_PLUGIN] = "plugin", [LOG_ROOM_STORE] = "store",
};

const char *logid_level_name(enum log_level level)
{
	return (size_t)level < ARRAY_SIZE(level_names) && level_names[level] ? level_names[level] : "?";
}

int logid_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++)
		if (level_names[i] && strcmp(level_names[i], name) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	return -EINVAL;
}

const char *logid_room_name(enum log_room room)
{
	return room_names[room];
}

int logid_room_parse(const char *name, enum log_room *ret_room)
{
	for (size_t i = 0; i < LOG_ROOMS; i++)
		if (strcmp(room_names[i], name) == 0) {
			*ret_room = (enum log_room)i;
			return 0;
		}
	return -EINVAL;
}

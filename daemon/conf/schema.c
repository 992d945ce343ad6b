/* schema.c: see schema.h. The tables come first; below them is only what walks them. */
#include "conf/schema.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"

const char schema_must[] = "must";

/* clang-format off */
static const struct schema_key estate_keys[] = {
	/* key           type             range / words             default       reload           help */
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "names the estate in everything that leaves it" },
	{ "name",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people; the id where it is not said" },
	{ "timezone",    SCHEMA_TEXT,     { 0 },                    "Asia/Shanghai", SCHEMA_RESTARTS, "local time of the estate, a name of the zone database" },
	{ "self_test",   SCHEMA_DURATION, { HOUR, 366 * DAY, "", NULL }, "7d",    SCHEMA_LIVE,     "how long a device with which people call for help may go untried; then it is an alarm of the rule self-test" },
	{ 0 }
};

static const struct schema_key log_keys[] = {
	{ "level",       SCHEMA_WORD,     { .words = "error warning notice info debug" }, "info", SCHEMA_LIVE, "the least important lines that the log gets" },
	{ "rooms",       SCHEMA_GROUP,    { 0 },                    NULL,         SCHEMA_LIVE,     "other levels for single rooms of the daemon, as rooms: { field = \"debug\"; };" },
	{ 0 }
};

static const struct schema_key log_room_keys[] = {
	{ "api",         SCHEMA_WORD,     { .words = "error warning notice info debug" }, NULL, SCHEMA_LIVE, "requests of estatectl and the web page" },
	{ "app",         SCHEMA_WORD,     { .words = "error warning notice info debug" }, NULL, SCHEMA_LIVE, "alarms, clock, configuration, the daemon as a whole" },
	{ "field",       SCHEMA_WORD,     { .words = "error warning notice info debug" }, NULL, SCHEMA_LIVE, "buses and their units" },
	{ "plugin",      SCHEMA_WORD,     { .words = "error warning notice info debug" }, NULL, SCHEMA_LIVE, "plugins, and what they say themselves" },
	{ "store",       SCHEMA_WORD,     { .words = "error warning notice info debug" }, NULL, SCHEMA_LIVE, "databases and what waits to be delivered" },
	{ 0 }
};

static const struct schema_key outbox_keys[] = {
	{ "bytes",       SCHEMA_SIZE,     { SCHEMA_MB, 65536LL * SCHEMA_MB, "", NULL }, "128MB", SCHEMA_LIVE, "how much may wait for one uplink; beyond it its oldest messages are dropped, alarms last, and a gap record says so" },
	{ "age",         SCHEMA_DURATION, { HOUR, 3650 * DAY, "", NULL }, "30d",  SCHEMA_LIVE,     "how long a message waits for its receiver; an alarm goes only when nothing else waits any more" },
	{ "rate",        SCHEMA_INT,      { 0, 100000, " messages a second", NULL }, "500", SCHEMA_LIVE, "how fast what is no alarm is handed to one uplink, so that a backlog does not fill its line; 0: as fast as it takes them" },
	{ "ack_within",  SCHEMA_DURATION, { S, DAY, "", NULL }, "90s",         SCHEMA_LIVE,     "an alarm that its receiver has not acknowledged within this is the alarm supervision/uplink:ID, until it has" },
	{ 0 }
};

static const struct schema_key web_keys[] = {
	{ "user",        SCHEMA_TEXT,     { 0 },                    "estated-web", SCHEMA_LIVE,    "as whom estated-web runs: that user alone, beside root and estated itself, may bring the sessions of people who have logged in" },
	{ 0 }
};

static const struct schema_key audit_keys[] = {
	{ "age",         SCHEMA_DURATION, { 30 * DAY, 7320 * DAY, "", NULL }, "1100d", SCHEMA_LIVE, "how long a record of what was done is kept; older ones go, and an anchor keeps the chain whole" },
	{ "rows",        SCHEMA_INT,      { 1000, 10000000, "", NULL }, "500000", SCHEMA_LIVE,     "how many records are kept at most; about half a kB each" },
	{ 0 }
};

static const struct schema_key history_keys[] = {
	{ "keep",        SCHEMA_DURATION, { DAY, 3650 * DAY, "", NULL }, "60d",   SCHEMA_LIVE,     "how long samples are kept; of lifts two days at least, for their summaries" },
	{ "keep_homes",  SCHEMA_DURATION, { DAY, 3650 * DAY, "", NULL }, "60d",   SCHEMA_LIVE,     "no sample of a home is kept for longer, whatever else is said: of a device with `room` or `entrance`, or in a dwelling, as b3/u1/1204; they stay on this box" },
	{ "keep_sums",   SCHEMA_DURATION, { DAY, 7320 * DAY, "", NULL }, "1095d", SCHEMA_LIVE,     "how long the least, average and greatest of every hour are kept" },
	{ "bytes",       SCHEMA_SIZE,     { 16LL * SCHEMA_MB, 1048576LL * SCHEMA_MB, "", NULL }, "4096MB", SCHEMA_LIVE, "how much all samples and sums may take together; the oldest samples go first, sums when they take half of it" },
	{ "classes",     SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "what is kept otherwise than that, as ( { class = \"lift\"; keep = \"365d\"; } )" },
	{ 0 }
};

static const struct schema_key history_class_keys[] = {
	{ "class",       SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "class of the devices" },
	{ "keep",        SCHEMA_DURATION, { DAY, 3650 * DAY, "", NULL }, NULL,    SCHEMA_LIVE,     "how long their samples are kept; that of all where it is not said" },
	{ "keep_sums",   SCHEMA_DURATION, { DAY, 7320 * DAY, "", NULL }, NULL,    SCHEMA_LIVE,     "how long the least, average and greatest of their hours are kept; that of all where it is not said" },
	{ "bytes",       SCHEMA_SIZE,     { SCHEMA_MB, 1048576LL * SCHEMA_MB, "", NULL }, NULL, SCHEMA_LIVE, "how much their samples may take, those of homes apart from the others; the oldest go first" },
	{ 0 }
};

static const struct schema_key place_keys[] = {
	{ "id",          SCHEMA_PATH,     { 0 },                    schema_must,  SCHEMA_IDENTITY, "first part of the paths that lie in it, as b3 in b3/u1/1204" },
	{ "name",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people; the id where it is not said" },
	{ "floors",      SCHEMA_INT,      { 1, 200, "", NULL },     NULL,         SCHEMA_LIVE,     "how many floors the building has" },
	{ "units",       SCHEMA_IDS,      { 0 },                    NULL,         SCHEMA_LIVE,     "its units, as ( \"u1\", \"u2\" )" },
	{ 0 }
};

static const struct schema_key bus_keys[] = {
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the bus, used in devices" },
	{ "name",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people; the id where it is not said" },
	{ "type",        SCHEMA_WORD,     { .words = "tcp rtu rtu-over-tcp dial-in" }, schema_must, SCHEMA_RESTARTS, "how the bus is reached" },
	{ "host",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_RESTARTS, "tcp, rtu-over-tcp: address or name of the gateway; dial-in: this box's own address, where modems dial in" },
	{ "port",        SCHEMA_ANY,      { 0 },                    NULL,         SCHEMA_RESTARTS, "tcp, rtu-over-tcp: port number (502); rtu: the serial line as \"/dev/serial/by-id/…\"; dial-in: port number to listen at" },
	{ "standby",     SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_RESTARTS, "tcp, rtu-over-tcp: a second address of the same devices, tried when the first one does not serve" },
	{ "standby_port", SCHEMA_INT,     { 1, 65535, "", NULL },   NULL,         SCHEMA_RESTARTS, "tcp, rtu-over-tcp: port of the standby; that of the first where not said" },
	{ "registration", SCHEMA_TEXT,    { 0 },                    NULL,         SCHEMA_RESTARTS, "dial-in: what the modem says first, as a text or as \"hex:4c 49 46 54\"" },
	{ "framing",     SCHEMA_WORD,     { .words = "rtu tcp" },   "rtu",        SCHEMA_RESTARTS, "dial-in: what goes over the connection: RTU frames with a CRC, or Modbus TCP" },
	{ "baud",        SCHEMA_INT,      { 1200, 115200, " Bd", NULL }, "9600",  SCHEMA_RESTARTS, "rtu: speed of the line" },
	{ "parity",      SCHEMA_WORD,     { .words = "none even odd" }, "none",   SCHEMA_RESTARTS, "rtu: parity bit" },
	{ "data_bits",   SCHEMA_INT,      { 7, 8, "", NULL },       "8",          SCHEMA_RESTARTS, "rtu: bits of a character" },
	{ "stop_bits",   SCHEMA_INT,      { 1, 2, "", NULL },       "1",          SCHEMA_RESTARTS, "rtu: stop bits" },
	{ "rs485",       SCHEMA_WORD,     { .words = "adapter rts-high rts-low" }, "adapter", SCHEMA_RESTARTS, "rtu: who turns the line round: the adapter by itself, or the kernel with RTS high or low while it sends" },
	{ "rs485_before", SCHEMA_DURATION, { 0, 100 * MS, "", NULL }, "0s",       SCHEMA_RESTARTS, "rtu: how long RTS stands before a frame, in whole milliseconds" },
	{ "rs485_after", SCHEMA_DURATION, { 0, 100 * MS, "", NULL }, "0s",        SCHEMA_RESTARTS, "rtu: how long RTS stands after a frame, in whole milliseconds" },
	{ "timeout",     SCHEMA_DURATION, { 20 * MS, 30 * S, "", NULL }, "500ms", SCHEMA_LIVE,     "longest wait for a whole answer, wire time included" },
	{ "pause_after_connect", SCHEMA_DURATION, { 0, MINUTE, "", NULL }, "0s",  SCHEMA_LIVE,     "silence after the connection is made" },
	{ "min_interval", SCHEMA_DURATION, { 0, 10 * S, "", NULL }, "0s",         SCHEMA_LIVE,     "shortest time between two requests" },
	{ "turnaround",  SCHEMA_DURATION, { 0, 10 * S, "", NULL },  NULL,         SCHEMA_LIVE,     "how long its devices think before they answer: for the plan and the forecast of --check only; rtu: 5ms, dial-in: 150ms, else 2ms where it is not said" },
	{ "idle_close",  SCHEMA_DURATION, { 0, HOUR, "", NULL },    NULL,         SCHEMA_LIVE,     "tcp, rtu-over-tcp: close the connection after that much silence, and open it for the next request; 0s: never" },
	{ 0 }
};

static const struct schema_key plugin_keys[] = {
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the instance, used in devices" },
	{ "program",     SCHEMA_TEXT,     { 0 },                    schema_must,  SCHEMA_RESTARTS, "a plugin's name, or an absolute path" },
	{ "options",     SCHEMA_GROUP,    { 0 },                    NULL,         SCHEMA_RESTARTS, "what the plugin itself understands; given to it as JSON" },
	{ "max_age",     SCHEMA_DURATION, { 3 * S, HOUR, "", NULL }, "45s",       SCHEMA_RESTARTS, "without a sign of life for this long it is started anew" },
	{ 0 }
};

static const struct schema_key class_keys[] = {
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the class, used in profiles, devices and rules" },
	{ "name",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people" },
	{ "points",      SCHEMA_LIST,     { 0 },                    schema_must,  SCHEMA_RESTARTS, "its standard points" },
	{ 0 }
};

static const struct schema_key class_point_keys[] = {
	{ "name",        SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the point, used in rules" },
	{ "type",        SCHEMA_WORD,     { .words = "number bool text event" }, schema_must, SCHEMA_RESTARTS, "what its values are" },
	{ "unit",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "unit of a number, as \"kPa\"" },
	{ 0 }
};

static const struct schema_key profile_keys[] = {
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the profile, used in devices" },
	{ "class",       SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_RESTARTS, "class of the devices that it describes" },
	{ "name",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people: make and model" },
	{ "models",      SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "models that it describes, as ( \"MCCGQ11LM\", \"WS301*\" ), whatever their case: it is proposed for such a device that was discovered" },
	{ "base",        SCHEMA_INT,      { 0, 1, "", NULL },       "0",          SCHEMA_RESTARTS, "1: the addresses below are counted from 1, as on paper" },
	{ "order",       SCHEMA_WORD,     { .words = "abcd cdab badc dcba" }, "abcd", SCHEMA_RESTARTS, "order of the bytes where a point does not say it" },
	{ "period",      SCHEMA_DURATION, { 50 * MS, DAY, "", NULL }, "1s",       SCHEMA_LIVE,     "how often a point is asked that does not say it" },
	{ "max_age",     SCHEMA_DURATION, { 0, 90 * DAY, "", NULL }, NULL,        SCHEMA_LIVE,     "age at which a value is stale where a point does not say it" },
	{ "mask_write",  SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "its devices know function 22 (mask write register): bits of a register can be written without touching the others" },
	{ "forbidden",   SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_RESTARTS, "addresses that must not be read, not even in passing, as ( \"holding:100-199\", \"coil:7\" )" },
	{ "points",      SCHEMA_LIST,     { 0 },                    schema_must,  SCHEMA_RESTARTS, "where each point stands" },
	{ 0 }
};

static const struct schema_key profile_point_keys[] = {
	{ "name",        SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the point; of the class, or an additional one" },
	{ "at",          SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_RESTARTS, "\"holding:1.11\", \"coil:3\", \"input:10.hi\"; or a JSON field as \"action\" (the name where it is not said)" },
	{ "type",        SCHEMA_WORD,     { .words = "u16 i16 u8 i8 u32 i32 u64 i64 f32 f64 bcd16 bcd32 string bit any which number bool text event" }, NULL, SCHEMA_RESTARTS, "registers: type on the wire (u16, or bit where a bit is named); JSON: type of a point that the class lacks" },
	{ "order",       SCHEMA_WORD,     { .words = "abcd cdab badc dcba" }, NULL, SCHEMA_RESTARTS, "order of the bytes on the wire; a is the most significant. Of 64 bits: abcdefgh, ghefcdab, badcfehg, hgfedcba" },
	{ "length",      SCHEMA_INT,      { 1, 125, " registers", NULL }, NULL,   SCHEMA_RESTARTS, "registers of a string, or of the bank of any and which" },
	{ "bits",        SCHEMA_INT,      { 1, 16, "", NULL },      "2",          SCHEMA_RESTARTS, "any, which: width of one field of the bank: 1, 2, 4, 8 or 16; the first is the lowest of the first register" },
	{ "scale",       SCHEMA_NUMBER,   { 0 },                    "1",          SCHEMA_RESTARTS, "value = raw * scale + offset" },
	{ "offset",      SCHEMA_NUMBER,   { 0 },                    "0",          SCHEMA_RESTARTS, "value = raw * scale + offset" },
	{ "invert",      SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_RESTARTS, "true where the source says false" },
	{ "invalid",     SCHEMA_ANY,      { 0 },                    NULL,         SCHEMA_RESTARTS, "raw number that means \"no value\", as 0x8000, or several: ( 0x7FFF, 0x8000 ); read as suspect. Of an f32 or f64 also the number itself, as -9999.0" },
	{ "values",      SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_RESTARTS, "raw numbers as words: ( (0, \"normal\"), (1, \"fire\") )" },
	{ "equals",      SCHEMA_ANY,      { 0 },                    NULL,         SCHEMA_RESTARTS, "JSON: true, or happened, when the field has this text; any, which: the number that is looked for (1)" },
	{ "event",       SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_RESTARTS, "has no lasting state: it happens" },
	{ "unit",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "unit of a number; the class's where it is not said" },
	{ "period",      SCHEMA_DURATION, { 50 * MS, DAY, "", NULL }, NULL,       SCHEMA_LIVE,     "registers: how often it is asked; the profile's where it is not said" },
	{ "max_age",     SCHEMA_DURATION, { 0, 90 * DAY, "", NULL }, NULL,        SCHEMA_LIVE,     "age at which the value is stale; registers: the longer of three periods and 10s where it is not said" },
	{ "deadband",    SCHEMA_NUMBER,   { 0, INT32_MAX, "", NULL }, "0",        SCHEMA_LIVE,     "a smaller change of a number is no change" },
	{ "kind",        SCHEMA_WORD,     { .words = "gauge counter" }, "gauge",  SCHEMA_LIVE,     "counter: it only goes up. Where it begins anew at the end of its type, that is a roll-over; any other step back is suspect until a second reading goes on from there: a reset" },
	{ "range",       SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "lowest and highest number that can be, as ( -40, 85 ); another one is suspect" },
	{ "max_rate",    SCHEMA_NUMBER,   { 0, INT32_MAX, "", NULL }, NULL,       SCHEMA_LIVE,     "fastest change a second; a number that left the last good one faster is suspect" },
	{ "writable",    SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "coils and holding registers: may be written by a technician, where the device says writes = true" },
	{ "only_when",   SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "writable: a condition as a rule's `when`, as \"mode == \\\"local\\\" && !alarm\"; it is written only while that is true, and not while it is unknown" },
	{ "repeat",      SCHEMA_GROUP,    { 0 },                    NULL,         SCHEMA_RESTARTS, "a bank of equal points: name-1, name-2, …" },
	{ 0 }
};

static const struct schema_key repeat_keys[] = {
	{ "count",       SCHEMA_INT,      { 1, 1000, "", NULL },    schema_must,  SCHEMA_RESTARTS, "how many points" },
	{ "step",        SCHEMA_INT,      { 1, 1000, "", NULL },    NULL,         SCHEMA_RESTARTS, "registers or bits from one to the next; as many as one takes where it is not said" },
	{ "bits",        SCHEMA_INT,      { 1, 8, "", NULL },       NULL,         SCHEMA_RESTARTS, "bits from one to the next in one register, from the lowest up: 2 for eight points of two bits; then `step` is from register to register" },
	{ 0 }
};

static const struct schema_key device_keys[] = {
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the device, used in rules" },
	{ "name",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people; the id where it is not said" },
	{ "place",       SCHEMA_PATH,     { 0 },                    schema_must,  SCHEMA_LIVE,     "where it is, as b3/u1/1204" },
	{ "room",        SCHEMA_ID,       { 0 },                    NULL,         SCHEMA_LIVE,     "bathroom, bedroom, kitchen, living, hall, office, entrance, …" },
	{ "entrance",    SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "the flat's own door" },
	{ "bus",         SCHEMA_ID,       { 0 },                    NULL,         SCHEMA_RESTARTS, "bus that reaches it" },
	{ "unit",        SCHEMA_INT,      { 1, 247, "", NULL },     NULL,         SCHEMA_RESTARTS, "its Modbus address on the bus" },
	{ "plugin",      SCHEMA_ID,       { 0 },                    NULL,         SCHEMA_RESTARTS, "plugin that reaches it" },
	{ "address",     SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_RESTARTS, "its address at the plugin; its id where not said" },
	{ "profile",     SCHEMA_ID,       { 0 },                    NULL,         SCHEMA_RESTARTS, "profile of its make" },
	{ "class",       SCHEMA_ID,       { 0 },                    NULL,         SCHEMA_RESTARTS, "instead of a profile: its fields have the class's own names" },
	{ "max_age",     SCHEMA_DURATION, { S, 90 * DAY, "", NULL }, NULL,        SCHEMA_LIVE,     "age at which its values are stale, instead of the profile's" },
	{ "max_registers", SCHEMA_INT,    { 1, 125, "", NULL },     "125",        SCHEMA_LIVE,     "most registers in one request" },
	{ "max_bits",    SCHEMA_INT,      { 1, 2000, "", NULL },    "2000",       SCHEMA_LIVE,     "most bits in one request" },
	{ "late_bound",  SCHEMA_DURATION, { 0, MINUTE, "", NULL },  "2s",         SCHEMA_LIVE,     "how late an answer can still come after the timeout" },
	{ "min_interval", SCHEMA_DURATION, { 0, MINUTE, "", NULL }, "0s",         SCHEMA_LIVE,     "shortest time between an answer and the next request to it" },
	{ "writes",      SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "points that its profile calls writable may be written: estatectl write" },
	{ "tid",         SCHEMA_WORD,     { .words = "strict loose" }, "strict",  SCHEMA_LIVE,     "loose: a gateway that answers with its own transaction ids; unit, function and length must do" },
	{ 0 }
};

static const struct schema_key rule_keys[] = {
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "first part of its alarms' names; a shipped id changes that rule, key by key" },
	{ "class",       SCHEMA_ID,       { 0 },                    NULL,         SCHEMA_RESTARTS, "watches every device of the class" },
	{ "device",      SCHEMA_ID,       { 0 },                    NULL,         SCHEMA_RESTARTS, "watches this device only" },
	{ "when",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_RESTARTS, "the condition, as \"level > 90 && !fault\"" },
	{ "needs",       SCHEMA_IDS,      { 0 },                    NULL,         SCHEMA_RESTARTS, "points that `when` cannot do without: a device whose make lacks one is not watched" },
	{ "condition",   SCHEMA_WORD,     { .words = "entrapment care" }, NULL,   SCHEMA_RESTARTS, "a built-in condition; entrapment: somebody is trapped in a lift, beside `when`; care: of the shipped rules about people at home" },
	{ "level_for",   SCHEMA_DURATION, { 0, 90 * S, "", NULL },  "90s",        SCHEMA_LIVE,     "condition = \"entrapment\": delay with the car at a floor" },
	{ "between_for", SCHEMA_DURATION, { 0, 45 * S, "", NULL },  "45s",        SCHEMA_LIVE,     "condition = \"entrapment\": delay with the car between floors" },
	{ "settings",    SCHEMA_GROUP,    { 0 },                    NULL,         SCHEMA_LIVE,     "condition = \"care\": figures of the rule, as { buffer = \"3h\"; }; a resident's own come before them" },
	{ "for",         SCHEMA_DURATION, { 0, 7 * DAY, "", NULL }, "0s",         SCHEMA_LIVE,     "how long `when` must hold" },
	{ "off_for",     SCHEMA_DURATION, { 0, 7 * DAY, "", NULL }, "0s",         SCHEMA_LIVE,     "how long it must be over" },
	{ "hysteresis",  SCHEMA_NUMBER,   { 0, INT32_MAX, "", NULL }, "0",        SCHEMA_LIVE,     "how far a number must come back past its limit" },
	{ "latch",       SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "stays until a person closes it" },
	{ "times",       SCHEMA_INT,      { 2, 1000, "", NULL },    NULL,         SCHEMA_LIVE,     "raised only when it came so often in `within`" },
	{ "within",      SCHEMA_DURATION, { S, 7 * DAY, "", NULL }, NULL,         SCHEMA_LIVE,     "time for `times`" },
	{ "realarm",     SCHEMA_DURATION, { 10 * S, 30 * DAY, "", NULL }, NULL,   SCHEMA_LIVE,     "told again while it goes on unacknowledged" },
	{ "priority",    SCHEMA_INT,      { 1, 4, "", NULL },       "3",          SCHEMA_LIVE,     "1 call out now, 2 within 15 min, 3 this shift, 4 advisory" },
	{ "rise",        SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "more urgent after a while, as ( { after = \"10m\"; priority = 2; } ): open for so long, and either nobody has acknowledged it or it goes on" },
	{ "ladder",      SCHEMA_LABEL,    { 0 },                    NULL,         SCHEMA_LIVE,     "who is told, and after how long; L1 for what protects life, nobody for others, where not said" },
	{ "silent",      SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "no siren and no lamp tells of it: who is in danger there must not be heard" },
	{ "life_safety", SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "never shelved, inhibited or delayed beyond its limit" },
	{ "inhibited_by", SCHEMA_IDS,     { 0 },                    NULL,         SCHEMA_LIVE,     "rules whose alarm explains this one while it holds: this one is suppressed then" },
	{ "suppressed_when", SCHEMA_TEXT, { 0 },                    NULL,         SCHEMA_RESTARTS, "a condition of the device, as \"inspection\": while it holds the alarm is suppressed; it stays listed and counted" },
	{ "acked_when",  SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_RESTARTS, "a condition of the device: when it begins, somebody has acknowledged the alarm at the device itself" },
	{ "enabled",     SCHEMA_BOOL,     { 0 },                    "true",       SCHEMA_LIVE,     "false: the rule is not there" },
	{ "text",        SCHEMA_GROUP,    { 0 },                    NULL,         SCHEMA_LIVE,     "what it says; {place} {device} {value} {age} are filled in" },
	{ "guidance",    SCHEMA_GROUP,    { 0 },                    NULL,         SCHEMA_LIVE,     "what to do now" },
	{ 0 }
};

static const struct schema_key rise_keys[] = {
	{ "after",       SCHEMA_DURATION, { S, 30 * DAY, "", NULL }, schema_must, SCHEMA_LIVE,     "how long it has been open" },
	{ "priority",    SCHEMA_INT,      { 1, 3, "", NULL },       schema_must,  SCHEMA_LIVE,     "its priority from then on" },
	{ 0 }
};

static const struct schema_key text_keys[] = {
	{ "zh",          SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "Chinese" },
	{ "en",          SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "English" },
	{ 0 }
};

static const struct schema_key contact_keys[] = {
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the contact, used in ladders" },
	{ "name",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people; the id where it is not said" },
	{ "duties",      SCHEMA_IDS,      { 0 },                    NULL,         SCHEMA_LIVE,     "what ladders call: desk, siren, desk-2, family, grid, supervisor and backup are in the shipped ones" },
	{ "places",      SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "where, as ( \"b3/u1\", \"b4\" ); everywhere where not said. Of several who have a duty the nearest is told first, then the order of the files counts" },
	{ "notifier",    SCHEMA_ID,       { 0 },                    NULL,         SCHEMA_LIVE,     "plugin that reaches this contact; the page at the desk where not said" },
	{ "to",          SCHEMA_GROUP,    { 0 },                    NULL,         SCHEMA_LIVE,     "what the notifier has to know of this contact, as { phone = \"…\"; }" },
	{ "phone",       SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people to call by hand; where `to` has none, for the notifier too" },
	{ "roster",      SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "when: spans of the week; always where not said" },
	{ "rate",        SCHEMA_INT,      { 1, 600, " messages a minute", NULL }, "20", SCHEMA_LIVE, "most messages to this contact; what protects life is never held by it" },
	{ "tests",       SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "is told of what is in test, too" },
	{ "language",    SCHEMA_WORD,     { .words = "zh en" },     "zh",         SCHEMA_LIVE,     "of the messages" },
	{ "output",      SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "instead of a notifier: no person, but a siren or a lamp; the point that switches it on, as \"relay-b3.relay-1\": its profile calls it writable, its device says writes = true" },
	{ "output_until", SCHEMA_WORD,    { .words = "acked over" }, "acked",     SCHEMA_LIVE,     "when it is switched off: as soon as somebody has acknowledged the alarm, as a siren; or when the alarm is over, as a lamp" },
	{ "button",      SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "a point that this contact presses to acknowledge, as \"relay-b3.input-1\": all that is open at `places`, or where its device stands" },
	{ "cards",       SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "numbers of the contact's cards, as ( \"0004512\" ): shown at a door they say that he has arrived at what is urgent behind it" },
	{ 0 }
};

static const struct schema_key roster_keys[] = {
	{ "days",        SCHEMA_TEXT,     { 0 },                    "daily",      SCHEMA_LIVE,     "daily, or days and spans of days: \"mon-fri\", \"sat sun holiday\"; a holiday is no weekday" },
	{ "from",        SCHEMA_TEXT,     { 0 },                    "00:00",      SCHEMA_LIVE,     "time of the day, estate's own" },
	{ "to",          SCHEMA_TEXT,     { 0 },                    "24:00",      SCHEMA_LIVE,     "not after `from`: of the next day" },
	{ 0 }
};

static const struct schema_key holiday_keys[] = {
	{ "id",          SCHEMA_ID,       { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the holiday" },
	{ "name",        SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "for people; the id where it is not said" },
	{ "from",        SCHEMA_TEXT,     { 0 },                    schema_must,  SCHEMA_LIVE,     "first day, as \"2026-10-01\"" },
	{ "until",       SCHEMA_TEXT,     { 0 },                    NULL,         SCHEMA_LIVE,     "last day; the first one where not said" },
	{ "as",          SCHEMA_WORD,     { .words = "sun mon tue wed thu fri sat holiday" }, "holiday", SCHEMA_LIVE, "what these days count as in rosters: a Saturday on which people work is as = \"mon\"" },
	{ "places",      SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "where; everywhere where not said" },
	{ 0 }
};

static const struct schema_key ladder_keys[] = {
	{ "id",          SCHEMA_LABEL,    { 0 },                    schema_must,  SCHEMA_IDENTITY, "name of the ladder, used in rules; a shipped id takes the place of that one" },
	{ "steps",       SCHEMA_LIST,     { 0 },                    NULL,         SCHEMA_LIVE,     "who is told, in order of time" },
	{ "repeat",      SCHEMA_DURATION, { MINUTE, 30 * DAY, "", NULL }, NULL,   SCHEMA_LIVE,     "so long after the last step all begins anew, while nobody has acknowledged; never where not said" },
	{ 0 }
};

static const struct schema_key step_keys[] = {
	{ "after",       SCHEMA_DURATION, { 0, 7 * DAY, "", NULL }, "0s",         SCHEMA_LIVE,     "since the alarm began to need a look; sooner where the steps before reached nobody" },
	{ "to",          SCHEMA_IDS,      { 0 },                    NULL,         SCHEMA_LIVE,     "duties, or contacts by id; of each duty one contact is told, and the next one where that fails" },
	{ "all",         SCHEMA_BOOL,     { 0 },                    "false",      SCHEMA_LIVE,     "all who have the duty and are on are told" },
	{ "priority",    SCHEMA_INT,      { 1, 3, "", NULL },       NULL,         SCHEMA_LIVE,     "an alarm of the priority next to it becomes that urgent; others stay as they are, and end here" },
	{ "ladder",      SCHEMA_LABEL,    { 0 },                    NULL,         SCHEMA_LIVE,     "goes on from the foot of that ladder; in the last step only" },
	{ 0 }
};

static const struct schema_group groups[] = {
	{ "estate",      "estate",  SCHEMA_ONE,  false, estate_keys,        "the estate itself" },
	{ "log",         "log",     SCHEMA_ONE,  false, log_keys,           "what the log says" },
	{ "log.rooms",   "rooms",   SCHEMA_ONE,  false, log_room_keys,      "levels of single rooms; as log.level where not said" },
	{ "outbox",      "outbox",  SCHEMA_ONE,  false, outbox_keys,        "what waits to be delivered to the uplinks" },
	{ "web",         "web",     SCHEMA_ONE,  false, web_keys,           "the page of the control room, as far as estated has to know" },
	{ "audit",       "audit",   SCHEMA_ONE,  false, audit_keys,         "the record of what was done, by whom and when" },
	{ "history",     "history", SCHEMA_ONE,  false, history_keys,       "the kept samples" },
	{ "history.classes", "class", SCHEMA_MANY, false, history_class_keys, "what is kept of one class" },
	{ "places",      "place",   SCHEMA_MANY, false, place_keys,         "buildings and other first parts of a place" },
	{ "buses",       "bus",     SCHEMA_MANY, false, bus_keys,           "serial lines and Modbus gateways" },
	{ "plugins",     "plugin",  SCHEMA_MANY, false, plugin_keys,        "programs that bring readings or take messages" },
	{ "devices",     "device",  SCHEMA_MANY, false, device_keys,        "the things themselves" },
	{ "classes",     "class",   SCHEMA_MANY, false, class_keys,         "kinds of devices" },
	{ "classes.points", "point", SCHEMA_MANY, false, class_point_keys,  "points of a class" },
	{ "profiles",    "profile", SCHEMA_MANY, false, profile_keys,       "how a make's registers or fields become points" },
	{ "profiles.points", "point", SCHEMA_MANY, false, profile_point_keys, "points of a profile" },
	{ "profiles.points.repeat", "repeat", SCHEMA_ONE, false, repeat_keys, "a bank of equal points" },
	{ "rules",       "rule",    SCHEMA_MANY, false, rule_keys,          "what is an alarm" },
	{ "rules.rise",  "rise",    SCHEMA_MANY, false, rise_keys,          "a priority that rises while the alarm is open" },
	{ "rules.text",  "text",    SCHEMA_ONE,  false, text_keys,          "text and guidance of a rule" },
	{ "contacts",    "contact", SCHEMA_MANY, true,  contact_keys,       "people to tell" },
	{ "contacts.roster", "span", SCHEMA_MANY, false, roster_keys,       "when a contact is on duty" },
	{ "holidays",    "holiday", SCHEMA_MANY, false, holiday_keys,       "days that rosters take for another day of the week" },
	{ "ladders",     "ladder",  SCHEMA_MANY, true,  ladder_keys,        "who is told of an alarm, and after how long" },
	{ "ladders.steps", "step",  SCHEMA_MANY, true,  step_keys,          "one moment of a ladder" },
};
/* clang-format on */

const struct schema_group *schema_group(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (str_equal(groups[i].name, name))
			return &groups[i];
	assert(!"no such group in the schema");
	abort();
}

const struct schema_key *schema_find_key(const struct schema_group *g, const char *key)
{
	for (const struct schema_key *k = g->keys; k->key; k++)
		if (str_equal(k->key, key))
			return k;
	return NULL;
}

const struct schema_key *schema_next(struct schema_walk *w)
{
	if (w->group && w->group->keys[w->key_index].key && w->group->keys[w->key_index + 1].key) {
		w->key_index++;
		return &w->group->keys[w->key_index];
	}
	if (w->group)
		w->group_index++;
	if (w->group_index >= ARRAY_SIZE(groups))
		return NULL;
	w->group = &groups[w->group_index];
	w->key_index = 0;
	return &w->group->keys[0];
}

const char *schema_type_name(enum schema_type t)
{
	static const char *const names[] = {
		[SCHEMA_ID] = "id",       [SCHEMA_PATH] = "place",      [SCHEMA_TEXT] = "text",
		[SCHEMA_LABEL] = "label", [SCHEMA_WORD] = "word",       [SCHEMA_BOOL] = "bool",
		[SCHEMA_INT] = "integer", [SCHEMA_NUMBER] = "number",   [SCHEMA_DURATION] = "duration",
		[SCHEMA_SIZE] = "size",   [SCHEMA_IDS] = "list of ids", [SCHEMA_GROUP] = "group",
		[SCHEMA_LIST] = "list",   [SCHEMA_ANY] = "any",
	};

	return (size_t)t < ARRAY_SIZE(names) ? names[t] : "?";
}

const char *schema_reload_name(enum schema_reload r)
{
	static const char *const names[] = {
		[SCHEMA_LIVE] = "live", [SCHEMA_RESTARTS] = "restarts", [SCHEMA_IDENTITY] = "identity"
	};

	return (size_t)r < ARRAY_SIZE(names) ? names[r] : "?";
}

/* "tcp, rtu or dial-in" */
static void words_text(const char *words, char *buf)
{
	size_t len = 0, word;

	buf[0] = '\0';
	for (const char *w = words; *w; w += word + (w[word] == ' ')) {
		const char *between = w == words ? "" : strchr(w, ' ') ? ", " : " or ";

		word = strcspn(w, " ");
		len += (size_t)snprintf(buf + len, SCHEMA_EXPECTED_MAX - len, "%s%.*s", between, (int)word, w);
		if (len >= SCHEMA_EXPECTED_MAX)
			return;
	}
}

const char *schema_range(const struct schema_key *k, char *buf)
{
	char low[STR_DURATION_MAX], high[STR_DURATION_MAX];
	const char *unit = k->range.unit ? k->range.unit : "";

	buf[0] = '\0';
	if (k->range.words)
		words_text(k->range.words, buf);
	else if (k->range.min == k->range.max)
		return buf;
	else if (k->type == SCHEMA_DURATION)
		snprintf(buf, SCHEMA_EXPECTED_MAX, "%s..%s", str_from_duration(k->range.min, low),
			 str_from_duration(k->range.max, high));
	else if (k->type == SCHEMA_SIZE)
		snprintf(buf, SCHEMA_EXPECTED_MAX, "%lldMB..%lldMB", (long long)k->range.min / SCHEMA_MB,
			 (long long)k->range.max / SCHEMA_MB);
	else if (k->range.max == INT32_MAX)
		snprintf(buf, SCHEMA_EXPECTED_MAX, "%lld or more%s", (long long)k->range.min, unit);
	else
		snprintf(buf, SCHEMA_EXPECTED_MAX, "%lld..%lld%s", (long long)k->range.min, (long long)k->range.max,
			 unit);
	return buf;
}

const char *schema_expected(const struct schema_key *k, char *buf)
{
	static const char *const plain[] = {
		[SCHEMA_ID] = "an id in quotes: a-z, 0-9, '_' and '-', at most 63",
		[SCHEMA_LABEL] = "a name in quotes: letters, 0-9, '_' and '-', at most 63",
		[SCHEMA_PATH] = "a place like \"b3/u1/1204\"",
		[SCHEMA_TEXT] = "a text in quotes",
		[SCHEMA_BOOL] = "true or false",
		[SCHEMA_INT] = "a whole number",
		[SCHEMA_NUMBER] = "a number",
		[SCHEMA_DURATION] = "a duration with unit like \"90s\"",
		[SCHEMA_SIZE] = "a size with unit like \"64MB\"",
		[SCHEMA_IDS] = "a list of ids like ( \"a\", \"b\" )",
		[SCHEMA_GROUP] = "a group { … }",
		[SCHEMA_LIST] = "a list ( … )",
	};

	if (k->type == SCHEMA_DURATION || k->type == SCHEMA_SIZE || schema_range(k, buf)[0] == '\0')
		snprintf(buf, SCHEMA_EXPECTED_MAX, "%s", k->type == SCHEMA_ANY ? "a value" : plain[k->type]);
	return buf;
}

int schema_word_index(const struct schema_key *k, const char *word)
{
	size_t len = strlen(word);
	int index = 0;

	for (const char *w = k->range.words; *w; index++) {
		size_t one = strcspn(w, " ");

		if (one == len && memcmp(w, word, len) == 0)
			return index;
		w += one + (w[one] == ' ');
	}
	return -1;
}

#include "field/trouble.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "field/answer.h"

uint32_t trouble_pack(const struct trouble *t)
{
	return (uint32_t)t->kind << 25 | (uint32_t)t->others_answer << 24 | (uint32_t)t->unit << 16 | t->detail;
}

struct trouble trouble_unpack(uint32_t packed)
{
	return (struct trouble){ .kind = (enum trouble_kind)(packed >> 25),
				 .others_answer = packed >> 24 & 1,
				 .unit = (uint8_t)(packed >> 16),
				 .detail = (uint16_t)packed };
}

static const char *link_text(int error)
{
	switch (error) {
	case ENOENT: return "no such name or port";
	case ECONNRESET: return "the other side closes it at once";
	default: return strerrordesc_np(error);
	}
}

const char *trouble_text(const struct trouble *t, const char *name, char *buf, size_t size)
{
	char who[96];

	if (*name)
		snprintf(who, sizeof(who), "unit %u (%s)", t->unit, name);
	else
		snprintf(who, sizeof(who), "unit %u", t->unit);
	switch (t->kind) {
	case TROUBLE_NONE: snprintf(buf, size, "%s", ""); break;
	case TROUBLE_NO_LINK: snprintf(buf, size, "no connection: %s", link_text(t->detail)); break;
	case TROUBLE_SILENT: snprintf(buf, size, "no answer from %s", who); break;
	case TROUBLE_ALL_SILENT: snprintf(buf, size, "%s", "no unit answers"); break;
	case TROUBLE_LATE: snprintf(buf, size, "%s answers later than the timeout", who); break;
	case TROUBLE_GARBLED: snprintf(buf, size, "answers with a wrong CRC from %s", who); break;
	case TROUBLE_CONFUSED:
		snprintf(buf, size, "%s was asked and sent %s", who, answer_fault_text((enum answer_fault)t->detail));
		break;
	case TROUBLE_GATEWAY:
		snprintf(buf, size, "no way to %s: %s", who, frame_exception_text((uint8_t)t->detail));
		break;
	case TROUBLE_GARBAGE: snprintf(buf, size, "bytes that make no sense when %s was asked", who); break;
	case TROUBLE_FLOOD: snprintf(buf, size, "bytes without end when %s was asked", who); break;
	case TROUBLE_NO_CALL: snprintf(buf, size, "%s", "the modem has not dialled in"); break;
	}
	return buf;
}

static const char *no_link_advice(const struct trouble *t, const struct bus *bus)
{
	if (bus->type == BUS_DIAL_IN)
		return "check that the address is one of this box and its port is free";
	if (bus->type == BUS_RTU && t->detail == EOPNOTSUPP)
		return "this port's driver cannot turn an RS-485 line round: rs485 = \"adapter\"";
	if (t->detail == ECONNRESET)
		return "it may serve as many clients as it can: close another one, or see its settings";
	return bus->type == BUS_RTU ? "check the port's name, the adapter and its rights"
				    : "check the address, the port, the network cable and the device's power";
}

static const char *silent_advice(const struct trouble *t, const struct bus *bus)
{
	if (bus->type == BUS_RTU)
		return t->others_answer ? "check its power and A/B wires; other units answer"
					: "check its power, A/B wires and unit number";
	return t->others_answer ? "check its power, wires and unit number; other units answer"
				: "check its power, wires and unit number";
}

const char *trouble_advice(const struct trouble *t, const struct bus *bus)
{
	switch (t->kind) {
	case TROUBLE_NONE: return "";
	case TROUBLE_NO_LINK: return no_link_advice(t, bus);
	case TROUBLE_SILENT: return silent_advice(t, bus);
	case TROUBLE_ALL_SILENT:
		return bus->type == BUS_RTU ? "check the cable, A/B wires, speed and parity"
					    : "check the gateway's settings and what is behind it";
	case TROUBLE_LATE: return "raise the timeout of this bus";
	case TROUBLE_GARBLED: return "check wires, termination, speed and parity, and whether there is a second master";
	case TROUBLE_CONFUSED:
		if (t->detail == ANSWER_FAULT_TRANSACTION)
			return "if the gateway numbers its answers itself, give its devices tid = \"loose\"";
		return "check for a second device with the same number, or a second master";
	case TROUBLE_GATEWAY:
		return t->detail == FRAME_NO_PATH ? "check the gateway's routing of unit numbers"
						  : "check its power and wires behind the gateway";
	case TROUBLE_GARBAGE:
	case TROUBLE_FLOOD: return "check whether this really is a Modbus device with this framing";
	case TROUBLE_NO_CALL: return "check its power, SIM card, server address and registration packet";
	}
	return "";
}

#include "field/cause.h"

#include <errno.h>

#include "base/util.h"

static const struct cause_row {
	const char *name, *text;
} rows[CAUSES] = {
	[CAUSE_SILENT] = { "silent", "no answer in time: check power, A/B wires, unit number, speed and parity" },
	[CAUSE_LATE] = { "late", "an answer after its time: raise the timeout, or ask less often" },
	[CAUSE_CRC] = { "crc", "a wrong CRC: check wires, shield, termination, speed and parity" },
	[CAUSE_TRANSACTION] = { "transaction",
				"an answer with another transaction id: late, or a gateway that numbers its "
				"answers itself (tid = \"loose\")" },
	[CAUSE_PROTOCOL] = { "protocol", "a wrong protocol id: this is not Modbus TCP" },
	[CAUSE_UNIT] = { "unit",
			 "an answer of another unit: check for two devices with one number, or a second master" },
	[CAUSE_FUNCTION] = { "function", "an answer to another function: check for a second master" },
	[CAUSE_LENGTH] = { "length", "an answer of another length: the device takes shorter requests (max_registers)" },
	[CAUSE_HALF] = { "half", "half an answer: check the wires, or raise the timeout" },
	[CAUSE_GARBAGE] = { "garbage", "bytes that make no sense: check the framing, speed and parity" },
	[CAUSE_FLOOD] = { "flood", "bytes without end: something else talks on this line" },
	[CAUSE_ILLEGAL] = { "illegal", "the device does not have what was asked: check the profile" },
	[CAUSE_FAILURE] = { "failure", "the device says that it has failed" },
	[CAUSE_BUSY] = { "busy", "the device is busy: ask less often (period, min_interval)" },
	[CAUSE_NO_PATH] = { "no-path", "the gateway has no way to the unit: check its routing of unit numbers" },
	[CAUSE_NO_ANSWER] = { "no-answer", "the gateway got no answer from the unit: check its power and wires" },
	[CAUSE_LINK] = { "link", "the connection broke, or the adapter was unplugged" },
	[CAUSE_REFUSED] = { "refused", "the connection could not be made, or the port not be opened" },
	[CAUSE_NOISE] = { "noise", "a second reading did not confirm the first: check the wires and the sensor" },
	[CAUSE_SKIPPED] = { "skipped", "there was no time to ask: ask less often, raise the speed, or split the bus" },
};

enum cause cause_of_fault(enum answer_fault f)
{
	switch (f) {
	case ANSWER_FAULT_PROTOCOL: return CAUSE_PROTOCOL;
	case ANSWER_FAULT_TRANSACTION: return CAUSE_TRANSACTION;
	case ANSWER_FAULT_UNIT: return CAUSE_UNIT;
	case ANSWER_FAULT_FUNCTION: return CAUSE_FUNCTION;
	case ANSWER_FAULT_ECHO:
	case ANSWER_FAULT_LENGTH: return CAUSE_LENGTH;
	case ANSWER_FAULT_HALF: return CAUSE_HALF;
	case ANSWER_FAULT_NONE:
	case ANSWER_FAULT_UNASKED: break;
	}
	return CAUSE_SILENT;
}

static enum cause of_exception(uint8_t code)
{
	switch (code) {
	case FRAME_ILLEGAL_FUNCTION:
	case FRAME_ILLEGAL_ADDRESS:
	case FRAME_ILLEGAL_VALUE: return CAUSE_ILLEGAL;
	case FRAME_ACKNOWLEDGE:
	case FRAME_BUSY: return CAUSE_BUSY;
	case FRAME_NO_PATH: return CAUSE_NO_PATH;
	case FRAME_NO_ANSWER: return CAUSE_NO_ANSWER;
	default: return CAUSE_FAILURE;
	}
}

enum cause cause_of(const struct exchange_result *x)
{
	switch (x->end) {
	case EXCHANGE_REFUSED: return of_exception(x->frame.exception);
	case EXCHANGE_CORRUPT: return CAUSE_CRC;
	case EXCHANGE_BROKEN:
		if (x->error == -EOVERFLOW)
			return CAUSE_FLOOD;
		if (x->error == -EPROTO)
			return CAUSE_GARBAGE;
		return x->error == -ETIMEDOUT ? CAUSE_HALF : CAUSE_LINK;
	case EXCHANGE_SILENT:
	case EXCHANGE_ANSWERED:
	case EXCHANGE_ENDED: break;
	}
	return cause_of_fault(x->fault);
}

const char *cause_name(enum cause c)
{
	return (size_t)c < ARRAY_SIZE(rows) ? rows[c].name : "";
}

const char *cause_text(enum cause c)
{
	return (size_t)c < ARRAY_SIZE(rows) ? rows[c].text : "";
}

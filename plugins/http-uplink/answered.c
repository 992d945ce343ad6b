#include "http-uplink/answered.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static const struct {
	int status;
	enum answered meaning;
	const char *text;
} rows[] = {
	{ 401, ANSWERED_CLOSED, "it does not let this estate in: check the secrets and the clock" },
	{ 402, ANSWERED_CLOSED, "it wants to be paid" },
	{ 403, ANSWERED_CLOSED, "it does not let this estate in: check the secrets and the clock" },
	{ 404, ANSWERED_CLOSED, "there is nothing at this URL" },
	{ 405, ANSWERED_CLOSED, "nothing takes a POST at this URL" },
	{ 407, ANSWERED_CLOSED, "a proxy stands in between" },
	{ 408, ANSWERED_LATER, "it waited too long" },
	{ 410, ANSWERED_CLOSED, "there is nothing at this URL any more" },
	{ 415, ANSWERED_CLOSED, "it wants another format: see the option format" },
	{ 421, ANSWERED_CLOSED, "this URL is not its own" },
	{ 423, ANSWERED_LATER, "it is locked" },
	{ 425, ANSWERED_LATER, "it is too early" },
	{ 426, ANSWERED_CLOSED, "it wants another protocol" },
	{ 428, ANSWERED_CLOSED, "it wants a condition" },
	{ 429, ANSWERED_LATER, "it is sent too much" },
	{ 431, ANSWERED_CLOSED, "the headers are too long for it" },
	{ 511, ANSWERED_CLOSED, "the network wants a login" },
};

enum answered answered_status(int status)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].meaning;
	if (status >= 200 && status < 300)
		return ANSWERED_TAKEN;
	if (status >= 400 && status < 500)
		return ANSWERED_WRONG;
	return status >= 500 ? ANSWERED_LATER : ANSWERED_CLOSED;
}

const char *answered_text(int status)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return rows[i].text;
	if (status >= 300 && status < 400)
		return "it points to another URL: name that one";
	return status >= 500 ? "it cannot take anything now" : "it does not take what it is sent";
}

static int seq_of(const json_t *ack, const char *lane, int64_t *seq)
{
	const char *name = json_string_value(json_object_get(ack, "lane"));
	const json_t *value = json_object_get(ack, "seq");

	if (!name || strcmp(name, lane) != 0 || !json_is_integer(value) || json_integer_value(value) < 0)
		return -EINVAL;
	if (json_integer_value(value) > *seq)
		*seq = json_integer_value(value);
	return 0;
}

int answered_seq(const char *body, size_t len, const char *lane, int64_t *ret_seq)
{
	json_t *root = body ? json_loadb(body, len, 0, NULL) : NULL;
	int64_t seq = -1;
	json_t *ack;
	size_t i;

	if (json_is_object(root))
		seq_of(root, lane, &seq);
	json_array_foreach(root, i, ack) seq_of(ack, lane, &seq);
	json_decref(root);
	if (seq < 0)
		return -EINVAL;
	*ret_seq = seq;
	return 0;
}

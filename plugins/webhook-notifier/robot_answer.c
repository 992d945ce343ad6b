#include "webhook-notifier/robot_answer.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* What makers' numbers mean, and what to do. */
static const struct known {
	enum robot_dialect dialect;
	long long code;
	enum robot_answer answer;
	const char *hint;
} known[] = {
	{ ROBOT_WECOM, 45009, ROBOT_ANSWER_LIMITED, "too many messages in a minute" },
	{ ROBOT_WECOM, 45033, ROBOT_ANSWER_LIMITED, "too many messages at once" },
	{ ROBOT_WECOM, -1, ROBOT_ANSWER_REFUSED, "its system is busy" },
	{ ROBOT_WECOM, 93000, ROBOT_ANSWER_REFUSED, "there is no such robot: is the hook's key right?" },
	{ ROBOT_WECOM, 93017, ROBOT_ANSWER_REFUSED, "the robot was taken out of the group" },
	{ ROBOT_WECOM, 40058, ROBOT_ANSWER_REFUSED, "the text is too long" },
	{ ROBOT_DINGTALK, 130101, ROBOT_ANSWER_LIMITED, "too many messages in a minute: it stays shut for ten" },
	{ ROBOT_DINGTALK, 410100, ROBOT_ANSWER_LIMITED, "too many messages in a minute: it stays shut for ten" },
	{ ROBOT_DINGTALK, -1, ROBOT_ANSWER_REFUSED, "its system is busy" },
	{ ROBOT_DINGTALK, 300001, ROBOT_ANSWER_REFUSED, "there is no such robot: is the hook's key right?" },
	{ ROBOT_DINGTALK, 300005, ROBOT_ANSWER_REFUSED, "there is no such robot: is the hook's key right?" },
	{ ROBOT_DINGTALK, 310000, ROBOT_ANSWER_REFUSED,
	  "its security settings refuse it: the secret, the box's clock (an hour at most), the keyword (option "
	  "'prefix') or the address" },
	{ ROBOT_FEISHU, 11232, ROBOT_ANSWER_LIMITED, "too many messages" },
	{ ROBOT_FEISHU, 19001, ROBOT_ANSWER_REFUSED, "there is no such robot: is the hook's key right?" },
	{ ROBOT_FEISHU, 19021, ROBOT_ANSWER_REFUSED,
	  "the signature does not fit: the secret, or the box's clock (an hour at most)" },
	{ ROBOT_FEISHU, 19022, ROBOT_ANSWER_REFUSED, "the box's address is not on the robot's list" },
	{ ROBOT_FEISHU, 19024, ROBOT_ANSWER_REFUSED, "the robot's keyword is missing: option 'prefix'" },
};

/* What a maker writes, in one line. */
static int put_line(char *out, size_t room, const char *text)
{
	size_t len = 0;

	for (; text && text[len] && len + 1 < room; len++)
		out[len] = (unsigned char)text[len] < ' ' || text[len] == 0x7f ? ' ' : text[len];
	out[len] = '\0';
	return (int)len;
}

static const struct known *find_known(enum robot_dialect dialect, long long code)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].dialect == dialect && known[i].code == code)
			return &known[i];
	return NULL;
}

/* Its number, where the answer has one. Feishu had another name for it before, and sends both. */
static const json_t *code_of(enum robot_dialect dialect, const json_t *root)
{
	const json_t *code;

	if (dialect != ROBOT_FEISHU)
		return json_object_get(root, "errcode");
	code = json_object_get(root, "code");
	return code ? code : json_object_get(root, "StatusCode");
}

static enum robot_answer read_maker(enum robot_dialect dialect, const json_t *root, char why[static ROBOT_ANSWER_WHY])
{
	const json_t *code = code_of(dialect, root);
	const char *text = json_string_value(json_object_get(root, dialect == ROBOT_FEISHU ? "msg" : "errmsg"));
	const struct known *found;
	char said[120];

	if (!json_is_integer(code)) {
		snprintf(why, ROBOT_ANSWER_WHY, "%s does not answer as it does: is the URL right?",
			 robot_name(dialect));
		return ROBOT_ANSWER_REFUSED;
	}
	if (json_integer_value(code) == 0)
		return ROBOT_ANSWER_TAKEN;
	found = find_known(dialect, json_integer_value(code));
	put_line(said, sizeof(said), text);
	snprintf(why, ROBOT_ANSWER_WHY, "%s refuses it: %s%s%s (%lld)", robot_name(dialect), found ? found->hint : "",
		 found && *said ? "; " : "", said, (long long)json_integer_value(code));
	if (found)
		return found->answer;
	return strcasestr(said, "too many") || strcasestr(said, "too fast") ? ROBOT_ANSWER_LIMITED
									    : ROBOT_ANSWER_REFUSED;
}

/* A receiver of one's own may say in its answer that nobody was told. */
static enum robot_answer read_json(const json_t *root, char why[static ROBOT_ANSWER_WHY])
{
	char said[200];

	if (!json_is_false(json_object_get(root, "ok")))
		return ROBOT_ANSWER_TAKEN;
	put_line(said, sizeof(said), json_string_value(json_object_get(root, "text")));
	snprintf(why, ROBOT_ANSWER_WHY, "the web hook refuses it: %s", *said ? said : "it does not say why");
	return ROBOT_ANSWER_REFUSED;
}

enum robot_answer robot_answer_read(enum robot_dialect dialect, const struct robot_answer_http *answer,
				    char ret_why[static ROBOT_ANSWER_WHY])
{
	enum robot_answer meaning;
	json_t *root;

	ret_why[0] = '\0';
	if (answer->status == 429) {
		snprintf(ret_why, ROBOT_ANSWER_WHY, "%s answers 429: too many messages", robot_name(dialect));
		return ROBOT_ANSWER_LIMITED;
	}
	root = answer->body ? json_loadb(answer->body, answer->len, 0, NULL) : NULL;
	if (dialect != ROBOT_JSON && code_of(dialect, root)) {
		meaning = read_maker(dialect, root, ret_why); /* some say it with another status, too */
		if (meaning == ROBOT_ANSWER_TAKEN && (answer->status < 200 || answer->status > 299))
			meaning = ROBOT_ANSWER_REFUSED;
	} else if (answer->status < 200 || answer->status > 299) {
		meaning = ROBOT_ANSWER_REFUSED;
	} else {
		meaning = dialect == ROBOT_JSON ? read_json(root, ret_why) : read_maker(dialect, root, ret_why);
	}
	if (meaning != ROBOT_ANSWER_TAKEN && !ret_why[0])
		snprintf(ret_why, ROBOT_ANSWER_WHY, "%s answers %d", robot_name(dialect), answer->status);
	json_decref(root);
	return meaning;
}

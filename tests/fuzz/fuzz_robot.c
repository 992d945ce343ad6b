/* fuzz_robot.c: plugins/webhook-notifier/robot.c and robot_answer.c: what the makers of group robots answer, and what they are
 * sent:
 *
 * - only a 2xx is "taken", of makers only one with the whole number 0; what is not taken has a reason of one printable line;
 * - a hook is a whole URL and stands there as it is, or a key and stands behind the base; else it is refused;
 * - a body is one line of JSON; of plain text nothing is lost; no text marks up or calls anybody.
 *
 * Input: a line "DIALECT STATUS FORMAT PRIORITY" of digits, a line with the hook, the rest: the answer, and the text. */
#include "fuzz.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "webhook-notifier/robot_answer.h"

static const char *const codes[] = { "errcode", "errcode", "code" };

static void check_answer(enum robot_dialect dialect, int status, struct fuzz_bytes body)
{
	char *text = fuzz_text(body), why[ROBOT_ANSWER_WHY];
	struct robot_answer_http answer = { status, text, strlen(text) };
	enum robot_answer meaning = robot_answer_read(dialect, &answer, why);
	json_t *root = json_loadb(text, strlen(text), 0, NULL), *code;

	FUZZ_CLAIM((meaning == ROBOT_ANSWER_TAKEN) == (why[0] == '\0'));
	FUZZ_CLAIM(strlen(why) < ROBOT_ANSWER_WHY);
	for (const char *c = why; *c; c++)
		FUZZ_CLAIM((unsigned char)*c >= ' ' && *c != 0x7f);
	FUZZ_CLAIM(meaning != ROBOT_ANSWER_TAKEN || (status >= 200 && status < 300));
	if (meaning == ROBOT_ANSWER_TAKEN && dialect != ROBOT_JSON) {
		code = json_object_get(root, codes[dialect]);
		if (!code && dialect == ROBOT_FEISHU)
			code = json_object_get(root, "StatusCode");
		FUZZ_CLAIM(json_is_integer(code) && json_integer_value(code) == 0);
	}
	json_decref(root);
	free(text);
}

static void check_url(enum robot_dialect dialect, const char *hook)
{
	const char *base = "https://h/p";
	struct robot_secret secret = { .hook = hook };
	char *url = NULL;
	int r = robot_url(dialect, base, &secret, &url);

	if (r < 0) {
		FUZZ_CLAIM(r == -EINVAL && !url);
		return;
	}
	FUZZ_CLAIM(strcmp(url, hook) == 0 ||
		   (strncmp(url, base, strlen(base)) == 0 && strcmp(url + strlen(url) - strlen(hook), hook) == 0 &&
		    !strpbrk(hook, "/?&#%: \t\r\n")));
	free(url);
}

static void check_plain(enum robot_dialect dialect, const json_t *body, const char *text)
{
	const char *said =
		json_string_value(json_object_get(json_object_get(body, dialect == ROBOT_FEISHU ? "content" : "text"),
						  dialect == ROBOT_FEISHU ? "text" : "content"));

	FUZZ_CLAIM(said);
	if (dialect == ROBOT_FEISHU)
		FUZZ_CLAIM(!strpbrk(said, "<>"));
	else
		FUZZ_CLAIM(strcmp(said, text) == 0);
}

static void check_body(enum robot_dialect dialect, const struct robot_message *m)
{
	char *line = robot_body(dialect, m, &(struct robot_secret){ .hook = NULL });
	json_t *body = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	FUZZ_CLAIM(json_is_object(body) && !strpbrk(line, "\n\r"));
	if (dialect == ROBOT_JSON)
		FUZZ_CLAIM(strcmp(json_string_value(json_object_get(body, "text")), m->text) == 0);
	else if (m->format == ROBOT_TEXT)
		check_plain(dialect, body, m->text);
	json_decref(body);
	free(line);
}

static int digit(const char *line, size_t at)
{
	return strlen(line) > at && line[at] >= '0' && line[at] <= '9' ? line[at] - '0' : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *line = fuzz_text(fuzz_line(&in)), *hook = fuzz_text(fuzz_line(&in)), *text = fuzz_text(in);
	enum robot_dialect dialect = (enum robot_dialect)(digit(line, 0) % 4);
	json_t *valid = json_string(text);

	check_answer(dialect, strlen(line) > 2 ? atoi(line + 2) % 1000 : 0, in);
	check_url(dialect, hook);
	if (valid) /* all texts come out of JSON */
		check_body(dialect,
			   &(struct robot_message){ .text = text,
						    .priority = digit(line, 8),
						    .format = digit(line, 6) % 2 ? ROBOT_MARKDOWN : ROBOT_TEXT });
	json_decref(valid);
	free(line);
	free(hook);
	free(text);
	return 0;
}

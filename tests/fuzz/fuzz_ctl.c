/* fuzz_ctl.c: estatectl's commands, whatever the daemon answers: they end with one of their exits; JSON goes out as it came;
 * CSV has as many fields in each row as in its head; what a person reads has nothing in it that steers the terminal.
 *
 * Input: the command line; then answers, one after the other, each ended by a byte 0x1e: a line with the status, or with
 * "gone", "busy", "denied" or "late"; then the body, or the bytes of the stream. ctl/talk.c is left out: what it hands on is
 * made here. */
#include "fuzz.h"

#include <errno.h>

#include "ctl/command.h"

#define ANSWER_END 0x1e
#define ARGV_MAX   12

/* ---- the daemon ---- */

struct talk {
	struct fuzz_bytes left;
};
static struct talk daemon_talk;

struct talk *talk_new(const char *socket_path)
{
	(void)socket_path;
	return &daemon_talk;
}

void talk_free(struct talk *t)
{
	FUZZ_CLAIM(t == &daemon_talk);
}

void talk_limit(struct talk *t, long limit_ms)
{
	(void)t;
	FUZZ_CLAIM(limit_ms > 0);
}

const char *talk_error(const struct talk *t)
{
	(void)t;
	return "it is made here";
}

const char *talk_socket(const struct talk *t)
{
	(void)t;
	return "/api.sock";
}

void talk_escape(struct str_buf *to, const char *text)
{
	for (; *text; text++)
		str_buf_printf(to, "%%%02X", (unsigned char)*text);
}

void talk_query(struct str_buf *path, const char *name, const char *value)
{
	if (!value)
		return;
	str_buf_printf(path, "%c%s=", strchr(str_buf_text(path), '?') ? '&' : '?', name);
	talk_escape(path, value);
}

/* The next answer; its body has no byte of room behind it. */
static int next(struct talk *t, struct talk_answer *ret_answer)
{
	static const struct {
		const char *word;
		int error;
	} errors[] = { { "gone", -ENOTCONN }, { "busy", -EBUSY }, { "denied", -EACCES }, { "late", -ETIMEDOUT } };
	const uint8_t *end = t->left.left ? memchr(t->left.at, ANSWER_END, t->left.left) : NULL;
	struct fuzz_bytes part = fuzz_part(&t->left, end ? (size_t)(end - t->left.at) : t->left.left);
	char *status = fuzz_text(fuzz_line(&part));
	int64_t number = 0;
	int r = str_to_i64(status, &number) == 0 ? 0 : -EIO;

	fuzz_u8(&t->left);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (strcmp(errors[i].word, status) == 0)
			r = errors[i].error;
	free(status);
	if (r < 0)
		return r;
	*ret_answer = (struct talk_answer){ .status = (long)number };
	if (part.left)
		str_buf_add_len(&ret_answer->body, (const char *)part.at, part.left);
	return 0;
}

int talk_get(struct talk *t, const char *path, struct talk_answer *ret_answer)
{
	FUZZ_CLAIM(path[0] == '/' && !strpbrk(path, " \r\n"));
	return next(t, ret_answer);
}

int talk_post(struct talk *t, const char *path, const char *json, struct talk_answer *ret_answer)
{
	json_t *body = json_loads(json, 0, NULL);

	FUZZ_CLAIM(path[0] == '/' && json_is_object(body));
	json_decref(body);
	return next(t, ret_answer);
}

/* A stream is given in pieces of 7 bytes, and is then gone for good. */
int talk_follow(struct talk *t, const char *path, const struct talk_follower *f, struct talk_answer *ret_answer)
{
	struct talk_answer answer = { 0 };
	int r = next(t, &answer);

	FUZZ_CLAIM(path[0] == '/');
	if (r == 0 && answer.status != 200) {
		*ret_answer = answer;
		return -EPROTO;
	}
	for (size_t at = 0; r == 0 && at < answer.body.len; at += 7)
		r = f->bytes(f->context, answer.body.text + at, MIN(answer.body.len - at, (size_t)7));
	if (r == 0 && f->tick)
		r = f->tick(f->context);
	str_buf_fini(&answer.body);
	return r == 0 || r == -ENOTCONN ? -EIO : r; /* to come back would take time */
}

/* ---- what is claimed ---- */

static bool steers(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if ((*c < 0x20 && *c != '\n') || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return true;
	return false;
}

/* Fields of the row at *at (RFC 4180), which moves behind it. */
static size_t csv_fields(const char **at)
{
	size_t fields = 1;
	bool quoted = false;

	for (; **at && (quoted || **at != '\n'); (*at)++) {
		if (**at == '"')
			quoted = !quoted;
		fields += !quoted && **at == ',';
	}
	FUZZ_CLAIM(!quoted && **at == '\n');
	(*at)++;
	return fields;
}

static void check_csv(const char *text)
{
	size_t head = *text ? csv_fields(&text) : 0;

	while (*text)
		FUZZ_CLAIM(csv_fields(&text) == head);
}

/* ---- the commands ---- */

/* Those that only ask the daemon; the others start programs. */
static bool is_asking(const char *name)
{
	static const char *const names[] = {
		"status", "buses",     "devices", "points",    "show",        "watch",         "alarms",
		"ack",    "close",     "plugins", "outbox",    "config diff", "config reload", "config confirm",
		"clock",  "clock set", "wait",    "log-level", "why",         "sheet",         "bus record"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Words of the line, by blanks; returns how many. */
static int split(char *line, char *argv[ARGV_MAX])
{
	int argc = 1;

	argv[0] = line; /* the program's own name is not looked at */
	for (char *word = strtok(line, " "); word && argc < ARGV_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	return argc;
}

static bool prepare(struct ctl *c, int argc, char *argv[], const struct command **ret_command)
{
	struct str_buf problem _cleanup_str_buf_ = { 0 };
	const char *format;

	if (args_parse(argc, argv, &c->args, &problem) < 0) {
		FUZZ_CLAIM(problem.len > 0);
		return false;
	}
	format = c->args.values[ARGS_FORMAT];
	c->out.writer = format ? out_find_writer(format) : &out_text_writer;
	c->out.legend = c->args.values[ARGS_LEGEND] != NULL;
	if (c->args.values[ARGS_FOR])
		c->args.values[ARGS_FOR] = "1ms";
	c->args.values[ARGS_OUT] = NULL; /* no files */
	*ret_command = c->out.writer ? command_find(&c->args) : NULL;
	if (!*ret_command || !is_asking((*ret_command)->name) || !command_takes(*ret_command, &c->args))
		return false;
	/* Without a limit it would wait for half a minute. */
	return strcmp((*ret_command)->name, "wait") != 0 || c->args.values[ARGS_FOR];
}

static void check_output(const struct ctl *c, const char *text)
{
	if (c->out.writer == &out_text_writer)
		FUZZ_CLAIM(!steers(text));
	else if (c->out.writer == &out_csv_writer)
		check_csv(text);
}

static void run(struct ctl *c, int argc, char *argv[])
{
	FILE *said = stderr, *nowhere = fopen("/dev/null", "we");
	const struct command *command;
	char *text = NULL;
	size_t len;
	int exit = -1;

	FUZZ_CLAIM(nowhere);
	c->out.to = open_memstream(&text, &len);
	c->talk = &daemon_talk;
	stderr = nowhere;
	if (prepare(c, argc, argv, &command))
		exit = (int)command->run(c);
	stderr = said;
	fclose(c->out.to);
	fclose(nowhere);
	if (exit >= 0) {
		FUZZ_CLAIM(exit <= CTL_IN_ALARM);
		check_output(c, text);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *line = fuzz_text(fuzz_line(&in)), *argv[ARGV_MAX];
	struct ctl c = { .out = { .language = size & 1 ? WORDS_ZH : WORDS_EN } };

	daemon_talk.left = in;
	run(&c, split(line, argv), argv);
	free(line);
	return 0;
}

#include "webhook-notifier/robot.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"

#define TITLE_MAX   ((size_t)96) /* bytes */
#define MAC_TEXT    64
#define TEN_MINUTES (600 * SDK_CLOCK_S)

/* ---- signatures ---- */

/* HMAC-SHA256 as base64. */
static void mac(const char *key, const char *text, char ret_mac[static MAC_TEXT])
{
	unsigned char bytes[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key, strlen(key));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
	crypto_auth_hmacsha256_final(&state, bytes);
	sodium_bin2base64(ret_mac, MAC_TEXT, bytes, sizeof(bytes), sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(&state, sizeof(state));
}

/* What is signed: the time, a newline, the secret. The caller wipes and frees. */
static char *stamped(int64_t time, const char *secret)
{
	char *text;

	if (asprintf(&text, "%lld\n%s", (long long)time, secret) < 0)
		abort();
	return text;
}

static void forget(char *text)
{
	explicit_bzero(text, strlen(text));
	free(text);
}

/* "&timestamp=…&sign=…": milliseconds; the secret is the key, and stands in the text. */
static void sign_url(FILE *out, const struct robot_secret *s)
{
	int64_t ms = s->wall_us / SDK_CLOCK_MS;
	char *text = stamped(ms, s->bytes), sign[MAC_TEXT];

	mac(s->bytes, text, sign);
	forget(text);
	fprintf(out, "&timestamp=%lld&sign=", (long long)ms);
	for (const char *c = sign; *c; c++)
		fprintf(out, *c == '+' || *c == '/' || *c == '=' ? "%%%02X" : "%c", *c);
}

/* Seconds; time and secret are the key, and the text is empty. */
static void sign_body(json_t *body, const struct robot_secret *s)
{
	char *key = stamped(s->wall_us / SDK_CLOCK_S, s->bytes), sign[MAC_TEXT], time[32];

	mac(key, "", sign);
	forget(key);
	snprintf(time, sizeof(time), "%lld", (long long)(s->wall_us / SDK_CLOCK_S));
	json_object_set_new(body, "timestamp", json_string(time));
	json_object_set_new(body, "sign", json_string(sign));
}

/* ---- who is called by name ---- */

enum called { CALLED_ALL, CALLED_MOBILE, CALLED_ID };

static enum called called_as(const char *who)
{
	const char *digits = who[0] == '+' ? who + 1 : who;

	if (strcmp(who, "all") == 0)
		return CALLED_ALL;
	return strlen(digits) >= 7 && !digits[strspn(digits, "0123456789")] ? CALLED_MOBILE : CALLED_ID;
}

/* The n-th one, or NULL: there are no more. What is no text is passed over as "". */
static const char *called_at(const json_t *mention, size_t n)
{
	const char *who = n == 0 && json_is_string(mention) ? json_string_value(mention) : NULL;

	if (json_is_array(mention) && n < json_array_size(mention)) {
		who = json_string_value(json_array_get(mention, n));
		return who ? who : "";
	}
	return who;
}

static json_t *called_list(const json_t *mention, enum called as)
{
	json_t *list = json_array();
	const char *who;

	for (size_t i = 0; (who = called_at(mention, i)); i++)
		if (*who && called_as(who) == as)
			json_array_append_new(list, json_string(who));
	return list;
}

static bool called_all(const json_t *mention)
{
	const char *who;

	for (size_t i = 0; (who = called_at(mention, i)); i++)
		if (called_as(who) == CALLED_ALL)
			return true;
	return false;
}

/* ---- texts ---- */

/* What a device or a place is called must not call people or colour a text: '<' and '>' become their wide forms. */
static void write_plain(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '<' || text[i] == '>')
			fputs(text[i] == '<' ? "＜" : "＞", out);
		else
			fputc(text[i], out);
}

struct text {
	FILE *out;
	char *data;
	size_t len;
};

static void text_begin(struct text *t)
{
	t->out = open_memstream(&t->data, &t->len);
	if (!t->out)
		abort();
}

static json_t *text_end(struct text *t)
{
	json_t *value;

	if (fclose(t->out) != 0)
		abort();
	value = json_stringn(t->data, t->len);
	free(t->data);
	return value ? value : json_string("");
}

/* The first line, cut between characters. */
static size_t title_len(const char *text)
{
	size_t len = strcspn(text, "\n");

	if (len > TITLE_MAX)
		for (len = TITLE_MAX; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
			;
	return len;
}

static json_t *plain(const char *text, size_t len)
{
	struct text t;

	text_begin(&t);
	write_plain(t.out, text, len);
	return text_end(&t);
}

/* The first line strong, each further one a line of its own. */
static json_t *markdown(const struct robot_message *m, const char *before, const char *after, const char *newline)
{
	struct text t;
	const char *line = m->text;

	text_begin(&t);
	for (int i = 0; line; i++) {
		size_t len = strcspn(line, "\n");

		fputs(i ? newline : before, t.out);
		write_plain(t.out, line, len);
		fputs(i ? "" : after, t.out);
		line = line[len] ? line + len + 1 : NULL;
	}
	return text_end(&t);
}

/* ---- WeCom ---- */

static json_t *wecom_text(const struct robot_message *m)
{
	json_t *ids = called_list(m->mention, CALLED_ID), *mobiles = called_list(m->mention, CALLED_MOBILE), *text;

	text = json_pack("{s:s}", "content", m->text);
	if (called_all(m->mention))
		json_array_append_new(ids, json_string("@all"));
	if (json_array_size(ids))
		json_object_set(text, "mentioned_list", ids);
	if (json_array_size(mobiles))
		json_object_set(text, "mentioned_mobile_list", mobiles);
	json_decref(ids);
	json_decref(mobiles);
	return json_pack("{s:s,s:o}", "msgtype", "text", "text", text);
}

static json_t *wecom_body(const struct robot_message *m)
{
	const char *before = m->priority <= 2 ? "<font color=\"warning\">" : "<font color=\"info\">";

	if (m->format == ROBOT_TEXT)
		return wecom_text(m);
	return json_pack("{s:s,s:{s:o}}", "msgtype", "markdown", "markdown", "content",
			 markdown(m, before, "</font>", "\n"));
}

/* ---- DingTalk ---- */

static json_t *dingtalk_body(const struct robot_message *m)
{
	json_t *at = json_pack("{s:o,s:o,s:b}", "atMobiles", called_list(m->mention, CALLED_MOBILE), "atUserIds",
			       called_list(m->mention, CALLED_ID), "isAtAll", called_all(m->mention));

	if (m->format == ROBOT_TEXT)
		return json_pack("{s:s,s:{s:s},s:o}", "msgtype", "text", "text", "content", m->text, "at", at);
	return json_pack("{s:s,s:{s:o,s:o},s:o}", "msgtype", "markdown", "markdown", "title",
			 plain(m->text, title_len(m->text)), "text", markdown(m, "### ", "", "\n\n"), "at", at);
}

/* ---- Feishu ---- */

/* Calls stand in the text itself, as it marks them up; mobile numbers it cannot call. */
static json_t *feishu_text(const struct robot_message *m)
{
	struct text t;
	const char *who;

	text_begin(&t);
	write_plain(t.out, m->text, strlen(m->text));
	for (size_t i = 0; (who = called_at(m->mention, i)); i++)
		if (*who && called_as(who) != CALLED_MOBILE && !strpbrk(who, "\"<>&"))
			fprintf(t.out, " <at user_id=\"%s\"></at>", who);
	return json_pack("{s:s,s:{s:o}}", "msg_type", "text", "content", "text", text_end(&t));
}

static json_t *feishu_body(const struct robot_message *m)
{
	static const char *const colours[] = { "red", "orange", "yellow", "blue" };
	int priority = m->priority < 1 ? 1 : m->priority > 4 ? 4 : m->priority;
	size_t title = title_len(m->text);
	const char *rest = m->text + title + (m->text[title] == '\n');

	if (m->format == ROBOT_TEXT)
		return feishu_text(m);
	return json_pack("{s:s,s:{s:{s:{s:s,s:o},s:s},s:[{s:s,s:{s:s,s:o}}]}}", "msg_type", "interactive", "card",
			 "header", "title", "tag", "plain_text", "content", plain(m->text, title), "template",
			 colours[priority - 1], "elements", "tag", "div", "text", "tag", "lark_md", "content",
			 plain(*rest ? rest : m->text, strlen(*rest ? rest : m->text)));
}

/* ---- plain JSON ---- */

static json_t *json_body(const struct robot_message *m)
{
	static const char *const members[] = { "id", "contact", "step", "alarm", "others", "told", "clear", "test" };
	json_t *body = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_object_set(body, members[i], json_object_get(m->notify, members[i]));
	json_object_set_new(body, "text", json_string(m->text));
	return body;
}

/* ---- the table ---- */

static const struct row {
	const char *name, *base, *before_key; /* the URL is base, before_key, key */
	struct robot_limits text, markdown;
	json_t *(*body)(const struct robot_message *m);
	void (*sign_url)(FILE *out, const struct robot_secret *s);
	void (*sign_body)(json_t *body, const struct robot_secret *s);
} rows[] = {
	[ROBOT_WECOM] = { "WeCom",
			  "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
			  "?key=",
			  { .per_minute = 20, .text_max = 2048, .merges = true },
			  { .per_minute = 20, .text_max = 3800, .merges = true },
			  wecom_body,
			  NULL,
			  NULL },
	[ROBOT_DINGTALK] = { "DingTalk",
			     "https://oapi.dingtalk.com/robot/send",
			     "?access_token=",
			     { .per_minute = 20, .text_max = 12000, .merges = true, .shut_us = TEN_MINUTES },
			     { .per_minute = 20, .text_max = 12000, .merges = true, .shut_us = TEN_MINUTES },
			     dingtalk_body,
			     sign_url,
			     NULL },
	[ROBOT_FEISHU] = { "Feishu",
			   "https://open.feishu.cn/open-apis/bot/v2/hook",
			   "/",
			   { .per_minute = 100, .per_second = 5, .text_max = 12000, .merges = true },
			   { .per_minute = 100, .per_second = 5, .text_max = 12000, .merges = true },
			   feishu_body,
			   NULL,
			   sign_body },
	[ROBOT_JSON] = { "the web hook", NULL, NULL, { .merges = false }, { .merges = false }, json_body, NULL, NULL },
};

struct robot_limits robot_limits(enum robot_dialect dialect, enum robot_format format)
{
	return format == ROBOT_TEXT ? rows[dialect].text : rows[dialect].markdown;
}

const char *robot_name(enum robot_dialect dialect)
{
	return rows[dialect].name;
}

const char *robot_base(enum robot_dialect dialect)
{
	return rows[dialect].base;
}

static bool is_key(const char *key)
{
	return *key && !key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")];
}

int robot_url(enum robot_dialect dialect, const char *base, const struct robot_secret *s, char **ret_url)
{
	const struct row *row = &rows[dialect];
	bool whole = s->hook && (strncmp(s->hook, "https://", 8) == 0 || strncmp(s->hook, "http://", 7) == 0);
	size_t len = 0;
	FILE *out;

	if (s->hook ? !whole && (!row->before_key || !is_key(s->hook)) : !base)
		return -EINVAL;
	out = open_memstream(ret_url, &len);
	if (!out)
		abort();
	if (!s->hook || whole)
		fputs(whole ? s->hook : base, out);
	else
		fprintf(out, "%s%s%s", base ? base : row->base, row->before_key, s->hook);
	if (s->bytes && row->sign_url)
		row->sign_url(out, s);
	if (fclose(out) != 0)
		abort();
	return 0;
}

char *robot_body(enum robot_dialect dialect, const struct robot_message *message, const struct robot_secret *s)
{
	const struct row *row = &rows[dialect];
	json_t *body = row->body(message);
	char *text;

	if (s->bytes && row->sign_body)
		row->sign_body(body, s);
	text = json_dumps(body, JSON_COMPACT);
	if (!text)
		abort();
	json_decref(body);
	return text;
}

#include "api_bench.h"

#include "unit.h"

#include <string.h>

void api_bench_open(struct api_bench *b, const struct api_limits *limits)
{
	*b = (struct api_bench){ 0 };
	fake_start(&b->daemon, limits);
	b->talk = talk_new(b->daemon.socket_path);
}

void api_bench_open_large(struct api_bench *b, size_t devices)
{
	*b = (struct api_bench){ 0 };
	fake_start_large(&b->daemon, devices);
	b->talk = talk_new(b->daemon.socket_path);
}

void api_bench_fini(struct api_bench *b)
{
	json_decref(b->answer);
	free(b->body);
	talk_free(b->talk);
	fake_stop(&b->daemon);
}

static void keep(struct api_bench *b, struct talk_answer *answer)
{
	json_decref(b->answer);
	free(b->body);
	b->status = answer->status;
	b->body = str_buf_take(&answer->body);
	b->answer = json_loads(b->body, 0, NULL);
}

void api_bench_get(struct api_bench *b, const char *path)
{
	struct talk_answer answer;

	assert_int_equal(talk_get(b->talk, path, &answer), 0);
	keep(b, &answer);
}

void api_bench_post(struct api_bench *b, const char *path, const char *body)
{
	struct talk_answer answer;

	assert_int_equal(talk_post(b->talk, path, body, &answer), 0);
	keep(b, &answer);
}

const char *api_bench_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "(none)";
}

static const char *error_text(const struct api_bench *b)
{
	return api_bench_text(json_object_get(b->answer, "error"), "text");
}

void api_bench_assert_error(const struct api_bench *b, int status, const char *part)
{
	const json_t *error = json_object_get(b->answer, "error");

	assert_int_equal(b->status, status);
	assert_int_equal(json_integer_value(json_object_get(error, "status")), status);
	if (!strstr(error_text(b), part))
		fail_msg("'%s' is not in '%s'", part, error_text(b));
}

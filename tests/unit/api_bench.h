/* api_bench.h: a fake daemon and a client that asks it, for the tests of the API. */
#pragma once

#include "ctl/talk.h"
#include "fake_daemon.h"

struct api_bench {
	struct fake_daemon daemon;
	struct talk *talk;
	long status;
	json_t *answer; /* of the last request */
	char *body;
};

void api_bench_open(struct api_bench *b, const struct api_limits *limits);
void api_bench_open_large(struct api_bench *b, size_t devices);
void api_bench_fini(struct api_bench *b);
void api_bench_get(struct api_bench *b, const char *path);
void api_bench_post(struct api_bench *b, const char *path, const char *body);
/* The last answer is this error, and its text has that part. */
void api_bench_assert_error(const struct api_bench *b, int status, const char *part);
const char *api_bench_text(const json_t *object, const char *key); /* "(none)" where it is no text */

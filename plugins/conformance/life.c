#include "conformance/life.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_line.h"
#include "sdk/sdk_loop.h"

#define OUT_LIMIT    ((size_t)8 * 1024 * 1024)
#define MESSAGES_MAX 100000

struct life {
	struct judge *judge;
	struct sdk_loop *loop;
	pid_t pid;
	struct sdk_line_in from;
	struct sdk_line_out to;
	struct sdk_watch in, out, end; /* its stdin, its stdout, its process */
	struct sdk_timer limit;
	bool closing, ended, timed_out;
	int status;
	json_t *messages;
	size_t taken;
};

static void take_lines(struct life *l)
{
	char *line;
	size_t len;

	while (sdk_line_next(&l->from, &line, &len)) {
		json_t *message = judge_line(l->judge, line, len);

		if (message && !mistake_is_there(&l->judge->mistake) && json_array_size(l->messages) < MESSAGES_MAX)
			json_array_append(l->messages, message);
		json_decref(message);
	}
	if (l->from.too_long)
		mistake_note(&l->judge->mistake, "line-too-long", "a line of more than %zu bytes", SDK_LINE_MAX);
}

static int read_some(struct life *l)
{
	int n = sdk_line_read(&l->from, l->out.fd);

	if (n > 0)
		take_lines(l);
	return n;
}

static void said(struct sdk_watch *w, short revents)
{
	struct life *l = w->user;
	int n = read_some(l);

	(void)revents;
	if (n == 0 || (n < 0 && n != -EAGAIN))
		sdk_loop_unwatch(l->loop, w);
	sdk_loop_quit(l->loop);
}

static void hears(struct sdk_watch *w, short revents)
{
	struct life *l = w->user;

	if (revents & (POLLERR | POLLNVAL) || sdk_line_flush(&l->to, w->fd) != -EAGAIN)
		w->events = 0;
	if (revents & (POLLERR | POLLNVAL))
		sdk_loop_unwatch(l->loop, w); /* it reads no more */
	if (w->events == 0 && l->closing)
		life_close_input(l);
}

static void has_ended(struct sdk_watch *w, short revents)
{
	struct life *l = w->user;

	(void)revents;
	l->ended = waitpid(l->pid, &l->status, 0) == l->pid;
	sdk_loop_unwatch(l->loop, w);
	while (read_some(l) > 0) /* what it said before; whoever else holds the pipe is not waited for */
		;
	if (l->from.end > l->from.start)
		mistake_note(&l->judge->mistake, "torn-line", "its last line has no end");
	sdk_loop_quit(l->loop);
}

static void limit_due(struct sdk_timer *t)
{
	struct life *l = t->user;

	l->timed_out = true;
	sdk_loop_quit(l->loop);
}

static _Noreturn void child(const struct life_setup *s, const int in[2], const int out[2])
{
	int null = open("/dev/null", O_WRONLY);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	if (s->quiet)
		dup2(null, STDERR_FILENO);
	signal(SIGPIPE, SIG_DFL);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	execl(s->program, s->program, s->argument, (char *)NULL);
	_exit(127);
}

struct life *life_start(const struct life_setup *s)
{
	struct life *l = calloc(1, sizeof(*l));
	int in[2], out[2];

	if (!l || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		abort();
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	l->pid = fork();
	if (l->pid < 0)
		abort();
	if (l->pid == 0)
		child(s, in, out);
	setpgid(l->pid, l->pid);
	close(in[0]);
	close(out[1]);
	l->judge = s->judge;
	l->loop = sdk_loop_new();
	l->messages = json_array();
	sdk_line_in_init(&l->from);
	sdk_line_out_init(&l->to, OUT_LIMIT);
	l->in = (struct sdk_watch){ in[1], 0, hears, l };
	l->out = (struct sdk_watch){ out[0], POLLIN, said, l };
	l->end = (struct sdk_watch){ (int)syscall(SYS_pidfd_open, l->pid, 0), POLLIN, has_ended, l };
	l->limit = (struct sdk_timer){ .due = limit_due, .user = l };
	sdk_loop_watch(l->loop, &l->in);
	sdk_loop_watch(l->loop, &l->out);
	sdk_loop_watch(l->loop, &l->end);
	return l;
}

void life_free(struct life *l)
{
	if (!l)
		return;
	kill(-l->pid, SIGKILL);
	if (!l->ended)
		waitpid(l->pid, NULL, 0);
	if (l->in.fd >= 0)
		close(l->in.fd);
	close(l->out.fd);
	close(l->end.fd);
	sdk_line_in_fini(&l->from);
	sdk_line_out_fini(&l->to);
	json_decref(l->messages);
	sdk_loop_free(l->loop);
	free(l);
}

/* ---- to it ---- */

void life_say_text(struct life *l, const char *line, size_t len)
{
	if (l->in.fd >= 0 && sdk_line_put(&l->to, line, len) == 0 && sdk_line_flush(&l->to, l->in.fd) == -EAGAIN)
		l->in.events = POLLOUT;
}

void life_say(struct life *l, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);

	if (!text)
		abort();
	judge_told(l->judge, message);
	life_say_text(l, text, strlen(text));
	free(text);
	json_decref(message);
}

void life_close_input(struct life *l)
{
	l->closing = true;
	if (l->in.fd < 0 || l->in.events)
		return; /* when all was read */
	sdk_loop_unwatch(l->loop, &l->in);
	close(l->in.fd);
	l->in.fd = -1;
}

void life_signal(struct life *l, int number)
{
	kill(l->pid, number);
}

/* ---- from it ---- */

/* Until something has happened. False: the limit. */
static bool turn(struct life *l, int64_t until_us)
{
	l->timed_out = false;
	sdk_loop_arm(l->loop, &l->limit, until_us - sdk_clock_now_us());
	sdk_loop_run(l->loop);
	sdk_loop_disarm(l->loop, &l->limit);
	return !l->timed_out;
}

static bool is_of(const json_t *message, const char *type)
{
	return strcmp(json_string_value(json_object_get(message, "type")), type) == 0;
}

const json_t *life_wait(struct life *l, const char *type, int64_t limit_us)
{
	int64_t until_us = sdk_clock_now_us() + limit_us;

	for (;;) {
		while (l->taken < json_array_size(l->messages)) {
			const json_t *message = json_array_get(l->messages, l->taken++);

			if (!mistake_is_there(&l->judge->mistake) && is_of(message, type))
				return message;
		}
		if (l->ended || mistake_is_there(&l->judge->mistake) || !turn(l, until_us))
			return NULL;
	}
}

void life_pause(struct life *l, int64_t us)
{
	int64_t until_us = sdk_clock_now_us() + us;

	while (turn(l, until_us))
		;
}

bool life_wait_end(struct life *l, int64_t limit_us, int *ret_status)
{
	int64_t until_us = sdk_clock_now_us() + limit_us;

	while (!l->ended && turn(l, until_us))
		;
	if (l->ended)
		*ret_status = l->status;
	return l->ended;
}

bool life_ended(const struct life *l)
{
	return l->ended;
}

bool life_said(const struct life *l, const char *type)
{
	const json_t *message;
	size_t i;

	json_array_foreach(l->messages, i, message) if (is_of(message, type)) return true;
	return false;
}

bool life_left_children(struct life *l)
{
	return l->ended && kill(-l->pid, 0) == 0;
}

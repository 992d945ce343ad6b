/* sim_control.c: see sim_control.h. */
#include "sim_control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "base/mem.h"
#include "sim_command.h"
#include "sim_out.h"
#include "sim_words.h"
#include "sim_world.h"

#define CLIENTS_MAX 32
#define BACKLOG     16

struct client {
	struct sim_control *control;
	struct bufferevent *bev;
	bool skipping;
	struct client *next;
};

struct sim_control {
	struct sim_world *world;
	struct sim_control_options options;
	struct event *input;
	struct evbuffer *typed; /* what came on stdin and has no end of line yet */
	bool skipping;          /* the rest of a line that is too long */
	struct evconnlistener *listener;
	struct client *clients;
	unsigned client_count;
};

/* The answer to the next whole line, or NULL where none has come. A line that is too long gets one, too. */
static json_t *next_answer(struct sim_control *c, struct evbuffer *in, bool *skipping)
{
	size_t len;

	for (;;) {
		_cleanup_(freep) char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF);

		if (line && *skipping) {
			*skipping = false;
			continue;
		}
		if (line)
			return strlen(line) == len ? sim_command_run(c->world, line)
						   : sim_out_error("expected a line without zeros");
		if (evbuffer_get_length(in) < SIM_WORDS_LINE)
			return NULL;
		evbuffer_drain(in, evbuffer_get_length(in));
		if (*skipping)
			return NULL;
		*skipping = true;
		return sim_out_error("expected a line of at most %d bytes", SIM_WORDS_LINE - 1);
	}
}

static void stdin_lines(struct sim_control *c)
{
	for (json_t *answer; (answer = next_answer(c, c->typed, &c->skipping));)
		sim_out_line(c->world->out, answer);
}

static void stdin_ended(struct sim_control *c)
{
	if (evbuffer_get_length(c->typed)) { /* a last line without its end */
		evbuffer_add(c->typed, "\n", 1);
		stdin_lines(c);
	}
	if (c->input)
		event_del(c->input);
	if (c->options.exit_on_eof)
		event_base_loopexit(c->world->base, NULL);
}

/* One read after readiness cannot block, so stdin keeps its own mode: it may be a terminal. False at its end. */
static bool stdin_read(struct sim_control *c)
{
	char data[4096];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0) {
		stdin_ended(c);
		return false;
	}
	evbuffer_add(c->typed, data, (size_t)n);
	stdin_lines(c);
	return true;
}

static void on_stdin(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	stdin_read(arg);
}

static void start_stdin(struct sim_control *c)
{
	struct stat st;

	c->typed = evbuffer_new();
	/* A file or /dev/null cannot be waited for; it is there as a whole. */
	if (fstat(STDIN_FILENO, &st) == 0 && (S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(STDIN_FILENO)))) {
		while (stdin_read(c))
			;
		return;
	}
	c->input = event_new(c->world->base, STDIN_FILENO, EV_READ | EV_PERSIST, on_stdin, c);
	event_add(c->input, NULL);
}

static void client_free(struct client *cl)
{
	struct client **at = &cl->control->clients;

	while (*at != cl)
		at = &(*at)->next;
	*at = cl->next;
	cl->control->client_count--;
	bufferevent_free(cl->bev);
	free(cl);
}

static void client_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct client *cl = arg;

	for (json_t *answer; (answer = next_answer(cl->control, in, &cl->skipping));) {
		_cleanup_(freep) char *text = sim_out_stamped(answer);

		evbuffer_add_printf(bufferevent_get_output(bev), "%s\n", text);
	}
}

static void client_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)what;
	client_free(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
	struct sim_control *c = arg;
	struct client *cl;

	(void)listener, (void)from, (void)len;
	if (c->client_count >= CLIENTS_MAX) {
		evutil_closesocket(fd);
		return;
	}
	cl = MEM_NEW(struct client);
	cl->control = c;
	cl->bev = bufferevent_socket_new(c->world->base, fd, BEV_OPT_CLOSE_ON_FREE);
	cl->next = c->clients;
	c->clients = cl;
	c->client_count++;
	bufferevent_setcb(cl->bev, client_read, NULL, client_end, cl);
	bufferevent_enable(cl->bev, EV_READ | EV_WRITE);
}

static int start_socket(struct sim_control *c)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(c->options.socket) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, c->options.socket);
	unlink(address.sun_path);
	errno = 0;
	c->listener =
		evconnlistener_new_bind(c->world->base, on_accept, c, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
					BACKLOG, (struct sockaddr *)&address, sizeof(address));
	return c->listener ? 0 : errno ? -errno : -EIO;
}

int sim_control_new(struct sim_world *w, const struct sim_control_options *options, struct sim_control **ret_control)
{
	_cleanup_(sim_control_freep) struct sim_control *c = MEM_NEW(struct sim_control);
	int r;

	c->world = w;
	c->options = *options;
	if (options->socket) {
		r = start_socket(c);
		if (r < 0)
			return r;
	}
	start_stdin(c);
	*ret_control = steal(&c);
	return 0;
}

/* The answer to "stop" may still be in the buffer, which nobody but its bufferevent may drain. */
static void say_last_words(struct client *cl)
{
	struct evbuffer_iovec piece;

	if (evbuffer_peek(bufferevent_get_output(cl->bev), -1, NULL, &piece, 1) > 0)
		send(bufferevent_getfd(cl->bev), piece.iov_base, piece.iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void sim_control_free(struct sim_control *c)
{
	while (c->clients) {
		say_last_words(c->clients);
		client_free(c->clients);
	}
	if (c->listener) {
		evconnlistener_free(c->listener);
		unlink(c->options.socket);
	}
	if (c->input)
		event_free(c->input);
	if (c->typed)
		evbuffer_free(c->typed);
	free(c);
}

/* fuzz_doorman.c: field/doorman.c: what a caller says, in whatever pieces, before he is known: he is sent away as soon as no
 * registration can become of it and not before, is handed to the bus whose registration he said, and to no other.
 *
 * Input: two registrations, a line each; then pieces: a byte n and n % 32 bytes. */
#include "fuzz.h"

#include "field/doorman.c"

#define GUESTS 2

struct world {
	struct doorman *doorman;
	struct queue *inboxes[GUESTS];
	struct guest *guests[GUESTS];
	struct caller *caller;
	int line; /* the caller's end */
	uint8_t said[CALLER_BYTES + 64];
	size_t len;
};

static void expect_guest(struct world *w, size_t number, struct fuzz_bytes registration)
{
	struct guest *g = &w->doorman->guests[number];

	registration = registration.left ? registration : (struct fuzz_bytes){ (const uint8_t *)"A1", 2 };
	w->inboxes[number] = queue_new(sizeof(struct waiter_mail), 4);
	*g = (struct guest){ .inbox = w->inboxes[number], .len = MIN(registration.left, sizeof(g->registration)) };
	memcpy(g->registration, registration.at, g->len);
	w->guests[number] = g;
}

static void call(struct world *w)
{
	int fds[2];

	FUZZ_CLAIM(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	w->line = fds[0];
	w->caller = &w->doorman->callers[0];
	*w->caller = (struct caller){ .fd = fds[1] };
}

/* Is what was said so far a registration, but for ends of lines and blanks behind it? */
static bool is_registration(const struct world *w, size_t number)
{
	const struct guest *g = w->guests[number];
	size_t len = w->len;

	if (len < g->len || memcmp(w->said, g->registration, g->len) != 0)
		return false;
	if (len == g->len)
		return true;
	while (len > 0 && memchr("\r\n ", w->said[len - 1], 4))
		len--;
	return len == g->len;
}

static bool is_beginning(const struct world *w, size_t number)
{
	const struct guest *g = w->guests[number];

	return w->len < g->len && memcmp(w->said, g->registration, w->len) == 0;
}

static void check_caller(const struct world *w)
{
	bool known = is_registration(w, 0) || is_registration(w, 1);
	bool perhaps = is_beginning(w, 0) || is_beginning(w, 1);

	if (w->caller->fd < 0) {
		FUZZ_CLAIM((!known && !perhaps) || w->len >= CALLER_BYTES);
		return;
	}
	FUZZ_CLAIM(known || perhaps);
	FUZZ_CLAIM(w->caller->known == known);
}

static void say_piece(struct world *w, struct fuzz_bytes piece)
{
	piece.left = MIN(piece.left, CALLER_BYTES - w->len);
	if (piece.left == 0)
		return;
	FUZZ_CLAIM(write(w->line, piece.at, piece.left) == (ssize_t)piece.left);
	memcpy(w->said + w->len, piece.at, piece.left);
	w->len += piece.left;
	listen_to(w->doorman, w->caller);
	check_caller(w);
}

/* Quiet behind the registration: the connection goes to its bus, once. */
static void check_handed_over(struct world *w)
{
	struct waiter_mail mail;
	size_t mails = 0;

	if (w->caller->fd >= 0 && w->caller->known)
		hand_over(w->doorman, w->caller);
	for (size_t i = 0; i < GUESTS; i++)
		while (queue_pop(w->inboxes[i], &mail)) {
			FUZZ_CLAIM(mail.kind == WAITER_CALLER && mail.fd >= 0 && is_registration(w, i));
			close(mail.fd);
			mails++;
		}
	FUZZ_CLAIM(mails <= 1 && (mails == 0 || w->caller->fd < 0));
	if (w->caller->fd >= 0)
		hang_up(w->caller);
}

static void swallow(void *context, const struct log_entry *entry)
{
	(void)context;
	FUZZ_CLAIM(str_is_utf8(entry->text, strlen(entry->text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_sink sink = { .write = swallow };
	struct fuzz_bytes in = { data, size };
	struct world w = { .doorman = doorman_new() };

	log_set_sink(&sink);
	for (size_t i = 0; i < GUESTS; i++)
		expect_guest(&w, i, fuzz_line(&in));
	call(&w);
	while (in.left && w.caller->fd >= 0)
		say_piece(&w, fuzz_part(&in, fuzz_u8(&in) % 32));
	check_handed_over(&w);
	close(w.line);
	for (size_t i = 0; i < GUESTS; i++)
		queue_free(w.inboxes[i]);
	queue_free(w.doorman->orders);
	free(w.doorman);
	return 0;
}

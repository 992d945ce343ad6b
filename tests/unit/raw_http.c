#include "raw_http.h"

#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int raw_http_connect(const char *socket_path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void raw_http_send(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent < 0)
			return; /* the other side has had enough: the test looks at what it said */
		text += sent;
		len -= (size_t)sent;
	}
}

/* False at the end of the connection. */
static bool read_more(int fd, struct str_buf *got)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char piece[4096];
	ssize_t count;

	if (poll(&p, 1, RAW_WAIT_MS) != 1)
		fail_msg("nothing came for %d ms; so far: %s", RAW_WAIT_MS, str_buf_text(got));
	count = read(fd, piece, sizeof(piece));
	if (count <= 0)
		return false;
	str_buf_add_len(got, piece, (size_t)count);
	return true;
}

bool raw_http_read_until(int fd, struct str_buf *got, const char *text)
{
	while (!strstr(str_buf_text(got), text))
		if (!read_more(fd, got))
			return strstr(str_buf_text(got), text) != NULL;
	return true;
}

void raw_http_read_all(int fd, struct str_buf *got)
{
	while (read_more(fd, got))
		;
}

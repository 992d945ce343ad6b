#include "field/link.h"

#include <errno.h>
#include <fcntl.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "field/resolver.h"

struct link {
	const struct bus *bus;
	struct resolver *resolver; /* NULL: a serial line */
	modbus_t *modbus;          /* NULL: plain TCP, or closed */
	int fd;                    /* -1: closed */
};

struct link *link_new(const struct bus *bus)
{
	struct link *l = MEM_NEW(struct link);

	l->bus = bus;
	l->fd = -1;
	if (bus->type != BUS_RTU)
		l->resolver = resolver_new(bus->host, bus->port);
	return l;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	link_close(l);
	resolver_free(l->resolver);
	free(l);
}

bool link_is_open(const struct link *l)
{
	return l->fd >= 0;
}

int link_fd(const struct link *l)
{
	return l->fd;
}

enum frame_kind link_framing(const struct link *l)
{
	return l->bus->type == BUS_TCP ? FRAME_TCP : FRAME_RTU;
}

int64_t link_silence_us(const struct link *l)
{
	const struct bus *b = l->bus;
	int bits = 1 + b->data_bits + (b->parity == 'N' ? 0 : 1) + b->stop_bits;

	if (b->type != BUS_RTU)
		return 0;
	/* 3.5 characters; above 19,200 baud the standard fixes it. */
	return b->baud > 19200 ? 1750 : bits * S * 7 / 2 / MAX(b->baud, 1);
}

void link_close(struct link *l)
{
	/* Not modbus_close(): it would restore the line's settings with a blocking drain of what was not sent. */
	if (l->modbus) {
		modbus_set_socket(l->modbus, -1);
		modbus_free(steal(&l->modbus));
	}
	/* Closing a line waits for what was not sent, up to half a minute: nobody needs that any more. */
	if (l->fd >= 0 && !l->resolver)
		tcflush(l->fd, TCIOFLUSH);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static int fail(struct link *l, int error)
{
	link_close(l);
	return error ? -error : -EIO;
}

/* libmodbus leaves VMIN at 0: then "nothing there" and "adapter unplugged" would both read as 0 bytes. */
static int tell_hangup(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -errno;
	t.c_cc[VMIN] = 1;
	return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

static int open_serial(struct link *l)
{
	const struct bus *b = l->bus;

	l->modbus = modbus_new_rtu(b->path, b->baud, b->parity, b->data_bits, b->stop_bits);
	if (!l->modbus)
		return fail(l, errno);
	if (modbus_connect(l->modbus) < 0)
		return fail(l, errno);
	l->fd = modbus_get_socket(l->modbus);
	if (fcntl(l->fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(l->fd, F_SETFD, FD_CLOEXEC) < 0 || tell_hangup(l->fd) < 0)
		return fail(l, errno);
	tcflush(l->fd, TCIOFLUSH);
	return 0;
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* A cable that is pulled shows within 25 s on an idle connection, within 10 s on a busy one. */
static int set_options(int fd)
{
	if (set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0 || set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) < 0 ||
	    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10) < 0 || set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5) < 0 ||
	    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3) < 0 ||
	    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)(LINK_USER_TIMEOUT_US / MS)) < 0)
		return -errno;
	return 0;
}

static int finish_connect(int fd, struct waiter *w)
{
	socklen_t len = sizeof(int);
	int error = 0;
	int r = waiter_wait(w, fd, POLLOUT, clock_mono_us() + LINK_CONNECT_US);

	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

static int open_tcp(struct link *l, struct waiter *w)
{
	struct sockaddr_storage address;
	socklen_t len;
	int r = resolver_get(l->resolver, w, &address, &len);

	if (r < 0)
		return r;
	l->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (l->fd < 0)
		return fail(l, errno);
	r = set_options(l->fd);
	if (r < 0)
		return fail(l, -r);
	if (connect(l->fd, (struct sockaddr *)&address, len) < 0) {
		r = errno == EINPROGRESS ? finish_connect(l->fd, w) : -errno;
		if (r < 0)
			return fail(l, -r);
	}
	if (link_framing(l) == FRAME_TCP)
		return 0;
	/* The path is never opened: libmodbus only composes and writes, to our socket. */
	l->modbus = modbus_new_rtu("tcp", 9600, 'N', 8, 1);
	if (!l->modbus || modbus_set_socket(l->modbus, l->fd) < 0)
		return fail(l, errno);
	return 0;
}

int link_open(struct link *l, struct waiter *w)
{
	link_close(l);
	return l->resolver ? open_tcp(l, w) : open_serial(l);
}

int link_send(struct link *l, const struct frame_request *r, uint16_t transaction)
{
	uint8_t bytes[FRAME_TCP_REQUEST];
	ssize_t len, sent;

	if (l->modbus) {
		/* Takes the frame without its CRC; returns the length with it. */
		len = (ssize_t)frame_compose_rtu(r, bytes);
		sent = modbus_send_raw_request(l->modbus, bytes, (int)len - 2);
	} else {
		len = (ssize_t)frame_compose_tcp(r, transaction, bytes);
		sent = send(l->fd, bytes, (size_t)len, MSG_NOSIGNAL);
	}
	if (sent == len)
		return 0;
	/* Twelve bytes that do not fit: the other side has not read for megabytes. */
	return sent < 0 && errno ? -errno : -EIO;
}

int link_receive(struct link *l, uint8_t *bytes, size_t len)
{
	ssize_t n = read(l->fd, bytes, len);

	if (n > 0)
		return (int)n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n == 0 ? -ECONNRESET : -errno;
}

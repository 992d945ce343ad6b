#include "field/link.h"

#include <errno.h>
#include <fcntl.h>
#include <modbus.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "field/reach.h"
#include "field/line.h"

struct link {
	const struct bus *bus;
	struct resolver *resolvers[2]; /* first address, standby; NULL: none */
	bool standby;                  /* which of them is next */
	modbus_t *modbus;              /* NULL: plain TCP, or closed */
	int fd;                        /* -1: closed */
};

static bool dials_out(const struct bus *bus)
{
	return bus->type == BUS_TCP || bus->type == BUS_RTU_OVER_TCP;
}

struct link *link_new(const struct bus *bus)
{
	struct link *l = MEM_NEW(struct link);

	l->bus = bus;
	l->fd = -1;
	if (dials_out(bus))
		l->resolvers[0] = resolver_new(bus->host, bus->port);
	if (dials_out(bus) && bus->standby)
		l->resolvers[1] = resolver_new(bus->standby, bus->standby_port);
	return l;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	link_close(l);
	resolver_free(l->resolvers[0]);
	resolver_free(l->resolvers[1]);
	free(l);
}

bool link_use_standby(struct link *l, bool standby)
{
	if (!l->resolvers[1])
		return false;
	l->standby = standby;
	return true;
}

bool link_on_standby(const struct link *l)
{
	return l->standby;
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
	return l->bus->type == BUS_TCP || l->bus->tcp_frames ? FRAME_TCP : FRAME_RTU;
}

int64_t link_silence_us(const struct link *l)
{
	return l->bus->type == BUS_RTU ? line_silence_us(l->bus) : 0;
}

void link_close(struct link *l)
{
	/* Not modbus_close(): it would restore the line's settings with a blocking drain of what was not sent. */
	if (l->modbus) {
		modbus_set_socket(l->modbus, -1);
		modbus_free(steal(&l->modbus));
	}
	/* Closing a line waits for what was not sent, up to half a minute: nobody needs that any more. */
	if (l->fd >= 0 && l->bus->type == BUS_RTU)
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

static int open_serial(struct link *l)
{
	const struct bus *b = l->bus;
	int r;

	l->modbus = modbus_new_rtu(b->path, b->baud, b->parity, b->data_bits, b->stop_bits);
	if (!l->modbus)
		return fail(l, errno);
	if (modbus_connect(l->modbus) < 0)
		return fail(l, errno);
	l->fd = modbus_get_socket(l->modbus);
	if (fcntl(l->fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(l->fd, F_SETFD, FD_CLOEXEC) < 0)
		return fail(l, errno);
	r = line_settle(l->fd);
	if (r < 0)
		return fail(l, -r);
	r = line_turn(l->fd, b);
	if (r < 0)
		return fail(l, r == -ENOTTY ? EOPNOTSUPP : -r);
	tcflush(l->fd, TCIOFLUSH);
	return 0;
}

static int begin_tcp(struct link *l, int fd)
{
	l->fd = fd;
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
	int fd;

	link_close(l);
	if (l->bus->type == BUS_RTU)
		return open_serial(l);
	fd = reach_tcp(l->resolvers[l->standby], w);
	return fd < 0 ? fd : begin_tcp(l, fd);
}

int link_adopt(struct link *l, int fd)
{
	int r = reach_options(fd);

	link_close(l);
	if (r == 0)
		return begin_tcp(l, fd);
	close(fd);
	return r;
}

int link_send(struct link *l, const struct frame_request *r, uint16_t transaction)
{
	uint8_t bytes[FRAME_MAX];
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
	/* A frame that does not fit: the other side has not read for megabytes. */
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

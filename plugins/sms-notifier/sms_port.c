#include "sms-notifier/sms_port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sms-notifier/sms_at.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OUT_MAX  1024

struct sms_port {
	struct sms_port_calls calls;
	struct sdk_loop *loop;
	struct sdk_watch watch;
	struct sms_at_reader reader;
	char out[OUT_MAX];
	size_t out_len;
};

static const struct {
	int64_t baud;
	speed_t speed;
} speeds[] = {
	{ 1200, B1200 },   { 2400, B2400 },   { 4800, B4800 },     { 9600, B9600 },     { 19200, B19200 },
	{ 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 },
};

static int speed_of(int64_t baud, speed_t *ret_speed)
{
	for (size_t i = 0; i < COUNT(speeds); i++)
		if (speeds[i].baud == baud) {
			*ret_speed = speeds[i].speed;
			return 0;
		}
	return -EINVAL;
}

bool sms_port_speed_is_known(int64_t baud)
{
	speed_t speed;

	return speed_of(baud, &speed) == 0;
}

/* A service that looks for modems (ModemManager) must not speak between our lines: the lock is the usual one of serial
 * programs, TIOCEXCL refuses those that do not ask for it. */
static int prepare(int fd, speed_t speed)
{
	struct termios t;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (ioctl(fd, TIOCEXCL) < 0 || tcgetattr(fd, &t) < 0)
		return -errno;
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	if (cfsetspeed(&t, speed) < 0 || tcsetattr(fd, TCSANOW, &t) < 0 || tcflush(fd, TCIOFLUSH) < 0)
		return -errno;
	return 0;
}

static void write_out(struct sms_port *p)
{
	ssize_t n = p->out_len ? write(p->watch.fd, p->out, p->out_len) : 0;

	if (n > 0) {
		p->out_len -= (size_t)n;
		memmove(p->out, p->out + n, p->out_len);
	}
	p->watch.events = (short)(POLLIN | (p->out_len ? POLLOUT : 0));
}

static void lost(struct sms_port *p, const char *why)
{
	sms_port_close(p);
	p->calls.lost(p->calls.user, why);
}

static void ready(struct sdk_watch *w, short revents)
{
	struct sms_port *p = w->user;
	char data[512];
	ssize_t n = read(w->fd, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !(revents & (POLLERR | POLLNVAL | POLLHUP))) {
		write_out(p);
		return;
	}
	if (n <= 0) {
		lost(p, n < 0 && errno != EAGAIN && errno != EINTR ? strerror(errno) : "it is gone");
		return;
	}
	write_out(p);
	for (ssize_t i = 0; i < n && w->fd >= 0; i++) {
		enum sms_at_event event = sms_at_take(&p->reader, data[i]);

		if (event == SMS_AT_LINE)
			p->calls.line(p->calls.user, p->reader.line);
		else if (event == SMS_AT_PROMPT)
			p->calls.prompt(p->calls.user);
	}
}

int sms_port_open(struct sms_port *p, const char *path, int64_t baud)
{
	speed_t speed;
	int fd, r = speed_of(baud, &speed);

	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = prepare(fd, speed);
	if (r < 0) {
		close(fd);
		return r;
	}
	p->watch.fd = fd;
	p->watch.events = POLLIN;
	sdk_loop_watch(p->loop, &p->watch);
	return 0;
}

void sms_port_close(struct sms_port *p)
{
	if (p->watch.fd < 0)
		return;
	sdk_loop_unwatch(p->loop, &p->watch);
	close(p->watch.fd);
	p->watch.fd = -1;
	p->out_len = 0;
	p->reader = (struct sms_at_reader){ .too_long = p->reader.too_long };
}

bool sms_port_is_open(const struct sms_port *p)
{
	return p->watch.fd >= 0;
}

bool sms_port_say(struct sms_port *p, const char *text)
{
	size_t len = strlen(text);

	if (p->watch.fd < 0 || len > sizeof(p->out) - p->out_len)
		return false;
	memcpy(p->out + p->out_len, text, len);
	p->out_len += len;
	write_out(p);
	return true;
}

uint64_t sms_port_long_lines(const struct sms_port *p)
{
	return p->reader.too_long;
}

struct sms_port *sms_port_new(struct sdk_loop *loop, const struct sms_port_calls *calls)
{
	struct sms_port *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->calls = *calls;
	p->loop = loop;
	p->watch = (struct sdk_watch){ .fd = -1, .ready = ready, .user = p };
	return p;
}

void sms_port_free(struct sms_port *p)
{
	if (!p)
		return;
	sms_port_close(p);
	free(p);
}

#include "field/reach.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

int reach_options(int fd)
{
	if (set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0 || set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) < 0 ||
	    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10) < 0 || set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5) < 0 ||
	    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3) < 0 ||
	    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)(REACH_USER_TIMEOUT_US / MS)) < 0)
		return -errno;
	return 0;
}

static int finish(int fd, struct waiter *w)
{
	socklen_t len = sizeof(int);
	int error = 0;
	int r = waiter_wait(w, fd, POLLOUT, clock_mono_us() + REACH_LIMIT_US);

	if (r <= 0)
		return r < 0 ? r : -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	return -error;
}

int reach_tcp(struct resolver *to, struct waiter *w)
{
	struct sockaddr_storage address;
	socklen_t len;
	int fd, r = resolver_get(to, w, &address, &len);

	if (r < 0)
		return r;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	r = reach_options(fd);
	if (r == 0 && connect(fd, (struct sockaddr *)&address, len) < 0)
		r = errno == EINPROGRESS ? finish(fd, w) : -errno;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

#include "loopback.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

static int bound(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 || getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		abort();
	*ret_port = ntohs(a.sin_port);
	return fd;
}

int loopback_listen(uint16_t *ret_port)
{
	int fd = bound(ret_port);

	if (listen(fd, 8) < 0)
		abort();
	return fd;
}

uint16_t loopback_free_port(void)
{
	uint16_t port;

	close(bound(&port));
	return port;
}

int loopback_open_line(int *ret_keep, char ret_path[static LOOPBACK_PATH_MAX])
{
	int slave = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), keep;
	struct termios raw;

	if (slave < 0 || grantpt(slave) < 0 || unlockpt(slave) < 0 ||
	    ptsname_r(slave, ret_path, LOOPBACK_PATH_MAX) != 0)
		abort();
	keep = open(ret_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (keep < 0 || tcgetattr(keep, &raw) < 0)
		abort();
	cfmakeraw(&raw);
	tcsetattr(keep, TCSANOW, &raw);
	*ret_keep = keep;
	return slave;
}

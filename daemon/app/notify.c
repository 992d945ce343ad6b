#include "app/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"

int notify_listen_fd(void)
{
	int count = sd_listen_fds(1), found = -EPROTO;

	for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
		if (found < 0 && sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0)
			found = fd;
		else
			close(fd); /* a drop-in has more than one: nobody would ever answer there */
	}
	return count > 0 ? found : -ENOENT;
}

int64_t notify_watchdog_us(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)usec : 0;
}

void notify_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_reloading(void)
{
	/* The time is asked for by Type=notify-reload (systemd 253); older ones leave it aside. */
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_awake_us());
}

void notify_reloaded(void)
{
	sd_notify(0, "READY=1");
}

void notify_status(const char *status)
{
	sd_notifyf(0, "STATUS=%s", status);
}

void notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1\nSTATUS=stopping");
}

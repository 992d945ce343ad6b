/* An hour of a dead bus in a second: the real thread of a bus, real sockets, but its clock leaps to the end of every wait
 * for which nothing comes. What it says of it is counted. */
#include "unit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "field/worker.h"

#define UNITS 3
#define LIMIT (60 * S)

int64_t __wrap_clock_mono_us(void);
int __wrap_clock_poll_many(struct pollfd *fds, size_t count, int64_t deadline_us);
int64_t __real_clock_mono_us(void);

static atomic_llong virtual_us;
static atomic_bool over;
static struct {
	atomic_uint lines, lost, back, silent;
} heard;
static struct queue *messages;

int64_t __wrap_clock_mono_us(void)
{
	return virtual_us;
}

/* Whoever has something to say has a millisecond of the world's own time for it; then the wait is over. */
int __wrap_clock_poll_many(struct pollfd *fds, size_t count, int64_t deadline_us)
{
	struct worker_message m;
	int ready;

	while (queue_pop(messages, &m))
		;
	if (virtual_us >= HOUR + S) {
		over = true;
		return poll(fds, count, -1); /* until the thread is to end */
	}
	ready = poll(fds, count, 0);
	if (ready == 0 && fds[0].fd >= 0)
		ready = poll(fds, count, 1);
	if (ready == 0 && deadline_us > virtual_us)
		virtual_us = MIN(deadline_us, HOUR + S);
	return ready;
}

static void hear(void *context, const struct log_entry *entry)
{
	(void)context;
	heard.lines++;
	heard.lost += entry->id == LOGID_BUS_LOST;
	heard.back += entry->id == LOGID_BUS_BACK;
	heard.silent += entry->id == LOGID_UNIT_SILENT;
	if (getenv("SHOW_LOG"))
		fprintf(stderr, "# %5d s: %s\n", (int)(virtual_us / S), entry->text);
}

/* One bus with three units for an hour. */
static uint64_t an_hour_of(int port)
{
	struct profile_point point = { .name = "a",
				       .period_us = S,
				       .wire = { .table = CODEC_HOLDING,
						 .type = CODEC_U16,
						 .registers = 1,
						 .scale = 1,
						 .bit_low = -1,
						 .bit_high = -1 } };
	struct profile profile = { .id = "p", .points = &point, .point_count = 1 };
	struct bus bus = { .id = "gw",
			   .type = BUS_TCP,
			   .host = "127.0.0.1",
			   .path = "",
			   .port = (uint16_t)port,
			   .timeout_us = 500 * MS };
	struct device devices[UNITS];
	struct worker *worker;
	struct status_bus status;
	int64_t until_us = __real_clock_mono_us() + LIMIT;

	point.type = codec_value_type(&point.wire);
	for (unsigned i = 0; i < UNITS; i++)
		devices[i] = (struct device){ .id = "d",
					      .name = "meter",
					      .profile = &profile,
					      .bus = &bus,
					      .unit = (uint8_t)(i + 1),
					      .first_point = i };
	memset(&heard, 0, sizeof(heard));
	virtual_us = S;
	over = false;
	messages = queue_new(sizeof(struct worker_message), 4096);
	assert_int_equal(
		worker_start(&(struct worker_setup){ .bus = &bus, .devices = { devices, UNITS }, .messages = messages },
			     &worker),
		0);
	while (!over && __real_clock_mono_us() < until_us)
		poll(NULL, 0, 5); /* the condition is another thread's clock */
	assert_true(over);
	worker_status(worker, &status);
	worker_stop(worker);
	queue_free(messages);
	return status.requests + status.connects;
}

static int listen_on_loopback(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 128), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void an_hour_of_a_gateway_that_refuses_is_one_line(void **state)
{
	int port, fd = listen_on_loopback(&port);

	(void)state;
	close(fd);
	an_hour_of(port);
	assert_int_equal(heard.lines, 1);
	assert_int_equal(heard.lost, 1);
}

static void an_hour_of_a_mute_gateway_is_one_line_for_each_unit_and_one_for_the_bus(void **state)
{
	int port, fd = listen_on_loopback(&port);
	uint64_t asked;

	(void)state;
	asked = an_hour_of(port);
	close(fd);
	print_message("# asked or connected %d times\n", (int)asked);
	assert_true(asked > 60); /* it did try, all the time */
	assert_int_equal(heard.lost, 1);
	assert_in_range(heard.silent, 0, UNITS);
	assert_in_range(heard.lines, heard.lost + heard.silent,
			heard.lost + heard.silent + 1); /* it may be overbooked by the waits */
}

static void dropper_main(void *context)
{
	for (int one; (one = accept4(*(int *)context, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
		close(one);
}

static void an_hour_of_a_gateway_that_drops_every_connection_is_a_few_lines(void **state)
{
	int port, fd = listen_on_loopback(&port);
	struct thread *dropper;
	uint64_t asked;

	(void)state;
	assert_int_equal(thread_start("dropper", dropper_main, &fd, &dropper), 0);
	asked = an_hour_of(port);
	shutdown(fd, SHUT_RDWR);
	thread_join(dropper);
	close(fd);
	print_message("# asked or connected %d times, %u lines\n", (int)asked, heard.lines);
	assert_true(asked > 60);
	assert_in_range(heard.lines, 0, 20);
}

int main(void)
{
	static const struct log_sink sink = { .write = hear };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_hour_of_a_gateway_that_refuses_is_one_line),
		cmocka_unit_test(an_hour_of_a_mute_gateway_is_one_line_for_each_unit_and_one_for_the_bus),
		cmocka_unit_test(an_hour_of_a_gateway_that_drops_every_connection_is_a_few_lines),
	};

	log_set_sink(&sink);
	return UNIT_RUN(tests);
}

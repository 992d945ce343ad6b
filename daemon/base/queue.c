#include "base/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct queue {
	pthread_mutex_t lock;
	size_t item_size, capacity, head, len;
	uint64_t refused;
	bool closed;
	unsigned waiting;      /* pushers that wait for room */
	int items_fd, room_fd; /* eventfds: something to pop; room for a waiting pusher */
	unsigned char *items;
};

struct queue *queue_new(size_t item_size, size_t capacity)
{
	struct queue *q = MEM_NEW(struct queue);

	pthread_mutex_init(&q->lock, NULL);
	q->item_size = item_size;
	q->capacity = capacity;
	q->items = mem_array(capacity, item_size);
	q->items_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	q->room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->items_fd < 0 || q->room_fd < 0)
		abort(); /* out of descriptors at start: nothing would work */
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	close(q->items_fd);
	close(q->room_fd);
	pthread_mutex_destroy(&q->lock);
	free(q->items);
	free(q);
}

static void signal_fd(int fd)
{
	ssize_t n = write(fd, &(uint64_t){ 1 }, sizeof(uint64_t));

	(void)n; /* EAGAIN: already signalled as far as it goes */
}

static void clear_fd(int fd)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n; /* EAGAIN: was not signalled */
}

/* With the lock held. */
static int push_locked(struct queue *q, const void *item)
{
	if (q->closed)
		return -EPIPE;
	if (q->len == q->capacity)
		return -ENOSPC;
	memcpy(q->items + (q->head + q->len) % q->capacity * q->item_size, item, q->item_size);
	if (q->len++ == 0)
		signal_fd(q->items_fd);
	return 0;
}

int queue_push(struct queue *q, const void *item)
{
	int r;

	pthread_mutex_lock(&q->lock);
	r = push_locked(q, item);
	if (r == -ENOSPC)
		q->refused++;
	pthread_mutex_unlock(&q->lock);
	return r;
}

int queue_push_all(struct queue *q, const void *items, size_t count)
{
	const unsigned char *item = items;
	int r = 0;

	pthread_mutex_lock(&q->lock);
	if (count > q->capacity - q->len)
		r = q->closed ? -EPIPE : -ENOSPC;
	for (size_t i = 0; i < count && r == 0; i++)
		r = push_locked(q, item + i * q->item_size);
	pthread_mutex_unlock(&q->lock);
	return r;
}

int queue_push_wait(struct queue *q, const void *item, int64_t deadline_us)
{
	for (;;) {
		int r;

		pthread_mutex_lock(&q->lock);
		r = push_locked(q, item);
		if (r == -ENOSPC)
			q->waiting++;
		pthread_mutex_unlock(&q->lock);
		if (r != -ENOSPC)
			return r;
		r = clock_poll(q->room_fd, POLLIN, deadline_us);
		pthread_mutex_lock(&q->lock);
		q->waiting--;
		if (q->len < q->capacity || q->closed)
			r = 1; /* whoever took the signal, there is room now */
		else if (r == 0)
			q->refused++;
		clear_fd(q->room_fd);
		if (q->waiting && q->len < q->capacity)
			signal_fd(q->room_fd);
		pthread_mutex_unlock(&q->lock);
		if (r == 0)
			return -ETIMEDOUT;
	}
}

bool queue_pop(struct queue *q, void *ret_item)
{
	bool found;

	pthread_mutex_lock(&q->lock);
	found = q->len > 0;
	if (found) {
		memcpy(ret_item, q->items + q->head * q->item_size, q->item_size);
		q->head = (q->head + 1) % q->capacity;
		q->len--;
		/* Not at every pop: all who wait wake up for it. Half a queue of room serves many of them at once. */
		if (q->waiting && q->len == q->capacity / 2)
			signal_fd(q->room_fd);
	}
	if (q->len == 0 && !q->closed)
		clear_fd(q->items_fd);
	pthread_mutex_unlock(&q->lock);
	return found;
}

bool queue_pop_wait(struct queue *q, void *ret_item, int64_t deadline_us)
{
	for (;;) {
		if (queue_pop(q, ret_item))
			return true;
		if (queue_closed(q) || clock_poll(q->items_fd, POLLIN, deadline_us) == 0)
			return queue_pop(q, ret_item);
	}
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	signal_fd(q->items_fd);
	signal_fd(q->room_fd);
	pthread_mutex_unlock(&q->lock);
}

bool queue_closed(const struct queue *q)
{
	bool closed;

	pthread_mutex_lock((pthread_mutex_t *)&q->lock);
	closed = q->closed;
	pthread_mutex_unlock((pthread_mutex_t *)&q->lock);
	return closed;
}

int queue_fd(const struct queue *q)
{
	return q->items_fd;
}

size_t queue_len(const struct queue *q)
{
	size_t len;

	pthread_mutex_lock((pthread_mutex_t *)&q->lock);
	len = q->len;
	pthread_mutex_unlock((pthread_mutex_t *)&q->lock);
	return len;
}

size_t queue_capacity(const struct queue *q)
{
	return q->capacity;
}

uint64_t queue_refused(const struct queue *q)
{
	uint64_t refused;

	pthread_mutex_lock((pthread_mutex_t *)&q->lock);
	refused = q->refused;
	pthread_mutex_unlock((pthread_mutex_t *)&q->lock);
	return refused;
}

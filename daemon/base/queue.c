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

/* With the lock held. All or none. */
static int push_locked(struct queue *q, const void *items, size_t count)
{
	const unsigned char *item = items;
	bool was_empty = q->len == 0;

	if (q->closed)
		return -EPIPE;
	if (count > q->capacity - q->len)
		return -ENOSPC;
	for (size_t i = 0; i < count; i++, q->len++)
		memcpy(q->items + (q->head + q->len) % q->capacity * q->item_size, item + i * q->item_size,
		       q->item_size);
	if (was_empty && count)
		signal_fd(q->items_fd);
	return 0;
}

int queue_push_all(struct queue *q, const void *items, size_t count)
{
	int r;

	pthread_mutex_lock(&q->lock);
	r = push_locked(q, items, count);
	if (r == -ENOSPC)
		q->refused++;
	pthread_mutex_unlock(&q->lock);
	return r;
}

int queue_push(struct queue *q, const void *item)
{
	return queue_push_all(q, item, 1);
}

int queue_push_all_wait(struct queue *q, const void *items, size_t count, int64_t deadline_us)
{
	for (;;) {
		bool fits;
		int r;

		pthread_mutex_lock(&q->lock);
		r = push_locked(q, items, count);
		if (r == -ENOSPC)
			q->waiting++;
		pthread_mutex_unlock(&q->lock);
		if (r != -ENOSPC)
			return r;
		r = clock_poll(q->room_fd, POLLIN, deadline_us);
		pthread_mutex_lock(&q->lock);
		q->waiting--;
		fits = count <= q->capacity - q->len || q->closed;
		if (r == 0 && !fits)
			q->refused++;
		clear_fd(q->room_fd);
		/* Whoever finds too little for itself wakes nobody: they would wake each other until there is more. */
		if (fits && q->waiting && q->len < q->capacity)
			signal_fd(q->room_fd);
		pthread_mutex_unlock(&q->lock);
		if (r == 0 && !fits)
			return -ETIMEDOUT;
	}
}

int queue_push_wait(struct queue *q, const void *item, int64_t deadline_us)
{
	return queue_push_all_wait(q, item, 1, deadline_us);
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
		/* Not at every pop: all who wait wake up for it. Half a queue of room serves many of them at once; a group may
		 * need all of it. */
		if (q->waiting && (q->len == q->capacity / 2 || q->len == 0))
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

#include "app/offload.h"

#include <errno.h>
#include <event2/event.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"

#define JOBS_MAX 16

struct offload {
	struct queue *jobs, *done; /* of struct offload_job; done has room for every job that was taken in */
	struct thread *thread;
	struct event *done_event;
	size_t under_way; /* submitted and not yet done; main thread */
};

static void thread_main(void *context)
{
	struct offload *o = context;
	struct offload_job job;

	while (queue_pop_wait(o->jobs, &job, INT64_MAX)) {
		if (!queue_closed(o->jobs))
			job.work(job.context);
		queue_push(o->done, &job);
	}
}

static void on_done(evutil_socket_t fd, short events, void *context)
{
	struct offload *o = context;
	struct offload_job job;

	(void)fd;
	(void)events;
	while (queue_pop(o->done, &job)) {
		o->under_way--;
		if (job.done)
			job.done(job.context);
	}
}

int offload_new(struct event_base *base, struct offload **ret_offload)
{
	struct offload *o = MEM_NEW(struct offload);
	int r;

	o->jobs = queue_new(sizeof(struct offload_job), JOBS_MAX);
	o->done = queue_new(sizeof(struct offload_job), JOBS_MAX);
	o->done_event = event_new(base, queue_fd(o->done), EV_READ | EV_PERSIST, on_done, o);
	if (!o->done_event)
		abort();
	event_add(o->done_event, NULL);
	r = thread_start("reader", thread_main, o, &o->thread);
	if (r < 0) {
		offload_free(o);
		return r;
	}
	*ret_offload = o;
	return 0;
}

void offload_free(struct offload *o)
{
	if (!o)
		return;
	queue_close(o->jobs);
	thread_join(o->thread);
	on_done(-1, 0, o);
	event_free(o->done_event);
	queue_free(o->jobs);
	queue_free(o->done);
	free(o);
}

int offload_submit(struct offload *o, const struct offload_job *job)
{
	int r = o->under_way == JOBS_MAX ? -ENOSPC : queue_push(o->jobs, job);

	if (r == 0)
		o->under_way++;
	return r;
}

#include "base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "base/mem.h"

/* Enough for libmodbus, SQLite and a few screens of frames; 256 buses must not cost 2 GB of address space. */
#define STACK_SIZE ((size_t)256 * 1024)

struct thread {
	pthread_t id;
	char name[16];
	void (*main_fn)(void *arg);
	void *arg;
};

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	pthread_setname_np(pthread_self(), t->name);
	t->main_fn(t->arg);
	return NULL;
}

int thread_start(const char *name, void (*main_fn)(void *arg), void *arg, struct thread **ret_thread)
{
	struct thread *t = MEM_NEW(struct thread);
	pthread_attr_t attributes;
	sigset_t all, before;
	int r;

	for (size_t i = 0; i < sizeof(t->name) - 1 && name[i]; i++)
		t->name[i] = name[i];
	t->main_fn = main_fn;
	t->arg = arg;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&t->id, &attributes, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (r) {
		free(t);
		return -r;
	}
	*ret_thread = t;
	return 0;
}

void thread_join(struct thread *t)
{
	if (!t)
		return;
	pthread_join(t->id, NULL);
	free(t);
}

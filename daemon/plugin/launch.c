#include "plugin/launch.h"

#include "base/log.h"
#include "base/mem.h"
#include "plugin/sandbox.h"
#include "plugin/scratch.h"

struct launch {
	char *instance, *program, *state_dir, *credentials_dir;
	struct sandbox *sandbox;
	struct scratch scratch;
};

struct launch *launch_new(const struct launch_setup *setup)
{
	struct launch *l = MEM_NEW(struct launch);

	l->instance = mem_strdup(setup->instance);
	l->program = process_path(setup->plugin_dir, setup->program);
	l->state_dir = mem_strdup(setup->state_dir);
	l->credentials_dir = mem_strdup(setup->credentials_dir);
	return l;
}

void launch_free(struct launch *l)
{
	if (!l)
		return;
	scratch_remove(&l->scratch);
	sandbox_free(l->sandbox);
	free(l->instance);
	free(l->program);
	free(l->state_dir);
	free(l->credentials_dir);
	free(l);
}

static void make_sandbox(struct launch *l)
{
	unsigned lacking;

	if (l->sandbox)
		return;
	l->sandbox = sandbox_new(l->state_dir);
	lacking = sandbox_lacking(l->sandbox);
	for (unsigned m = SANDBOX_USER; m <= SANDBOX_HIDING; m <<= 1)
		if (lacking & m)
			log_event(m == SANDBOX_HIDING ? LOGID_NONE : LOGID_PLUGIN_UNCONFINED,
				  LOG_ABOUT(.plugin = l->instance),
				  "plugin %s: runs without %s: this system does not grant it", l->instance,
				  sandbox_measure_name((enum sandbox_measure)m));
}

int launch_run(struct launch *l, struct process *ret_process)
{
	struct process_setup setup = { .program = l->program,
				       .instance = l->instance,
				       .credentials = l->credentials_dir };

	make_sandbox(l);
	scratch_keep(&l->scratch, l->instance, l->sandbox);
	setup.sandbox = l->sandbox;
	setup.tmpdir = l->scratch.dir;
	return process_start(&setup, ret_process);
}

const char *launch_program(const struct launch *l)
{
	return l->program;
}

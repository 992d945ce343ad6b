#include "app/reinstall.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "store/putback.h"

/* As the audit record names people. */
static void name_user(struct str_buf *to)
{
	const struct passwd *user = getpwuid(getuid());

	if (user)
		str_buf_add(to, user->pw_name);
	else
		str_buf_printf(to, "uid %u", getuid());
}

int reinstall_run(const struct reinstall_setup *setup)
{
	_cleanup_str_buf_ struct str_buf who = { 0 }, said = { 0 };
	struct putback_setup putback = { .state_dir = setup->state_dir, .conf_path = setup->conf_path };
	int r;

	name_user(&who);
	putback.who = who.text;
	r = putback_run(&putback, &said);
	if (r < 0)
		fprintf(stderr, "estated: %s\n", said.len ? said.text : strerror(-r));
	else
		puts(str_buf_text(&said));
	return r < 0 || fflush(stdout) != 0;
}

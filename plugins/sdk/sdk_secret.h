/* sdk_secret.h: a secret that the configuration only names: the first line of a file, or a systemd credential. Main thread.
 *
 * It is read at each use and never kept: who changes it need not start anything anew. A credential NAME is looked for in
 * $CREDENTIALS_DIRECTORY (what the service manager passed on), then in $ESTATE_CREDENTIALS (the folder credentials/ beside
 * the configuration; where that is not set, of the installed one). One that is not there is the plugin's fault, never the daemon's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sdk_secret {             /* lent; at most one of file and credential is given */
	const char *option;     /* what the options begin with: "hmac" of hmac_file; NULL: "password" */
	const char *file;       /* an absolute path */
	const char *credential; /* a name */
};

#define SDK_SECRET_MAX      1024
#define SDK_SECRET_WHY_MAX  512
#define SDK_SECRET_PATH_MAX 4096

/* For the option table: NULL or what was expected. */
const char *sdk_secret_check_file(const char *path);
const char *sdk_secret_check_credential(const char *name);
bool sdk_secret_given(const struct sdk_secret *s);
/* The secret without its newline into buf, which the caller wipes (explicit_bzero). Its length, 0 where none is given, or
 * -errno with what is wrong and what to do in ret_why. */
int sdk_secret_read(const struct sdk_secret *s, char buf[static SDK_SECRET_MAX],
		    char ret_why[static SDK_SECRET_WHY_MAX]);
/* Where it is, for a library that reads the file itself; "" where none is given. 0, or -errno with why. */
int sdk_secret_path(const struct sdk_secret *s, char buf[static SDK_SECRET_PATH_MAX],
		    char ret_why[static SDK_SECRET_WHY_MAX]);
/* The same as sdk_secret_read, and forgets it. 0 or -errno. */
int sdk_secret_probe(const struct sdk_secret *s, char ret_why[static SDK_SECRET_WHY_MAX]);

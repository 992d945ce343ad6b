/* patient.h: what is examined: the configuration, the folders, the daemon that runs there or would, and as whom. Filled
 * once, then only read. One thread.
 *
 * A daemon that runs says by its own command line where its files are; else the options count; else what is installed. */
#pragma once

#include "conf/conf.h"
#include "doctor/finding.h"
#include "doctor/permit.h"

struct patient_paths {
	const char *conf_path, *data_dir, *plugin_dir, *state_dir, *runtime_dir;
	bool conf_given, state_given, runtime_given; /* by an option: these count whatever runs */
};

struct patient {
	const char *root; /* stands before the paths of the machine: "" */
	char *conf_path, *state_dir, *socket_path;
	const char *data_dir, *plugin_dir;
	struct conf *conf; /* NULL: cannot be read */
	/* The unit of systemd, as "Key=value" lines. */
	bool systemd;  /* it runs here */
	char *unit;    /* NULL: there is no unit */
	bool is_units; /* what is examined is what the unit runs, not some other instance */
	/* The daemon. */
	int socket_error; /* of a connect: 0 somebody answers; -ENOENT …; -ESHUTDOWN: its unit is stopped, nobody was asked */
	bool up;
	pid_t pid;               /* 0: not known */
	struct permit_user user; /* whom the daemon runs as, or would */
	char *user_name;
};

void patient_init(struct patient *p, const char *root, const struct patient_paths *paths);
void patient_fini(struct patient *p);

/* The value of a key of the unit, "" where it has none. */
void patient_unit_value(const struct patient *p, const char *key, struct str_buf *to);
/* May the daemon's user do so? 0 or -errno. */
int patient_may(const struct patient *p, const char *path, int want);
/* The folder credentials/ beside the configuration. */
void patient_credentials(const struct patient *p, struct str_buf *to);
/* Whom its plugins run as: him, or nobody where he is root. */
struct permit_user patient_plugin_user(const struct patient *p);
/* "root", "42" */
void patient_name_user(uid_t uid, struct str_buf *to);
void patient_name_group(gid_t gid, struct str_buf *to);

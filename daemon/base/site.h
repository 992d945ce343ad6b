/* site.h: which files beside estated.conf are the site's configuration: what a backup takes along and a restore replaces.
 * (The loader in conf/ reads the same ones.) Pure; never logs. */
#pragma once

#include <stdbool.h>

/* What a restore has there of its own, while it is under way and after it. */
#define SITE_STAGING ".restore-new"
#define SITE_ASIDE   "before-restore-"

/* name is below the folder of the main file: main_name itself, and every *.conf of conf.d, profiles and rules. */
bool site_is_conf(const char *name, const char *main_name);
/* That, or another file that may be a secret: not what a restore has put there, nor what begins with a dot. */
bool site_is_ours(const char *name);

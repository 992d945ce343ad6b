/* replay_main.c: runs a fuzz target over files, without a fuzzer, with whatever compiler the tree is built with.
 *
 *   fuzz_expr                    the target's corpus in the tree, as one line of TAP (TOP_SRCDIR names the tree)
 *   fuzz_expr FILE|FOLDER…       these: prints each name before it is run
 *
 * A claim that does not hold ends the process; the input that did it is named on stdout and stderr. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUTS_MIN 30 /* of a corpus in the tree */
#define INPUT_MAX  (1 << 20)

struct replay {
	size_t inputs;
	bool loud;
};

static char replay_name[4096]; /* of the input that is being run; "" between them */

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		return; /* nothing more can be done */
}

static void name_input(void)
{
	for (int fd = 1; replay_name[0] && fd <= 2; fd++) {
		say(fd, "\n# ended by the input ");
		say(fd, replay_name);
		say(fd, "\n");
	}
	replay_name[0] = '\0';
}

static void on_signal(int number)
{
	name_input();
	signal(number, SIG_DFL);
	raise(number);
}

/* The sanitizers end the process in their own way; they are there only in builds that have them. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch_deaths(void)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], on_signal);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(name_input);
}

/* 0, or -1 with the reason said. */
static int run_file(struct replay *r, const char *path)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *data = NULL;
	size_t size = 0;

	if (file) {
		data = malloc(INPUT_MAX);
		size = data ? fread(data, 1, INPUT_MAX, file) : 0;
		fclose(file);
	}
	if (!data) {
		printf("# %s: %s\n", path, strerror(errno));
		return -1;
	}
	snprintf(replay_name, sizeof(replay_name), "%s", path);
	if (r->loud) {
		printf("%s: %zu bytes\n", path, size);
		fflush(stdout);
	}
	/* To the byte, so that a sanitizer sees a read behind the end. */
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	free(data);
	alarm(60);
	LLVMFuzzerTestOneInput(exact, size);
	alarm(0);
	free(exact);
	replay_name[0] = '\0';
	r->inputs++;
	return 0;
}

static int run_path(struct replay *r, const char *path);

static int run_folder(struct replay *r, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort), result = 0;

	for (int i = 0; i < count; i++) {
		char inner[4096];

		snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			result |= run_path(r, inner);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return count < 0 ? -1 : result;
}

static int run_path(struct replay *r, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return run_folder(r, path);
	return run_file(r, path);
}

/* The corpus in the tree: one line of TAP. */
static int run_corpus(const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	const char *top = getenv("TOP_SRCDIR");
	struct replay r = { 0 };
	char folder[4096];
	bool good;

	name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	printf("1..1\n");
	fflush(stdout);
	good = run_path(&r, folder) == 0;
	if (r.inputs < INPUTS_MIN)
		printf("# %s: %zu inputs, expected at least %d\n", folder, r.inputs, INPUTS_MIN);
	good = good && r.inputs >= INPUTS_MIN;
	printf("%sok 1 - fuzz target %s over its corpus: %zu inputs\n", good ? "" : "not ", name, r.inputs);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct replay r = { .loud = true };
	int result = 0;

	watch_deaths();
	if (argc == 1)
		return run_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		result |= run_path(&r, argv[i]);
	printf("%zu inputs, none of them ended the target\n", r.inputs);
	return result ? 1 : 0;
}

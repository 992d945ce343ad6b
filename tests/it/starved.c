/* starved.c: preloaded into estated: memory that runs out at a chosen moment. $STARVED_FILE holds four numbers of 64 bits that the
 * test writes: 1 when it is to count at all; how many allocations still succeed; how many fail after them; 1 when only those of
 * SQLite are meant. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static _Atomic long *numbers;

/* Not its plugins, nor what they start. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("STARVED_FILE");
	int fd = path && strcmp(program_invocation_short_name, "estated") == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map = fd >= 0 ? mmap(NULL, 4 * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (map != MAP_FAILED)
		numbers = map;
	if (fd >= 0)
		close(fd);
}

static int is_meant(void *caller)
{
	Dl_info info;

	return !numbers[3] || (dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "libsqlite3"));
}

static int fails(void *caller)
{
	if (!numbers || !numbers[0] || !is_meant(caller))
		return 0;
	if (atomic_fetch_sub(&numbers[1], 1) > 0 || atomic_fetch_sub(&numbers[2], 1) <= 0)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, bytes);
}

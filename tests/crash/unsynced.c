/* unsynced.c: preloaded into estated: it believes that everything is on the disk at once. A power cut then takes what people were
 * told, and a judge that does not see that is none. */
#include <unistd.h>

int fsync(int fd)
{
	return fd < 0 ? -1 : 0;
}

int fdatasync(int fd)
{
	return fd < 0 ? -1 : 0;
}

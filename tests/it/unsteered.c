/* unsteered.c: preloaded into estated: a kernel clock that no time service steers, whatever this machine's is. */
#include <sys/timex.h>

int adjtimex(struct timex *t)
{
	*t = (struct timex){ .status = STA_UNSYNC, .maxerror = 16000000 };
	return TIME_ERROR;
}

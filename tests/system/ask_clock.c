/* ask_clock.c: may a process of the unit ask the kernel who steers the clock? Ends with 0 or the error. */
#include <errno.h>
#include <sys/timex.h>

int main(void)
{
	struct timex t = { 0 };

	return adjtimex(&t) < 0 ? errno : 0;
}

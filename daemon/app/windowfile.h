/* windowfile.h: the memory of rules that look back (alarm/windows.h) as a file of the runtime directory, mapped: the engine
 * writes plain memory, and what it wrote outlives a kill, as page cache does. It is of use within one boot, which it says
 * itself; after a power cut there is none, for that directory is memory too.
 *
 * Prepared by any thread (files are made and filled there), put in force by the main thread: the new file takes the place of
 * the one before in one step. Whole before it is mapped, so a full disk is an error and no signal. What cannot be made, or
 * is damaged, is said in one line: rules then begin anew with what they see. */
#pragma once

#include "alarm/evaluator.h"

struct windowfile;

/* For that evaluator, beside the file that counts. Never NULL. */
struct windowfile *windowfile_prepare(const char *dir, const struct evaluator *e);
/* Takes its mapping away, not the file that counts. */
void windowfile_free(struct windowfile *f);
UTIL_DEFINE_CLEANUP(struct windowfile *, windowfile_free);

/* At start: what the process before left goes into the evaluator. After what the store kept, before the first reading. */
void windowfile_recall(const char *dir, struct evaluator *e);
/* The evaluator writes there from now on, beginning with what it knows. */
void windowfile_place(struct windowfile *f, struct evaluator *e);

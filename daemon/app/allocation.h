/* allocation.h: memory that runs out ends the process wherever it is asked for: the libraries ask through base/mem.h, whose word is
 * the last one, where they would go on with half an answer. Before anything else; the main thread. */
#pragma once

void allocation_strict(void);

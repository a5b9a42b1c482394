/* A process on the bare machine. */
#ifndef PROCESS_H
#define PROCESS_H

#include "types.h"

/* The registers of a process that does not run, as entry.S and the processor leave them. */
struct saved { word edi, esi, ebp, unused, ebx, edx, ecx, eax, vector, error, eip, cs, eflags, esp, ss; };

struct platform_process {
    word *directory;           /* its page directory; NULL if it has none */
    struct saved saved;
    struct process *next, *previous; /* in the ring of those that can run; NULL if it cannot */
    byte loaded;               /* its registers are in the process */
    byte wanted;               /* the kind of an event that it must make instead of running */
};

#endif

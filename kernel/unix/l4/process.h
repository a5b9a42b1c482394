/* A process on the microkernel. */
#ifndef PROCESS_H
#define PROCESS_H

#include "types.h"

struct platform_process {
    word thread;               /* the id of its first thread; 0 if it has none */
    word frame;                /* of its call: where its registers are, on its stack */
    byte whole;                /* the frame has EFLAGS */
    byte loaded;               /* its registers are in the process */
    byte agent;                /* its agent waits for an order */
    byte order;                /* what the agent must do as soon as it can */
    byte lost;                 /* it was interrupted when it was to be answered; it will ask again */
    word answer[2];            /* the answer that it gets then */
    word tables;               /* the number of its page tables in the kernel */
    byte regions[128];         /* a bit for each 4 MB: it has a page table there */
};

#endif

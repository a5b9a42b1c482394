/* What the server on the microkernel knows about itself. */
#ifndef OWN_H
#define OWN_H

#include "types.h"

/* The address of the emulation library in each process, and of the kernel's info page in the server. */
#define LIBRARY 0x1000u
#define INFO ((volatile word *)0x50000000u)

struct system;

struct own {
    word thread, typist;       /* ids: of the server, and of the receiver of its serial port */
    word first_task, tasks;    /* of its processes: numbers from first_task on */
    word port, interrupt;      /* of its serial port; the id of the interrupt */
    word slice;                /* of its processes, in ticks; 0: they run on time that the dispatcher gives */
    word tables;               /* the page tables that its processes may still use */
    word nodes;                /* the map nodes that all its processes together may use: one for each mapped page */
    word library;              /* the frame of the emulation library */
    word simple;               /* how many simple calls there were in a row */
    struct system *system;     /* its part of the machine, which the root task reads, too; NULL if it has all */
    byte rewrites;             /* an INT 80h becomes a call of the library */
};

extern struct own own;

/* dispatch.c */
void dispatch_start(void);

#endif

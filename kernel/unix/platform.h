/*
 * What the Unix system needs of the machine below it. A platform is a folder: l4 makes a server on the microkernel of
 * it, native a kernel of its own. Each has its process.h, which defines struct platform_process.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "types.h"
#include "process.h"

struct process;

/* The kinds of events. */
enum { NOTHING, CALLED, FAULTED, EXCEPTION, EXHAUSTED, TYPED };

struct event {
    int kind;
    struct process *process;   /* of all but TYPED; EXHAUSTED: there is no room for its page */
    word address;              /* of FAULTED; of TYPED, the byte */
    word write;                /* of FAULTED: a write */
    word inside;               /* of FAULTED: the library cannot go on, and a signal cannot interrupt it */
    word vector;               /* of EXCEPTION */
};

/* Gives all free memory to frames_add, and finds the archive. Power and console are ready. */
void platform_start(word argument, byte **archive, word *size);

/* Sends the answers that are left, waits for the next event, at most until the time `until` (0: for ever). */
void platform_next(struct event *event, u64 until);

/* Answers a call with a result, or with all of the process's registers. */
void platform_answer(struct process *p, word result);
int platform_resume(struct process *p);

/* Loads the registers, or the first arguments, of the process that has called. */
int platform_registers(struct process *p);
int platform_arguments(struct process *p, int count);

/* Answers a fault: the frame appears at a page of the process. A process without it faults again. */
void platform_map(struct process *p, word page, word frame, word writable);
void platform_again(struct process *p);

/* Takes a frame, or the right to write it, from all processes. */
void platform_unmap(word frame);
void platform_protect(word frame);

/* A process starts with its registers in an empty space; ends; is asked to call as soon as it can. */
int platform_create(struct process *p);
void platform_destroy(struct process *p);
void platform_interrupt(struct process *p);

/* Registers of a call that is to be made again after a signal handler. */
void platform_repeat(struct process *p);

/* The return address of a signal handler, and the entry for programs that ask (AT_SYSINFO); 0 if there is none. */
word platform_sigreturn(int has_information);
word platform_entry(void);

/* Microseconds since the start. */
u64 platform_time(void);

void platform_print(byte c);
void platform_off(word status) __attribute__((noreturn));

#endif

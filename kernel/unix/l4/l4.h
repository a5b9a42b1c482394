/* L4 X.0 on IA-32: the system calls that the platform uses (spec/interface, section 2). */
#ifndef L4_H
#define L4_H

#include "types.h"

#define OPEN 1u
#define ITEM 2u
#define SIGMA0 0x04020001u
#define FPAGE(address, size) ((address) | (size) << 2)
#define WHOLE_SPACE FPAGE(0u, 32)
#define PAGE_SIZE_LOG 12
#define BLOCK_SIZE_LOG 22

/* A send that does not wait; a receive that does not wait. */
#define SEND_NOW 0x10u
#define RECEIVE_NOW 0x01u

/* 98 * 4^5 microseconds: a tenth of a second. */
#define RECEIVE_SOON (98u << 24 | 10)
#define SEND_SOON (98u << 16 | 10 << 4)
/* Some states of threads (spec/interface, section 7). */
enum { RUNS = 0, FAULTS = 1, RUNS_IN_KERNEL = 8, WAITS_TO_RECEIVE = 0xC, WAITS_TO_SEND = 0xD };

/* Codes of ipc. */
enum { DONE = 0, MAPPED_ITEM = 2, NOT_FOUND = 0x10, RECEIVE_TIMEOUT = 0x20, SEND_TIMEOUT = 0x30,
       SEND_CANCELLED = 0x50, NO_ROOM = 0x70 };

/* The registers of an ipc, before and after. */
struct message { word eax, ecx, edx, ebx, edi, ebp, esi; };

void ipc(struct message *m);
word my_thread(void);
void fpage_unmap(word fpage, word mask);
word task_new(word mcp, word esp, word eip, word pager, word task);
void thread_start(word lthread, word esp, word eip, word pager);

/* The priority, and the length of slices in ticks of about a millisecond. */
void thread_priority(word thread, word priority, word ticks);

/* Gives another thread the processor and the rest of the slice. If that thread is not ready, or is 0: yields. */
void thread_switch(word thread);

word thread_state(word thread);
void thread_cancel(word lthread);

/* The calling thread's id. The kernel makes its space large again when it uses memory beyond 4 MB, or a port. */
void enter_small_space(word thread);
int is_space_large(void);

#endif

/* Prints the cycles of getpid, each time as the mean of 32 calls, at a site that is rewritten.
 * Loop and call are included. */
#include "call.h"

enum { CALLS = 32, ROUNDS = 6 };

int with_room(int number);
__asm__(".balign 16\nwith_room: push %ebx; mov 8(%esp), %eax; call site; pop %ebx; ret\n"
        ".balign 16\nsite: int $0x80; ret; nop\n");

static inline word cycles(void)
{
    word low;
    __asm__ volatile("rdtsc" : "=a"(low) : : "edx");
    return low;
}

void start(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        word before = cycles();
        for (int i = 0; i < CALLS; i++)
            with_room(GETPID);
        number("getpid:", (cycles() - before) / CALLS);
    }
    end(0);
}

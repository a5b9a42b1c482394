/*
 * Not for Linux. It forks until it cannot, and each process starts all threads that a task may have. They sleep by the
 * microkernel's timeouts, all to the same tick, so that this tick must wake them all.
 */
#include "call.h"

enum { LTHREADS = 16, OWN = 2, SECONDS = 6, STACK = 64 };

/* The machine's instructions in a tick of the timer (1193 periods of 1,193,182 Hz), and the ticks between wakes. */
enum { TICK = 99985, TICKS = 64 };

/* A timeout of n units of 256 microseconds takes n * 256 / 1000 ticks, rounded up, and one more. */
enum { UNIT = 256, EXPONENT = 11, MILLISECOND = 1000 };

static word stacks[STACK * LTHREADS];

static void sleep_together(void)
{
    for (;;) {
        word now, high;
        __asm__ volatile("rdtsc" : "=a"(now), "=d"(high));
        word left = 1 + TICKS - now / TICK % TICKS;
        word eax = 0xFFFFFFFF, ecx = left * MILLISECOND / UNIT << 24 | EXPONENT;
        __asm__ volatile("push %%ebp; xor %%ebp, %%ebp; xor %%esi, %%esi; int $0x30; pop %%ebp"
            : "+a"(eax), "+c"(ecx) : : "edx", "ebx", "esi", "edi", "memory");
    }
}

static void start_thread(word lthread)
{
    word eax = lthread, ecx = (word)(stacks + STACK * lthread), edx = (word)sleep_together, ebx = 0xFFFFFFFF;
    stacks[STACK * lthread - 1] = 0;
    __asm__ volatile("xor %%esi, %%esi; int $0x35" : "+a"(eax), "+c"(ecx), "+d"(edx), "+b"(ebx) : : "esi", "memory");
}

static void start_threads(void)
{
    for (word lthread = OWN; lthread < LTHREADS; lthread++)
        start_thread(lthread);
}

void start(void)
{
    static const word long_time[2] = { 1000, 0 }, seconds[2] = { SECONDS, 0 };
    int processes = 1, pid;
    while ((pid = call(FORK, 0, 0, 0)) > 0)
        processes++;
    start_threads();
    if (!pid)
        call(NANOSLEEP, (word)long_time, 0, 0);
    number("sleepers:", processes * (LTHREADS - OWN));
    call(NANOSLEEP, (word)seconds, 0, 0);
    end(0);
}

/*
 * Not for Linux. It forks until it cannot, and each process starts all threads that a task may have. They sleep by the
 * microkernel's timeouts, all to the same tick, so that this tick must wake them all. The threads have no time of their
 * own, so the first thread of each process gives them its time.
 */
#include "call.h"
#include "kernel.h"

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

static void start_threads(void)
{
    for (word lthread = OWN; lthread < LTHREADS; lthread++) {
        word *stack = stacks + STACK * lthread;
        struct registers r = { lthread, (word)stack, (word)sleep_together, NONE, 0, 0, 0 };
        stack[-1] = 0;
        start_thread(&r);
    }
}

static void give_time(void)
{
    word own = my_id();
    for (word lthread = OWN; lthread < LTHREADS; lthread++) {
        struct registers r = { 0, 0, 0, 0, own | lthread << 10, 0, 0 };
        yield(&r);
    }
}

static word seconds(void)
{
    word time;
    call(TIME, (word)&time, 0, 0);
    return time;
}

void start(void)
{
    int processes = 1, pid;
    while ((pid = call(FORK, 0, 0, 0)) > 0)
        processes++;
    start_threads();
    if (pid)
        number("sleepers:", processes * (LTHREADS - OWN));
    for (word end = seconds() + SECONDS; !pid || seconds() < end;)
        give_time();
    end(0);
}

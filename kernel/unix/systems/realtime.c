/*
 * The real-time thread: the clock chip interrupts 1,024 times a second, and the thread records the time-stamp counter.
 * It waits for its interrupt only, so no message of another thread reaches it.
 */
#include "systems.h"

enum { CLOCK_INTERRUPT = 8 + 1, INDEX = 0x70, DATA, STATUS_A = 10, STATUS_B, STATUS_C };
enum { RATE = 6, RATE_BITS = 15, PERIODIC = 0x40, HERTZ = 32768 >> (RATE - 1) };

static word wakes, last, shortest = 0xFFFFFFFF, longest;

/* RDTSC follows the INT at once: a test that counts cycles ends the latency there. */
static word wait_for_clock(void)
{
    word eax = NONE, ecx = 0, edx = 0, ebx = 0, edi = 0, esi = CLOCK_INTERRUPT;
    __asm__ volatile("push %%ebp; xor %%ebp, %%ebp; int $0x30; rdtsc; pop %%ebp"
        : "+a"(eax), "+c"(ecx), "+d"(edx), "+b"(ebx), "+D"(edi), "+S"(esi) : : "memory", "cc");
    return eax;
}

static word clock(word index)
{
    out(INDEX, index);
    return in(DATA);
}

static void clock_set(word index, word value)
{
    out(INDEX, index);
    out(DATA, value);
}

static void run(void)
{
    struct message m = { NONE, RECEIVE_NOW, 0, 0, 0, 0, CLOCK_INTERRUPT };
    ipc(&m);
    if (m.eax != RECEIVE_TIMEOUT)
        stop("the interrupt of the clock is taken");
    clock_set(STATUS_A, (clock(STATUS_A) & ~RATE_BITS) | RATE);
    clock_set(STATUS_B, clock(STATUS_B) | PERIODIC);

    /* The chip interrupts again only after its flags have been read. */
    clock(STATUS_C);
    for (;;) {
        word now = wait_for_clock(), apart = now - last;
        clock(STATUS_C);
        last = now;
        if (wakes++ == 0)
            continue;
        if (apart < shortest)
            shortest = apart;
        if (apart > longest)
            longest = apart;
    }
}

void realtime_start(void)
{
    static word stack[1024];
    thread_start(1, (word)(stack + 1024), (word)run, SIGMA0);
    thread_priority(ROOT | 1 << 10, REALTIME_PRIORITY, SLICE);
}

void realtime_report(void)
{
    if (wakes > 1)
        print("real-time: %d interrupts (%d a second), %d to %d cycles apart", wakes, HERTZ, shortest, longest);
}

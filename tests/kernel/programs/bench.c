/* The root task measures short ipc between two of its threads, as programs for X.0 do. */
#include "l4.h"

#define ROUNDS 10000
#define PARTNER (ROOT | 1 << 10)

static word stack[1024];

/* Answers every call with its own words: EAX 0, ECX 0, EBP 1 is a reply and the wait for the next call. */
void pong(void);
__asm__("pong: mov $-1, %eax; xor %ecx, %ecx; mov $1, %ebp; int $0x30\n"
        "1: xor %eax, %eax; xor %ecx, %ecx; mov $1, %ebp; int $0x30; jmp 1b\n");

static void start_thread(word lthread, void (*code)(void), word *top)
{
    word preempter = NONE, pager = SIGMA0, esp = (word)top, eip = (word)code;
    __asm__ volatile("int $0x35"
                     : "+a"(lthread), "+c"(esp), "+d"(eip), "+b"(preempter), "+S"(pager)
                     :
                     : "edi", "memory", "cc");
}

/* One round trip: EAX, ECX and EBP are 0. */
static inline word call(word w0)
{
    word partner = PARTNER, send = 0, timeouts = 0;
    __asm__ volatile("push %%ebp; xor %%ebp, %%ebp; int $0x30; pop %%ebp"
        : "+a"(send), "+c"(timeouts), "+d"(w0), "+S"(partner) : : "ebx", "edi", "memory", "cc");
    check(send == 0 && partner == PARTNER, "the answer");
    return w0;
}

void start(word argument)
{
    (void)argument;
    start_thread(1, pong, stack + 1024);
    check(call(7) == 7, "the first round");
    word before = cycles();
    for (word i = 0; i < ROUNDS; i++) check(call(i) == i, "the words");
    word each = (cycles() - before) / (2 * ROUNDS);
    check(each > 0 && each < 20000, "the cycles of one way");
    print("bench: 10000 round trips\r\n");
    end(0);
}

/* The root task: its thread 1 first has slices of length 0 and runs only on donated time; then it has infinite ones. */
#include "l4.h"

#define THREAD (ROOT + (1 << 10))
#define PRIORITY 0x32u
#define ZERO 0x00100000u
#define INFINITE 0u
#define SLEEP_50 (12u << 24 | 9)

static char stack[1024];
static volatile word counter;

/* Counts, or counts and then answers a call. */
void loop(void);
void serve(void);
__asm__("loop: incl counter; jmp loop\n"
        "serve: mov $-1, %eax; xor %ecx, %ecx; mov $1, %ebp; int $0x30\n"
        "1: incl counter; xor %eax, %eax; xor %ecx, %ecx; mov $1, %ebp; int $0x30; jmp 1b\n");

static void set(void (*code)(void))
{
    word lthread = 1, sp = (word)(stack + 1008), ip = (word)code, preempter = NONE, pager = ROOT;
    __asm__ volatile("int $0x35" : "+a"(lthread), "+c"(sp), "+d"(ip), "+b"(preempter), "+S"(pager) : : "memory", "cc");
}

static word schedule(word param)
{
    word preempter = NONE, thread = THREAD;
    __asm__ volatile("int $0x34" : "+a"(param), "+b"(preempter), "+S"(thread) : : "ecx", "edx", "edi", "memory", "cc");
    return param;
}

static void give(void) { __asm__ volatile("int $0x33" : : "S"(THREAD) : "memory", "cc"); }

static void sleep50(void)
{
    word nil = 0;
    message m = { 0, 0, 0 };
    check(ipc(NONE, 0, SLEEP_50, &nil, &m) == 0x20, "a sleep");
}

static word call(void)
{
    word partner = THREAD;
    message m = { 1, 2, 3 };
    return ipc(0, 0, 0, &partner, &m);
}

void start(word argument)
{
    (void)argument;
    stack[1000] = 0;
    set(loop);
    schedule(ZERO | PRIORITY);
    check(schedule(NONE) >> 24 == 0, "length 0 reads back as 0");
    counter = 0;
    sleep50();
    check(counter == 0, "nobody donated time");
    give();
    check(counter != 0, "donated time");
    counter = 0;
    sleep50();
    check(counter == 0, "it is used up");
    print("donated: it runs on donated time only\r\n");

    set(serve);
    give();
    counter = 0;
    for (int i = 0; i < 1000; i++) check(call() == 0, "an answer");
    check(counter == 1000, "each call is served");
    print("donated: 1000 calls on donated time\r\n");

    schedule(INFINITE | (PRIORITY - 1));
    check((schedule(NONE) & 0xFFF00000) == 0, "infinite reads back as infinite");
    set(loop);
    sleep50();
    check(counter > 1000, "it runs by itself");
    print("donated: infinite\r\n");
    end(0);
}

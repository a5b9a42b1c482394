/*
 * The root task. Its thread 1 sets flags that would stop or change other code, and it uses the x87. Each time, thread 0
 * then sets it to other code.
 */
#include "l4.h"

static char stack[1024];

void traps(void);
void shows(void);
void fninit(void);
void waits(void);
__asm__("traps: pushf; orl $0x244500, (%esp); popf; nop; ud2\n"
        "shows: pushf; pop %edx; xor %eax, %eax; xor %ecx, %ecx; mov $-1, %ebp; mov $0x04040001, %esi; int $0x30; ud2\n"
        "fninit: fninit; ud2\n"
        "waits: fwait; ud2\n");

/* The old EFLAGS. */
static word set(void (*code)(void))
{
    word lthread = 1, sp = (word)(stack + 1008), ip = (word)code, preempter = NONE, pager = ROOT;
    __asm__ volatile("int $0x35" : "+a"(lthread), "+c"(sp), "+d"(ip), "+b"(preempter), "+S"(pager) : : "memory", "cc");
    return lthread;
}

static message get(void)
{
    word partner = 0;
    message m = { 0, 0, 0 };
    check(ipc(NONE, OPEN, 12u << 24 | 9, &partner, &m) == 0, "a message");
    check(partner == ROOT + (1 << 10), "of thread 1");
    return m;
}

void start(word argument)
{
    (void)argument;
    stack[1000] = 0;
    check(set(traps) == 0x202, "a new thread's flags");
    check(get().w0 == 0x101, "TF traps");
    check((set(shows) & 0x244500) == 0x244500, "TF, DF, NT, AC and ID were set");
    check(get().w0 == 0x202, "a thread that is set anew has a new thread's flags");
    print("anew: flags of a new thread\r\n");

    set(fninit);
    message m = get();
    check(m.w0 == 0x701 && m.w1 == (word)fninit, "FNINIT is reported at the instruction");
    set(waits);
    m = get();
    check(m.w0 == 0x701 && m.w1 == (word)waits, "WAIT is reported at the instruction");
    print("anew: no x87\r\n");
    end(0);
}

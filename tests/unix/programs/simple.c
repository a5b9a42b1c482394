/* The cycles of a getpid, which needs no memory of its process, alone and after a call that does. */
#include "call.h"

/* Like the entry of a C library: the server can rewrite the INT 80h. */
int site_call(int number, word a, word b, word c);
__asm__(".balign 16\nsite_call: push %ebx; mov 8(%esp), %eax; mov 12(%esp), %ebx; mov 16(%esp), %ecx\n"
        "mov 20(%esp), %edx; call site; pop %ebx; ret\n.balign 16\nsite: int $0x80; ret; nop\n");

static word cycles(void)
{
    word low;
    __asm__ volatile("rdtsc" : "=a"(low) : : "edx");
    return low;
}

static word getpid_of(int count)
{
    word before = cycles();
    for (int i = 0; i < count; i++)
        site_call(GETPID, 0, 0, 0);
    return (cycles() - before) / count;
}

void start(void)
{
    /* Meanwhile the system starts all of this process: answers are slower before that. */
    static const word tenth[2] = { 0, 100000000 };
    site_call(NANOSLEEP, (word)tenth, 0, 0);
    print("ready: 0\n");
    getpid_of(64);
    number("simple:", getpid_of(32));
    site_call(WRITE, 1, (word)"", 0);
    number("after a write:", getpid_of(8));
    getpid_of(64);
    number("simple again:", getpid_of(32));
    end(0);
}

/* Memory: what a process may touch, what a fork shares, and what a fault does. */
#include "call.h"

static int counter = 5;
static const int constant = 1;
static char zeros[20000];

static void write_counter(void) { counter = 6; }
static volatile int *volatile nowhere = (volatile int *)0x20;
static void read_nothing(void) { counter = *nowhere; }
static void write_constant(void) { *(volatile int *)&constant = 2; }
static void write_code(void) { *(volatile char *)write_code = 0; }
static void read_kernel(void) { counter = *(volatile int *)0xF0800000; }
static void bad_instruction(void) { __asm__ volatile("ud2"); }
static void divide_by_zero(void) { __asm__ volatile("div %0" : : "r"(0) : "eax", "edx"); }
static void halt(void) { __asm__ volatile("hlt"); }
static void use_port(void) { __asm__ volatile("in $0x60, %%al" : : : "eax"); }

/* The stack grows by itself. */
static int deep(int depth)
{
    volatile char space[4000];
    space[0] = depth;
    return depth ? deep(depth - 1) + space[0] - depth : 0;
}

static int map(word at, word size, word protection, word flags)
{
    return call6(MMAP, at, size, protection, flags, -1, 0);
}

void start(void)
{
    int sum = 0;
    for (word i = 0; i < sizeof zeros; i++)
        sum += zeros[i];
    number("zeros:", sum);
    number("a child writes:", child(write_counter));
    number("the parent has:", counter);
    number("no page:", child(read_nothing));
    number("a constant:", child(write_constant));
    number("code:", child(write_code));
    number("the kernel:", child(read_kernel));
    number("no instruction:", child(bad_instruction));
    number("division:", child(divide_by_zero));
    number("halt:", child(halt));
    number("a port:", child(use_port));
    number("deep:", deep(100));

    int end_before = call(BRK, 0, 0, 0), end_after = call(BRK, end_before + 100000, 0, 0);
    number("brk:", end_after - end_before);
    ((char *)end_before)[99999] = 3;
    number("written:", ((char *)end_before)[99999]);
    number("brk back:", call(BRK, end_before, 0, 0) - end_before);

    char *area = (char *)map(0, 0x10000, 3, 0x22);
    area[0] = area[0xFFFF] = 9;
    number("mapped:", area[0] + area[0x8000] + area[0xFFFF]);
    number("read-only:", call(MPROTECT, (word)area, 0x1000, 1));
    number("a call may not write there:", call(TIME, (word)area, 0, 0));
    number("and the rest:", call(TIME, (word)area + 0x1000, 0, 0) >= 0);
    number("unmapped:", call(MUNMAP, (word)area + 0x4000, 0x4000, 0));
    number("a hole:", call(WRITE, 1, (word)area + 0x4000, 1));
    number("both sides:", area[0x3FFF] + area[0xFFFF]);
    number("into the hole:", map((word)area + 0x4000, 0x1000, 3, 0x32) == (int)area + 0x4000);
    number("zeros:", area[0x4000]);
    number("a wrong address:", call(WRITE, 1, 0x20, 5));
    number("beyond all:", map(0xFFFFF000, 0x1000, 3, 0x32) < 0);
    end(0);
}

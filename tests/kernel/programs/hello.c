/*
 * In place of sigma0: prints on COM1, reads the info page, waits for the clock, and writes to memory that nobody has
 * reserved.
 */
#include "l4.h"

static const char greeting[] = "hello from C\r\n";
static volatile word uninitialised[3000];

void start(word argument)
{
    volatile word *info = (volatile word *)argument;
    print(greeting);
    check(info[0] == 0x4BE6344C, "magic");
    check(info[0x60 / 4] == 0 && info[0x64 / 4] >= 8 << 20, "main memory");
    check(info[0x24 / 4] >= info[0x28 / 4] && info[0x24 / 4] < info[0x2C / 4], "its own entry of the start table");
    for (int i = 0; i < 3000; i++) check(uninitialised[i] == 0, "bss");

    word before = info[0xA0 / 4];
    while (info[0xA0 / 4] - before < 5000) { }
    print("5 milliseconds later\r\n");

    volatile word *last = (volatile word *)(info[0x64 / 4] - 4);
    *last = 0x1234;
    check(*last == 0x1234, "the last word of memory");
    message m = { 0, 0, 0 };
    word partner = 0;
    check(ipc(NONE, 0, 0x0500000A, &partner, &m) == 0x20, "a sleep of 5 milliseconds ends with a timeout");
    print("done\r\n");
    end(0);
}

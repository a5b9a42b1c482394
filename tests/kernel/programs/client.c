/* The root task gets its own pages by page faults, and then pages of each kind that sigma0 gives. */
#include "l4.h"

#define WINDOW 0x20000000u

static word ask(word w0, word w1, word window)
{
    word sigma0 = SIGMA0;
    message m = { w0, w1, 0 };
    return ipc(0, window | ITEM, 0, &sigma0, &m);
}

void start(word argument)
{
    volatile word *information = (volatile word *)argument;
    check(information[5] >= 2, "the loader's modules");
    check(((volatile word *)information[6])[2] != 0, "the modules' command lines");
    print("client: the loader's information is here\r\n");

    volatile word *info = (volatile word *)WINDOW;
    check(ask(1, 1, PAGE(WINDOW)) == 2, "the info page arrives");
    check(info[0] == 0x4BE6344C, "the info page");
    print("client: the info page\r\n");

    word before = 0;
    for (word page = 1; page <= 64; page++) {
        volatile word *any = (volatile word *)(WINDOW + page * 0x1000);
        check(ask(0xFFFFFFFC, 0, PAGE(WINDOW + page * 0x1000)) == 2, "a free page arrives");
        any[0] = before;
        any[1023] = page;
        before = (word)any;
    }
    for (word page = 64; page > 0; page--) {
        volatile word *any = (volatile word *)before;
        check(any[1023] == page, "a page keeps what was written");
        before = any[0];
    }
    print("client: 64 free pages\r\n");

    volatile word *frame = (volatile word *)0x600000;
    *frame = 0xABCD;
    check(ask(0x600000, 0, PAGE(WINDOW + 0x100000)) == 2, "a frame arrives");
    check(*(volatile word *)(WINDOW + 0x100000) == 0xABCD, "the frame by another address");
    check(ask(info[0x68 / 4], 0, PAGE(WINDOW + 0x101000)) == 0, "a reserved frame does not");
    print("client: a frame in two places\r\n");

    volatile word *large = (volatile word *)(WINDOW + 0x400000);
    check(ask(0x42000000, 0, (word)large | 22 << 2) == 2, "4 MB arrive");
    for (word i = 0; i < 1 << 20; i += 1024) large[i] = i;
    for (word i = 0; i < 1 << 20; i += 1024) check(large[i] == i, "4 MB keep what was written");
    check(((volatile word *)0x2000000)[1024] == 1024, "4 MB by their own address");
    print("client: 4 MB at once\r\n");
    end(0);
}

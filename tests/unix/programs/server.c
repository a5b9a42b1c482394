/*
 * In place of a Unix server below the root task `systems`: marks its memory and prints its size. Then the server on
 * COM1 ends, and the one on COM2 does FORBIDDEN.
 */
#include "l4.h"
#include "ports.h"
#include "system.h"

static word port;

static void print(const char *text)
{
    for (; *text; text++)
        out(port, *text);
}

static void number(word value)
{
    char digits[12], *at = digits + 11;
    *at = 0;
    do
        *--at = '0' + value % 10;
    while (value /= 10);
    print(at);
    print("\r\n");
}

static struct message call(word whom, word w0, word w1)
{
    struct message m = { 0, 0, w0, w1, 0, WHOLE_SPACE | ITEM, whom };
    ipc(&m);
    return m;
}

static void mark(word start, word size)
{
    for (word page = start; page < start + size; page += PAGE) {
        if (*(word *)page == 0x4D524556)
            print("a page that is another's\r\n");
        *(word *)page = 0x4D524556;
    }
}

void start(word argument);

void start(word argument)
{
    struct system *s = (struct system *)argument;
    word pages = 0;
    port = s->port;
    for (struct message m; (m = call(ROOT, MORE, 0)).eax == MAPPED_ITEM && m.ebx;) {
        word size = 1u << (m.ebx >> 2 & 0x3F);
        mark(FLOOR(m.ebx), size);
        pages += size / PAGE;
    }
    print("pages: ");
    number(pages);
    print("more of sigma0: ");
    number(call(SIGMA0, 0xFFFFFFFC, 0).edx + call(SIGMA0, 0xF000F010, 0).edx);
    if (port == COM2)
        FORBIDDEN;
    call(ROOT, END, 5);
}

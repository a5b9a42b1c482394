/*
 * Table 5 of the SOSP '97 paper for a task of L4: page faults that a pager in another task handles. The pager is the
 * root task, which has all pages of the area.
 *
 *   fault    the pager maps a page that it has
 *   trap     from a write to a protected page to the pager's first instruction
 *   Appel 1  the pager unprotects the page and protects another one
 *   Appel 2  all pages are protected at once; then the pager unprotects each when it is written
 */
#include "l4.h"

#define PAGES 64u
#define AREA_LOG (PAGE_LOG + 6)
#define CLIENT TASK(5u)

enum { BEGIN, ROW, PROTECT_PAGES, PROTECT_NEXT, END };

static byte area[PAGES * PAGE] __attribute__((aligned(PAGES * PAGE)));
static word client_stack[STACK_WORDS];

/* Both tasks have this page: when the pager got the last fault. */
static volatile word entered;

static const char *const names[] = { "fault", "trap", "Appel 1", "Appel 2" };
enum { FAULT, TRAP, APPEL_1, APPEL_2 };

static void touch(word page) { *(volatile word *)(area + page * PAGE) = page; }

static void client(void)
{
    /* The first fault also makes the page table. */
    touch(0);
    ask(BEGIN, 0, 0);
    word before = cycles();
    for (word page = 1; page < PAGES; page++)
        touch(page);
    ask(ROW, FAULT, (cycles() - before) / (PAGES - 1));

    ask(PROTECT_PAGES, (word)area, AREA_LOG);
    word all = 0;
    for (word page = 0; page < PAGES; page++) {
        word written = cycles();
        touch(page);
        if (page > 0)
            all += entered - written;
    }
    ask(ROW, TRAP, all / (PAGES - 1));

    /* The first round protects the page of the second. */
    ask(PROTECT_PAGES, (word)area, PAGE_LOG);
    ask(PROTECT_NEXT, 1, 0);
    touch(0);
    before = cycles();
    for (word page = 1; page < PAGES; page++)
        touch(page);
    word each = (cycles() - before) / (PAGES - 1);
    ask(PROTECT_NEXT, 0, 0);
    ask(ROW, APPEL_1, each);

    before = cycles();
    ask(PROTECT_PAGES, (word)area, AREA_LOG);
    for (word page = 0; page < PAGES; page++)
        touch(page);
    ask(ROW, APPEL_2, (cycles() - before) / PAGES);
    ask(END, 0, 0);
}

static word page_of(word address) { return (address - (word)area) / PAGE; }

void start(void)
{
    word partner = 0, protects_next = 0, faults = 0, code;
    message m = { 0, 0, 0 };
    for (word page = 0; page < PAGES; page++)
        touch(page);
    create(CLIENT, client, client_stack);
    code = IPC(NONE, OPEN, 0, partner, m);
    for (;;) {
        word now = cycles(), send = 0;
        check(code == DONE && partner == CLIENT, "a message of the client");
        switch (m.w0) {
        case ASK(BEGIN):
            row(READY, 0);
            break;
        case ASK(ROW):
            /* Each page is faulted for in each row, and no other page is. */
            check(faults == PAGES, names[m.w1]);
            faults = 0;
            row(names[m.w1], m.w2);
            break;
        case ASK(PROTECT_PAGES):
            fpage_unmap(FPAGE(m.w1, m.w2), PROTECT);
            break;
        case ASK(PROTECT_NEXT):
            protects_next = m.w1;
            break;
        case ASK(END):
            end(0);
            break;
        default:
            check((m.w0 & REQUEST) != REQUEST, "a request");
            if (page_of(m.w0) < PAGES) {
                entered = now;
                faults++;
                if (protects_next)
                    fpage_unmap(FPAGE(area + (page_of(m.w0) + 1) % PAGES * PAGE, PAGE_LOG), PROTECT);
            }
            m = own_page(m.w0);
            send = ITEM;
        }
        code = IPC(send, OPEN, 0, partner, m);
    }
}

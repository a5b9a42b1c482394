/*
 * Not for Linux. It uses up the page tables or the map nodes of the microkernel, in the way that is typed, and keeps
 * them. The other Unix must not notice.
 */
#include "call.h"
#include "kernel.h"

enum { PAGE = 4096, BLOCK = 1 << 22, PAGE_LOG = 12, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20, NO_HANG = 1 };
enum { ITEM = 2, WRITABLE = 2, WINDOW = 2, ANYONE = 1, TENTH = 98 << 24 | 10, SECONDS = 10 };

/* The places of new pages: from here on, so many in different blocks, or so many side by side. */
enum { PLACES = 0x50000000, BLOCKS = 64, PAGES = 8192, READ_PAGES = 4096, TRIES = 20 };

static char page[PAGE] __attribute__((aligned(PAGE)));
static word shared;

/* Maps its page to whoever asks, as long as it has a child: its end would take the page from the child. */
static void give_for_ever(void)
{
    page[0] = 1;
    for (;;) {
        struct registers r = { NONE, TENTH, 0, 0, 0, 0, ANYONE };
        ipc(&r);
        if (r.eax) {
            if (call(WAITPID, -1, 0, NO_HANG) != 0)
                end(0);
            continue;
        }
        r = (struct registers){ ITEM, 0, (word)page, (word)page | PAGE_LOG << 2 | WRITABLE, r.esi, 0, NONE };
        ipc(&r);
    }
}

/* Asks again and again for the same page, each time for another place. */
static void ask(word whom, word w0, word w1, word count, word step)
{
    for (word i = 0; i < count; i++) {
        struct registers r = { 0, 0, w0, w1, whom, 0, (PLACES + i * step) | PAGE_LOG << 2 | WINDOW };
        ipc(&r);
    }
}

static void ask_partner(word count, word step, word ends)
{
    word me = my_id();
    if (!call(FORK, 0, 0, 0)) {
        ask(me, 0, 0, count, step);
        return;
    }
    call(CLOSE, ends, 0, 0);
    give_for_ever();
}

/* Reads pages that all these processes share. */
static void read_shared(word count)
{
    for (word at = shared; at < shared + count * PAGE; at += PAGE)
        (void)*(volatile char *)at;
}

static void share(void)
{
    shared = call6(MMAP, 0, READ_PAGES * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (word at = shared; at < shared + READ_PAGES * PAGE; at += PAGE)
        *(volatile char *)at = 1;
}

/* An even first word reads as a page fault for the server. The words 1 and 1 ask sigma0 for its page of information. */
static void take(char way, word count, word ends)
{
    switch (way) {
    case 'a': ask_partner(count, BLOCK, ends); break;
    case 'b': ask_partner(count, PAGE, ends); break;
    case 'c': ask(my_pager(), (word)page, 0, count, BLOCK); break;
    case 'd': ask(my_pager(), (word)page, 0, count, PAGE); break;
    case 'e': ask(SIGMA0, 1, 1, count, BLOCK); break;
    case 'f': ask(SIGMA0, 1, 1, count, PAGE); break;
    case 'g': read_shared(count); break;
    }
}

/* A child takes this many, and keeps them. Returns whether it lives. */
static int is_taken(char way, word count)
{
    static const word long_time[2] = { 1000, 0 };
    char byte = 0;
    word ends[2];
    call(PIPE, (word)ends, 0, 0);
    if (!call(FORK, 0, 0, 0)) {
        take(way, count, ends[1]);
        call(WRITE, ends[1], (word)&byte, 1);
        for (;;)
            call(NANOSLEEP, (word)long_time, 0, 0);
    }
    call(CLOSE, ends[1], 0, 0);
    int lives = call(READ, ends[0], (word)&byte, 1);
    call(CLOSE, ends[0], 0, 0);
    call(WAITPID, -1, 0, NO_HANG);
    return lives == 1;
}

void start(void)
{
    static const word seconds[2] = { SECONDS, 0 };
    char way;
    page[0] = 1;
    print("ready\n");
    call(READ, 0, (word)&way, 1);
    word count = way == 'g' ? READ_PAGES : (way - 'a') % 2 ? PAGES : BLOCKS;
    if (way == 'g')
        share();
    for (int i = 0; i < TRIES && count; i++)
        if (!is_taken(way, count))
            count /= 2;
    number("taken:", 0);
    call(NANOSLEEP, (word)seconds, 0, 0);
    end(0);
}

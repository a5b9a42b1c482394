/* Who has which frame. The root task takes all frames from sigma0, so a server or process can ask it for none. */
#include "systems.h"

enum { BLOCK = 1 << BLOCK_SIZE_LOG, DEVICES = 0xA0000, DEVICES_END = 0x100000 };

static byte owners[FRAMES];
static word counts[MOST_SYSTEMS];

/* Asks sigma0 for memory at its own address. Returns the fpage, or 0. */
static word ask(word w0)
{
    struct message m = { 0, 0, w0, 0, 0, WHOLE_SPACE | ITEM, SIGMA0 };
    ipc(&m);
    return m.eax == MAPPED_ITEM ? m.ebx : 0;
}

static void take(word fpage)
{
    word start = FLOOR(fpage), end = start + (1u << (fpage >> 2 & 0x3F));
    for (word frame = start; frame < end; frame += PAGE)
        owners[frame / PAGE] = MINE;
}

void memory_take(void)
{
    word fpage;
    for (word block = 0; block < MEMORY; block += BLOCK)
        if ((fpage = ask(0x40000000u + block)))
            take(fpage);
    while ((fpage = ask(0xFFFFFFFCu)))
        take(fpage);

    /* Memory of devices is given by address only. It is nobody's. */
    for (word frame = DEVICES; frame < DEVICES_END; frame += PAGE)
        ask(frame);
}

/* Keeps the pages of [start, end) for an owner. */
void memory_keep(word start, word end, byte owner)
{
    for (word frame = FLOOR(start); frame < CEILING(end); frame += PAGE)
        if (owners[frame / PAGE] != NOBODY)
            owners[frame / PAGE] = owner;
}

/* A frame of zeros below IMAGE_LIMIT. */
word memory_frame(void)
{
    static word last = PAGE;
    for (; last < IMAGE_LIMIT; last += PAGE)
        if (owners[last / PAGE] == MINE) {
            owners[last / PAGE] = NOBODY;
            for (word i = 0; i < PAGE; i += 4)
                *(word *)(last + i) = 0;
            return last;
        }
    stop("no memory for the servers");
}

/* Each block of 4 MB goes to the system that has least. */
void memory_divide(void)
{
    for (word block = IMAGE_LIMIT; block < MEMORY; block += BLOCK) {
        word least = 0;
        for (word i = 1; i < server_count; i++)
            if (counts[i] < counts[least])
                least = i;
        for (word frame = block / PAGE; frame < (block + BLOCK) / PAGE; frame++)
            if (owners[frame] == MINE) {
                owners[frame] = OWNED + least;
                counts[least]++;
            }
    }
}

static int is_whole(word frame, byte owner)
{
    if (frame % (BLOCK / PAGE))
        return 0;
    for (word i = 0; i < BLOCK / PAGE; i++)
        if (owners[frame + i] != owner)
            return 0;
    return 1;
}

/* The next block or page of a system, as an item that grants it; 0 if it has got all. */
word memory_next(struct server *s)
{
    byte owner = OWNED + (s - servers);
    for (; s->next < FRAMES; s->next++) {
        word address = s->next * PAGE, whole = is_whole(s->next, owner);
        if (owners[s->next] != owner)
            continue;
        s->next += whole ? BLOCK / PAGE : 1;
        return FPAGE(address, whole ? BLOCK_SIZE_LOG : PAGE_SIZE_LOG) | 3;
    }
    return 0;
}

/*
 * A memory server that gives each task frames of the task's own colours. The colour of a frame is the part of a
 * second-level cache (256 KB, direct-mapped) that its lines fall on. So tasks without a common colour never replace
 * each other's lines there. A page of a task is a copy of the root task's page at the same address.
 */
#define COLOURS 64u
#define MOST_PAGES 128u

struct space {
    word frames, first_colour, colours, count;
    struct { word page, frame; } held[MOST_PAGES];
};

static inline void give_colours(struct space *space, word frames, word first_colour, word colours)
{
    space->frames = frames;
    space->first_colour = first_colour;
    space->colours = colours;
    space->count = 0;
}

static inline word frame_of(struct space *space, word page)
{
    for (word i = 0; i < space->count; i++)
        if (space->held[i].page == page)
            return space->held[i].frame;
    check(space->count < MOST_PAGES, "a page for a task");
    word number = space->count / space->colours * COLOURS + space->first_colour + space->count % space->colours;
    word frame = space->frames + number * PAGE;
    for (word i = 0; i < PAGE; i += sizeof(word))
        *(volatile word *)(frame + i) = *(volatile word *)(page + i);
    space->held[space->count].page = page;
    space->held[space->count++].frame = frame;
    return frame;
}

/* The map item that answers the fault of a task at an address: the send base is the address in the task. */
static inline message coloured_page(struct space *space, word address)
{
    word page = address & ~(PAGE - 1);
    return (message){ page, FPAGE(frame_of(space, page), PAGE_LOG) | WRITABLE, 0 };
}

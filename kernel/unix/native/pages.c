/* Page tables of processes. Each frame knows the entries that map it, so that it can be taken from all processes. */
#include "native.h"

enum { PRESENT = 1, WRITABLE = 2, USER = 4, ROW = 1024 };

/* Programs see one page of the kernel: the code that ends a signal handler. */
#define LIBRARY 0x1000u

struct place { struct place *next; word *entry; };

static struct place *places[MEMORY / PAGE];
static word *loaded, library_frame, empty_directory;
static byte is_stale;

static const byte library[] = { 0x58, 0xB8, 119, 0, 0, 0, 0xCD, 0x80, 0xB8, 173, 0, 0, 0, 0xCD, 0x80 };
enum { WITH_INFORMATION = 8 };

static void map_kernel(word *directory)
{
    for (word i = 0; i < KERNEL_ROWS; i++)
        directory[KERNEL_ROW + i] = kernel_row(i);
}

void pages_start(void)
{
    if (!(library_frame = frame_new()) || !(empty_directory = frame_new()))
        stop("no memory for pages");
    memcpy((void *)library_frame, library, sizeof library);
    map_kernel((word *)empty_directory);
    load_directory(empty_directory);
}

/* The directory of a process, unless it is loaded already and nothing was taken from it. */
void pages_load(struct process *p)
{
    word *directory = p ? p->platform.directory : (word *)empty_directory;
    if (directory == loaded && !is_stale)
        return;
    loaded = directory;
    is_stale = 0;
    load_directory((word)directory);
}

static void forget(word *entry)
{
    for (struct place **at = &places[*entry / PAGE]; *at; at = &(*at)->next)
        if ((*at)->entry == entry) {
            struct place *found = *at;
            *at = found->next;
            give(found, sizeof *found);
            break;
        }
    *entry = 0;
    is_stale = 1;
}

int pages_create(struct process *p)
{
    word *directory = (word *)frame_new(), *entry = tree_entry(&p->space.tables, LIBRARY / PAGE, 1);
    if (!directory || !entry || (!*entry && area_add(&p->space, LIBRARY, LIBRARY + PAGE, 5, NULL, 0, 0))) {
        if (directory)
            frame_drop((word)directory);
        return -ENOMEM;
    }
    if (!*entry) {
        frame_keep(library_frame);
        *entry = library_frame | PRESENT;
    }
    map_kernel(directory);
    p->platform.directory = directory;
    return 0;
}

void pages_destroy(struct process *p)
{
    word *directory = p->platform.directory;
    if (loaded == directory)
        pages_load(NULL);
    for (word row = 0; row < KERNEL_ROW; row++) {
        word *table = (word *)FLOOR(directory[row]);
        for (word i = 0; table && i < ROW; i++)
            if (table[i])
                forget(&table[i]);
        if (table)
            frame_drop((word)table);
    }
    frame_drop((word)directory);
    p->platform.directory = NULL;
}

/* -ENOMEM: there is no memory for the table, or for the frame's list. */
int pages_map(struct process *p, word page, word frame, word writable)
{
    word *row = p->platform.directory + (page >> 22), table = FLOOR(*row);
    if (!table && !(table = frame_new()))
        return -ENOMEM;
    *row = table | PRESENT | WRITABLE | USER;
    word *entry = (word *)table + page / PAGE % ROW;
    if (*entry && FLOOR(*entry) != frame)
        forget(entry);
    if (!*entry) {
        struct place *new = take(sizeof *new);
        if (!new)
            return -ENOMEM;
        *new = (struct place){ places[frame / PAGE], entry };
        places[frame / PAGE] = new;
    }
    *entry = frame | PRESENT | USER | (writable ? WRITABLE : 0);
    return 0;
}

void platform_unmap(word frame)
{
    while (places[frame / PAGE])
        forget(places[frame / PAGE]->entry);
}

void platform_protect(word frame)
{
    for (struct place *at = places[frame / PAGE]; at; at = at->next)
        *at->entry &= ~WRITABLE;
    is_stale = 1;
}

word platform_sigreturn(int has_information) { return LIBRARY + (has_information ? WITH_INFORMATION : 0); }

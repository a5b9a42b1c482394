/* Spaces of processes: areas say what may be there, entries say which frames are there. */
#include "unix.h"

/* Bits of an entry besides its frame. MAPPED: the process may have it in its own page tables. */
enum { PRESENT = 1, WRITABLE = 2, MAPPED = 0x200 };
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };

/*
 * How many entries of all processes have MAPPED. Processes have at most so many pages in their page tables: a page that
 * is taken away may keep its bit, but no page comes without one.
 */
word mapped_pages;

struct area *area_at(struct space *s, word address)
{
    for (struct area *a = s->areas; a; a = a->next)
        if (address >= a->start && address < a->end)
            return a;
    return NULL;
}

int area_add(struct space *s, word start, word end, word protection, struct inode *file, word offset, word file_end)
{
    struct area *a = take(sizeof *a), **at = &s->areas;
    if (!a)
        return -ENOMEM;
    *a = (struct area){ NULL, start, end, protection, file, offset, file_end };
    if (file)
        inode_keep(file);
    while (*at && (*at)->start < start)
        at = &(*at)->next;
    a->next = *at;
    *at = a;
    return 0;
}

static void area_free(struct area *a)
{
    if (a->file)
        inode_drop(a->file);
    give(a, sizeof *a);
}

static void forget(word *entry)
{
    if (*entry & MAPPED)
        mapped_pages--;
    if (*entry)
        frame_drop(FLOOR(*entry));
    *entry = 0;
}

static void drop_entry(word *entry)
{
    if (*entry & MAPPED)
        platform_unmap(FLOOR(*entry));
    forget(entry);
}

static void drop_pages(struct space *s, word start, word end)
{
    for (word page = start; page < end; page += PAGE) {
        word *entry = tree_entry(&s->tables, page / PAGE, 0);
        if (entry)
            drop_entry(entry);
    }
}

/* Splits the area that contains an address in its middle. */
static int split(struct space *s, word address)
{
    struct area *a = area_at(s, address);
    if (!a || a->start == address)
        return 0;
    int error = area_add(s, address, a->end, a->protection, a->file, a->offset + (address - a->start), a->file_end);
    if (!error)
        a->end = address;
    return error;
}

/* Makes a range empty. */
static int clear(struct space *s, word start, word end)
{
    int error = split(s, start);
    if (error || (error = split(s, end)))
        return error;
    for (struct area **at = &s->areas; *at;) {
        struct area *a = *at;
        if (a->start < start || a->end > end) {
            at = &a->next;
            continue;
        }
        drop_pages(s, a->start, a->end);
        *at = a->next;
        area_free(a);
    }
    return 0;
}

static void free_page(word *entry, word index, void *context)
{
    (void)index, (void)context;
    forget(entry);
}

/* The process must have left the space. */
void space_free(struct space *s)
{
    tree_walk(&s->tables, free_page, NULL);
    tree_free(&s->tables);
    while (s->areas) {
        struct area *a = s->areas;
        s->areas = a->next;
        area_free(a);
    }
}

struct copying { struct space *to; int error; };

static void share_page(word *entry, word index, void *context)
{
    struct copying *c = context;
    word *copy = c->error ? NULL : tree_entry(&c->to->tables, index, 1);
    if (!copy) {
        c->error = -ENOMEM;
        return;
    }
    if ((*entry & (WRITABLE | MAPPED)) == (WRITABLE | MAPPED))
        platform_protect(FLOOR(*entry));
    *entry &= ~WRITABLE;
    *copy = *entry & ~MAPPED;
    frame_keep(FLOOR(*entry));
}

/* Shares all pages. The first process that writes a page gets a copy of it. */
int space_copy(struct space *to, struct space *from)
{
    struct copying c = { to, 0 };
    *to = (struct space){ NULL, NULL, from->heap, from->heap_end };
    for (struct area *a = from->areas; a && !c.error; a = a->next)
        c.error = area_add(to, a->start, a->end, a->protection, a->file, a->offset, a->file_end);
    if (!c.error)
        tree_walk(&from->tables, share_page, &c);
    if (c.error)
        space_free(to);
    return c.error;
}

/* The first content of a page: zeros, a page of a file, or a part of it and zeros. */
static int fill(struct area *a, word page, word *entry)
{
    word position = a->offset + (page - a->start);
    if (a->file && page < a->file_end && !(position & (PAGE - 1)) && a->file_end - page >= PAGE) {
        word frame;
        int error = inode_frame(a->file, position / PAGE, &frame);
        if (error)
            return error;
        if (frame) {
            frame_keep(frame);
            *entry = frame | PRESENT;
            return 0;
        }
    }
    word frame = frame_new();
    if (!frame)
        return -ENOMEM;
    if (a->file && page < a->file_end)
        inode_read(a->file, position, (void *)frame, a->file_end - page < PAGE ? a->file_end - page : PAGE);
    *entry = frame | PRESENT | WRITABLE;
    return 0;
}

/* Gives a page a frame of its own. */
static int own(word *entry)
{
    word old = FLOOR(*entry);
    if (frame_users(old) > 1) {
        word frame = frame_new();
        if (!frame)
            return -ENOMEM;
        memcpy((void *)frame, (void *)old, PAGE);
        drop_entry(entry);
        *entry = frame | PRESENT;
    }
    *entry |= WRITABLE;
    return 0;
}

/*
 * Makes a page accessible and returns its entry. `write` is 1 for a write of the process, 2 for one of the server that
 * no protection stops.
 */
int space_touch(struct space *s, word address, int write, word *found)
{
    struct area *a = area_at(s, address);
    if (!a || (write == 1 && !(a->protection & PROT_WRITE)) || (!write && !a->protection))
        return -EFAULT;
    word *entry = tree_entry(&s->tables, address / PAGE, 1);
    if (!entry)
        return -ENOMEM;
    int error = *entry ? 0 : fill(a, FLOOR(address), entry);
    if (!error && write && (!(*entry & WRITABLE) || frame_users(FLOOR(*entry)) > 1))
        error = own(entry);
    if (error)
        return error;
    *found = *entry;
    if (!(a->protection & PROT_WRITE))
        *found &= ~WRITABLE;
    return 0;
}

/* Likewise for a fault of the process, which gets the page now. */
int space_fault(struct space *s, word address, int write, word *found)
{
    int error = space_touch(s, address, write, found);
    word *entry = error ? NULL : tree_entry(&s->tables, address / PAGE, 0);
    if (entry && !(*entry & MAPPED)) {
        *entry |= MAPPED;
        mapped_pages++;
    }
    return error;
}

int call_brk(struct process *p)
{
    struct space *s = &p->space;
    word end = p->argument[0], top = CEILING(s->heap_end);
    if (end < s->heap || end >= MAP_START)
        return s->heap_end;
    if (CEILING(end) > top) {
        for (struct area *a = s->areas; a; a = a->next)
            if (a->start < CEILING(end) && a->end > top)
                return s->heap_end;
        if (area_add(s, top, CEILING(end), PROT_READ | PROT_WRITE, NULL, 0, 0))
            return s->heap_end;
    } else if (CEILING(end) < top && clear(s, CEILING(end), top))
        return s->heap_end;
    return s->heap_end = end;
}

/* The first gap that is large enough. */
static word find_gap(struct space *s, word size)
{
    word at = MAP_START;
    for (struct area *a = s->areas; a; a = a->next)
        if (a->end > at) {
            if (a->start >= at && a->start - at >= size)
                break;
            at = a->end;
        }
    return at + size < at || at + size > USER_END ? 0 : at;
}

static int map(struct process *p, const word *argument, word offset)
{
    enum { SHARED = 1, FIXED = 0x10, ANONYMOUS = 0x20 };
    word start = argument[0], size = CEILING(argument[1]), flags = argument[3];
    struct file *f = NULL;
    if (!argument[1] || size < argument[1])
        return -EINVAL;
    if (!(flags & ANONYMOUS)) {
        if (!(f = file_of(p, argument[4])))
            return -EBADF;
        if (TYPE(f->inode->mode) != REGULAR)
            return -ENODEV;
    }
    if ((flags & SHARED) && (argument[2] & PROT_WRITE))
        return -EINVAL;
    if (flags & FIXED) {
        if (start != FLOOR(start) || start < USER_START || start + size < start || start + size > USER_END)
            return -EINVAL;
        int error = clear(&p->space, start, start + size);
        if (error)
            return error;
    } else if (!(start = find_gap(&p->space, size)))
        return -ENOMEM;
    int error = area_add(&p->space, start, start + size, argument[2] & 7, f ? f->inode : NULL, offset,
        f ? start + size : 0);
    return error ? error : (int)start;
}

int call_mmap2(struct process *p)
{
    return p->argument[5] >= 1u << 20 ? -EINVAL : map(p, p->argument, p->argument[5] * PAGE);
}

/* The old call finds its arguments in memory. */
int call_mmap(struct process *p)
{
    word argument[6];
    if (copy_in(p, argument, p->argument[0], sizeof argument))
        return -EFAULT;
    return argument[5] % PAGE ? -EINVAL : map(p, argument, argument[5]);
}

static int is_range(word start, word size)
{
    return start == FLOOR(start) && start >= USER_START && start + size >= start && start + size <= USER_END;
}

int call_munmap(struct process *p)
{
    word start = p->argument[0], size = CEILING(p->argument[1]);
    return !size || !is_range(start, size) ? -EINVAL : clear(&p->space, start, start + size);
}

int call_mprotect(struct process *p)
{
    word start = p->argument[0], size = CEILING(p->argument[1]);
    if (!is_range(start, size))
        return -EINVAL;
    int error = split(&p->space, start);
    if (error || (error = split(&p->space, start + size)))
        return error;
    for (word page = start; page < start + size; page += PAGE) {
        struct area *a = area_at(&p->space, page);
        word *entry = tree_entry(&p->space.tables, page / PAGE, 0);
        if (!a)
            return -ENOMEM;
        a->protection = p->argument[2] & 7;
        if (entry && *entry & MAPPED)
            platform_unmap(FLOOR(*entry));
    }
    return 0;
}

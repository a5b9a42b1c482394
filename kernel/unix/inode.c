/* Files in memory: their contents by page, and directories as lists of names. */
#include "unix.h"

struct inode *root;
static word last_number;

/* The caller has one reference to it; no directory names it. */
struct inode *inode_new(word mode)
{
    struct inode *i = take(sizeof *i);
    if (!i)
        return NULL;
    i->mode = mode;
    i->number = ++last_number;
    i->references = 1;
    i->changed = platform_time();
    return i;
}

void inode_keep(struct inode *i) { i->references++; }

static void free_frame(word *entry, word index, void *context)
{
    (void)index, (void)context;
    frame_drop(*entry);
    *entry = 0;
}

static void free_if_unused(struct inode *i)
{
    if (i->references || i->links)
        return;
    tree_walk(&i->data, free_frame, NULL);
    tree_free(&i->data);
    if (i->target)
        give(i->target, length_of(i->target) + 1);
    give(i, sizeof *i);
}

void inode_drop(struct inode *i)
{
    i->references--;
    free_if_unused(i);
}

static int is_name(struct entry *e, const char *name, word length)
{
    return !memcmp(e->name, name, length) && !e->name[length];
}

struct inode *entry_find(struct inode *directory, const char *name, word length)
{
    if (length == 1 && name[0] == '.')
        return directory;
    if (length == 2 && name[0] == '.' && name[1] == '.')
        return directory->parent;
    for (struct entry *e = directory->entries; e; e = e->next)
        if (length_of(e->name) == length && is_name(e, name, length))
            return e->inode;
    return NULL;
}

/* New names come last, so that a directory is listed in the order of its making. */
int entry_add(struct inode *directory, const char *name, word length, struct inode *i)
{
    struct entry *e = take(sizeof *e + length + 1), **at = &directory->entries;
    if (!e)
        return -ENOSPC;
    memcpy(e->name, name, length);
    e->name[length] = 0;
    e->inode = i;
    i->links++;
    if (TYPE(i->mode) == DIRECTORY)
        i->parent = directory;
    while (*at)
        at = &(*at)->next;
    *at = e;
    directory->changed = platform_time();
    return 0;
}

void entry_remove(struct inode *directory, const char *name, word length)
{
    for (struct entry **at = &directory->entries; *at; at = &(*at)->next) {
        struct entry *e = *at;
        if (length_of(e->name) != length || !is_name(e, name, length))
            continue;
        *at = e->next;
        e->inode->links--;
        free_if_unused(e->inode);
        give(e, sizeof *e + length + 1);
        directory->changed = platform_time();
        return;
    }
}

/* The frame of a page of a file; 0 if nothing has been written there. */
int inode_frame(struct inode *i, word page, word *frame)
{
    word *entry = tree_entry(&i->data, page, 0);
    *frame = entry ? *entry : 0;
    return 0;
}

/* The frame of a page that will be written. No other file or process uses this frame. */
static word own_frame(struct inode *i, word page)
{
    word *entry = tree_entry(&i->data, page, 1), frame;
    if (!entry)
        return 0;
    if (!*entry)
        return *entry = frame_new();
    if (frame_users(*entry) > 1) {
        if (!(frame = frame_new()))
            return 0;
        memcpy((void *)frame, (void *)*entry, PAGE);
        frame_drop(*entry);
        *entry = frame;
    }
    return *entry;
}

/* Copies between a file and memory of a process, or of the server (s = NULL); the number of bytes. */
int inode_transfer(struct inode *i, word position, struct space *s, word address, word size, int write)
{
    word done = 0;
    if (write && position + size < position)
        return -EFBIG;
    if (!write)
        size = position >= i->size ? 0 : size < i->size - position ? size : i->size - position;
    while (done < size) {
        word at = position + done, part = PAGE - at % PAGE, frame;
        byte *memory = s ? user(s, address + done, !write) : (byte *)address + done;
        if (!memory)
            return done ? (int)done : -EFAULT;
        if (s && part > PAGE - (address + done) % PAGE)
            part = PAGE - (address + done) % PAGE;
        if (part > size - done)
            part = size - done;
        if (!write) {
            inode_frame(i, at / PAGE, &frame);
            if (frame)
                memcpy(memory, (byte *)frame + at % PAGE, part);
            else
                memset(memory, 0, part);
        } else {
            if (!(frame = own_frame(i, at / PAGE)))
                return done ? (int)done : -ENOSPC;
            memcpy((byte *)frame + at % PAGE, memory, part);
            if (at + part > i->size)
                i->size = at + part;
        }
        done += part;
    }
    if (write)
        i->changed = platform_time();
    return done;
}

int inode_read(struct inode *i, word position, void *to, word size)
{
    return inode_transfer(i, position, NULL, (word)to, size, 0);
}

int inode_write(struct inode *i, word position, const void *from, word size)
{
    return inode_transfer(i, position, NULL, (word)from, size, 1);
}

struct cut { word size; };

static void cut_frame(word *entry, word index, void *context)
{
    struct cut *c = context;
    if (index >= CEILING(c->size) / PAGE)
        free_frame(entry, index, NULL);
}

int inode_resize(struct inode *i, word size)
{
    if (size < i->size) {
        struct cut c = { size };
        tree_walk(&i->data, cut_frame, &c);
        word frame;
        inode_frame(i, size / PAGE, &frame);
        if (size % PAGE && frame && (frame = own_frame(i, size / PAGE)))
            memset((byte *)frame + size % PAGE, 0, PAGE - size % PAGE);
        else if (size % PAGE && frame)
            return -ENOSPC;
    }
    i->size = size;
    i->changed = platform_time();
    return 0;
}

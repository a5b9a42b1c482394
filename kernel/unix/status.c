/* Calls that report and change what is known of files. All users are root, so every access is allowed. */
#include "unix.h"

/* struct stat64 of IA-32. */
struct status {
    u64 device;
    word gap, short_number, mode, links, owner, group;
    u64 special;
    word other_gap;
    u64 size;
    word block_size;
    u64 blocks;
    word accessed[2], written[2], changed[2];
    u64 number;
} __attribute__((packed));

static int put_status(struct process *p, struct inode *i, word address)
{
    struct status s = { .device = 1, .short_number = i->number, .number = i->number, .mode = i->mode,
        .links = TYPE(i->mode) == DIRECTORY ? 2 : i->links, .owner = i->owner, .group = i->group, .special = i->device,
        .size = i->size, .block_size = PAGE, .blocks = (i->size + 511) / 512 };
    word part, seconds = divide(i->changed, 1000000, &part);
    s.accessed[0] = s.written[0] = s.changed[0] = seconds;
    s.accessed[1] = s.written[1] = s.changed[1] = part * 1000;
    return copy_out(p, address, &s, sizeof s);
}

int call_stat64(struct process *p)
{
    struct inode *i;
    int error = path_user(p, p->argument[0], 1, &i);
    return error ? error : put_status(p, i, p->argument[1]);
}

int call_lstat64(struct process *p)
{
    struct inode *i;
    int error = path_user(p, p->argument[0], 0, &i);
    return error ? error : put_status(p, i, p->argument[1]);
}

int call_fstat64(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    return f ? put_status(p, f->inode, p->argument[1]) : -EBADF;
}

struct directory_entry {
    u64 number, next;
    half size;
    byte type;
    char name[NAME_LENGTH + 1 + 5];
} __attribute__((packed));

/* The entry number `index` of a directory, "." and ".." first; NULL behind the last one. */
static struct inode *entry_at(struct inode *directory, word index, const char **name)
{
    struct entry *e = directory->entries;
    *name = index ? ".." : ".";
    if (index < 2)
        return index ? directory->parent : directory;
    for (index -= 2; e && index; index--)
        e = e->next;
    if (!e)
        return NULL;
    *name = e->name;
    return e->inode;
}

int call_getdents64(struct process *p)
{
    static struct directory_entry d;
    struct file *f = file_of(p, p->argument[0]);
    const char *name;
    word done = 0;
    if (!f)
        return -EBADF;
    if (TYPE(f->inode->mode) != DIRECTORY)
        return -ENOTDIR;
    for (struct inode *i; (i = entry_at(f->inode, f->position, &name)); f->position++) {
        word size = (__builtin_offsetof(struct directory_entry, name) + length_of(name) + 1 + 7) & ~7u;
        if (done + size > p->argument[2])
            return done ? (int)done : -EINVAL;
        memset(&d, 0, sizeof d);
        d.number = i->number;
        d.next = f->position + 1;
        d.size = size;
        d.type = TYPE(i->mode) >> 12;
        copy_text(d.name, name, sizeof d.name);
        if (copy_out(p, p->argument[1] + done, &d, size))
            return done ? (int)done : -EFAULT;
        done += size;
    }
    return done;
}

int call_access(struct process *p)
{
    struct inode *i;
    int error = path_user(p, p->argument[0], 1, &i);
    if (error)
        return error;
    return (p->argument[1] & 1) && TYPE(i->mode) != DIRECTORY && !(i->mode & 0111) ? -EACCES : 0;
}

int call_chmod(struct process *p)
{
    struct inode *i;
    int error = path_user(p, p->argument[0], 1, &i);
    if (!error)
        i->mode = TYPE(i->mode) | (p->argument[1] & 07777);
    return error;
}

int call_chown(struct process *p)
{
    struct inode *i;
    int error = path_user(p, p->argument[0], 1, &i);
    if (error)
        return error;
    if (p->argument[1] != NONE)
        i->owner = p->argument[1];
    if (p->argument[2] != NONE)
        i->group = p->argument[2];
    return 0;
}

int call_truncate(struct process *p)
{
    struct inode *i;
    int error = path_user(p, p->argument[0], 1, &i);
    return error ? error : TYPE(i->mode) != REGULAR ? -EINVAL : inode_resize(i, p->argument[1]);
}

int call_utime(struct process *p)
{
    struct inode *i;
    word times[2];
    int error = path_user(p, p->argument[0], 1, &i);
    if (error)
        return error;
    if (p->argument[1] && copy_in(p, times, p->argument[1], sizeof times))
        return -EFAULT;
    i->changed = p->argument[1] ? times[1] * 1000000ull : platform_time();
    return 0;
}

/* Calls with a directory before each path, made of the calls without. */
#include "unix.h"

enum { CURRENT = -100, NO_FOLLOW = 0x100, REMOVE_DIRECTORY = 0x200 };

static void shift(struct process *p, int from)
{
    for (int i = from; i < 5; i++)
        p->argument[i] = p->argument[i + 1];
}

/* The call finds its path in the directory that the first argument names. */
static int in_directory(struct process *p, int (*call)(struct process *p))
{
    struct inode *own = p->directory;
    byte *path = user(&p->space, p->argument[1], 0);
    if (!path)
        return -EFAULT;
    if ((int)p->argument[0] != CURRENT && *path != '/') {
        struct file *f = file_of(p, p->argument[0]);
        if (!f)
            return -EBADF;
        if (TYPE(f->inode->mode) != DIRECTORY)
            return -ENOTDIR;
        p->directory = f->inode;
    }
    shift(p, 0);
    int result = call(p);
    p->directory = own;
    return result;
}

int call_openat(struct process *p) { return in_directory(p, call_open); }

int call_mkdirat(struct process *p) { return in_directory(p, call_mkdir); }

int call_mknodat(struct process *p) { return in_directory(p, call_mknod); }

int call_fchownat(struct process *p) { return in_directory(p, call_chown); }

int call_readlinkat(struct process *p) { return in_directory(p, call_readlink); }

int call_fchmodat(struct process *p) { return in_directory(p, call_chmod); }

int call_faccessat(struct process *p) { return in_directory(p, call_access); }

int call_fstatat64(struct process *p)
{
    return in_directory(p, p->argument[3] & NO_FOLLOW ? call_lstat64 : call_stat64);
}

int call_unlinkat(struct process *p)
{
    return in_directory(p, p->argument[2] & REMOVE_DIRECTORY ? call_rmdir : call_unlink);
}

/* The directory comes second here. */
int call_symlinkat(struct process *p)
{
    if ((int)p->argument[1] != CURRENT)
        return -EINVAL;
    shift(p, 1);
    return call_symlink(p);
}

/* Two directories: only the current one. */
static int in_current(struct process *p, int (*call)(struct process *p))
{
    if ((int)p->argument[0] != CURRENT || (int)p->argument[2] != CURRENT)
        return -EINVAL;
    shift(p, 2);
    shift(p, 0);
    return call(p);
}

int call_renameat(struct process *p) { return in_current(p, call_rename); }

int call_linkat(struct process *p) { return in_current(p, call_link); }

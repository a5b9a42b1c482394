/* Open files and descriptors. */
#include "unix.h"

enum { ACCESS = 3, WRITE_ONLY = 1, READ_WRITE = 2, CREATE = 0100, EXCLUSIVE = 0200, TRUNCATE = 01000, APPEND = 02000,
       NON_BLOCKING = 04000, DIRECTORY_ONLY = 0200000, NO_FOLLOW = 0400000, CLOSE_ON_EXEC = 02000000 };

struct file *file_of(struct process *p, word descriptor)
{
    return descriptor < MOST_FILES ? p->files[descriptor] : NULL;
}

/* The file gets the lowest free descriptor from `least` on. */
int file_install(struct process *p, struct file *f, word least)
{
    for (word i = least; i < MOST_FILES; i++)
        if (!p->files[i]) {
            p->files[i] = f;
            p->close_on_exec &= ~(1ull << i);
            return i;
        }
    return -EMFILE;
}

struct file *file_new(struct inode *i, word flags)
{
    struct file *f = take(sizeof *f);
    if (!f)
        return NULL;
    *f = (struct file){ 1, flags, 0, i };
    inode_keep(i);
    if (TYPE(i->mode) == FIFO)
        pipe_open(i, flags);
    return f;
}

void file_drop(struct file *f)
{
    if (--f->references)
        return;
    if (TYPE(f->inode->mode) == FIFO)
        pipe_close(f->inode, f->flags);
    inode_drop(f->inode);
    give(f, sizeof *f);
}

static int create(struct process *p, const char *path, word mode, struct inode **made)
{
    static char name[NAME_LENGTH + 1];
    struct inode *directory;
    int error = path_parent(p, path, &directory, name);
    if (error)
        return error;
    if (!(*made = inode_new(REGULAR | (mode & 07777 & ~p->umask))))
        return -ENOSPC;
    error = entry_add(directory, name, length_of(name), *made);
    inode_drop(*made);
    return error;
}

static int open(struct process *p, const char *path, word flags, word mode)
{
    struct inode *i;
    int error = path_find(p, path, !(flags & NO_FOLLOW), &i);
    if (error == -ENOENT && (flags & CREATE))
        error = create(p, path, mode, &i);
    else if (!error && (flags & CREATE) && (flags & EXCLUSIVE))
        error = -EEXIST;
    if (error)
        return error;
    word type = TYPE(i->mode);
    if (type == LINK)
        return -ELOOP;
    if (type == DIRECTORY && (flags & ACCESS))
        return -EISDIR;
    if (type != DIRECTORY && (flags & DIRECTORY_ONLY))
        return -ENOTDIR;
    if (type == DEVICE && i->device != TTY_DEVICE && i->device != CONSOLE_DEVICE && i->device != NULL_DEVICE
        && i->device != ZERO_DEVICE)
        return -ENXIO;
    if (type == FIFO && !i->pipe && !(i->pipe = pipe_new()))
        return -ENOMEM;
    if (type == REGULAR && (flags & TRUNCATE) && (error = inode_resize(i, 0)))
        return error;
    struct file *f = file_new(i, flags & ~(CREATE | EXCLUSIVE | TRUNCATE));
    if (!f)
        return -ENFILE;
    int descriptor = file_install(p, f, 0);
    if (descriptor < 0)
        file_drop(f);
    else if (flags & CLOSE_ON_EXEC)
        p->close_on_exec |= 1ull << descriptor;
    return descriptor;
}

int call_open(struct process *p)
{
    static char path[PATH_LENGTH];
    int error = path_in(p, p->argument[0], path);
    return error ? error : open(p, path, p->argument[1], p->argument[2]);
}

int call_creat(struct process *p)
{
    p->argument[2] = p->argument[1];
    p->argument[1] = CREATE | TRUNCATE | WRITE_ONLY;
    return call_open(p);
}

int call_close(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    if (!f)
        return -EBADF;
    p->files[p->argument[0]] = NULL;
    file_drop(f);
    return 0;
}

static int read(struct process *p, struct file *f, word address, word size)
{
    struct inode *i = f->inode;
    if ((f->flags & ACCESS) == WRITE_ONLY)
        return -EBADF;
    switch (TYPE(i->mode)) {
    case DIRECTORY:
        return -EISDIR;
    case FIFO:
        return pipe_read(p, f, address, size);
    case DEVICE:
        return i->device == NULL_DEVICE ? 0
            : i->device == ZERO_DEVICE ? inode_transfer(&(struct inode){ .size = NONE }, 0, &p->space, address, size, 0)
            : console_read(p, f, address, size);
    }
    int done = inode_transfer(i, f->position, &p->space, address, size, 0);
    if (done > 0)
        f->position += done;
    return done;
}

static int write(struct process *p, struct file *f, word address, word size)
{
    struct inode *i = f->inode;
    if (!(f->flags & ACCESS))
        return -EBADF;
    switch (TYPE(i->mode)) {
    case FIFO:
        return pipe_write(p, f, address, size);
    case DEVICE:
        return i->device == NULL_DEVICE || i->device == ZERO_DEVICE ? (int)size : console_write(p, address, size);
    }
    if (f->flags & APPEND)
        f->position = i->size;
    int done = inode_transfer(i, f->position, &p->space, address, size, 1);
    if (done > 0)
        f->position += done;
    return done;
}

int call_read(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    return !f ? -EBADF : (int)p->argument[2] < 0 ? -EINVAL : read(p, f, p->argument[1], p->argument[2]);
}

int call_write(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    return !f ? -EBADF : (int)p->argument[2] < 0 ? -EINVAL : write(p, f, p->argument[1], p->argument[2]);
}

/* Calls one of the two above for each piece, until one is short. A call that would block after that ends. */
static int vector(struct process *p, int (*one)(struct process *, struct file *, word, word))
{
    struct file *f = file_of(p, p->argument[0]);
    word piece[2];
    int done = 0;
    if (!f)
        return -EBADF;
    for (word i = 0; i < p->argument[2]; i++) {
        if (copy_in(p, piece, p->argument[1] + 8 * i, 8))
            return done ? done : -EFAULT;
        if (!piece[1])
            continue;
        int part = one(p, f, piece[0], piece[1]);
        if (part < 0)
            return done ? done : part;
        done += part;
        if ((word)part < piece[1])
            break;
    }
    return done;
}

int call_readv(struct process *p) { return vector(p, read); }

int call_writev(struct process *p) { return vector(p, write); }

static int seek(struct file *f, word offset, word whence)
{
    if (TYPE(f->inode->mode) == FIFO || TYPE(f->inode->mode) == DEVICE)
        return -ESPIPE;
    if (whence > 2)
        return -EINVAL;
    word to = offset + (whence == 1 ? f->position : whence == 2 ? f->inode->size : 0);
    if ((int)to < 0)
        return -EINVAL;
    return f->position = to;
}

int call_lseek(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    return f ? seek(f, p->argument[1], p->argument[2]) : -EBADF;
}

/* Offsets of 64 bits: files are smaller. */
int call_llseek(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    if (!f)
        return -EBADF;
    if (p->argument[1] != ((int)p->argument[2] < 0 ? NONE : 0))
        return -EINVAL;
    int to = seek(f, p->argument[2], p->argument[4]);
    u64 position = to;
    return to < 0 ? to : copy_out(p, p->argument[3], &position, 8);
}

static int copy_descriptor(struct process *p, word descriptor, word least)
{
    struct file *f = file_of(p, descriptor);
    if (!f)
        return -EBADF;
    int copy = file_install(p, f, least);
    if (copy >= 0)
        f->references++;
    return copy;
}

int call_dup(struct process *p) { return copy_descriptor(p, p->argument[0], 0); }

int call_dup2(struct process *p)
{
    word from = p->argument[0], to = p->argument[1];
    if (!file_of(p, from) || to >= MOST_FILES)
        return -EBADF;
    if (from == to)
        return to;
    if (p->files[to])
        file_drop(p->files[to]);
    p->files[to] = NULL;
    return copy_descriptor(p, from, to);
}

int call_fcntl(struct process *p)
{
    enum { DUP, GET_DESCRIPTOR, SET_DESCRIPTOR, GET_FLAGS, SET_FLAGS, DUP_CLOSE_ON_EXEC = 1030 };
    word descriptor = p->argument[0], value = p->argument[2];
    struct file *f = file_of(p, descriptor);
    int copy;
    if (!f)
        return -EBADF;
    switch (p->argument[1]) {
    case DUP:
    case DUP_CLOSE_ON_EXEC:
        copy = value >= MOST_FILES ? -EINVAL : copy_descriptor(p, descriptor, value);
        if (copy >= 0 && p->argument[1] == DUP_CLOSE_ON_EXEC)
            p->close_on_exec |= 1ull << copy;
        return copy;
    case GET_DESCRIPTOR:
        return p->close_on_exec >> descriptor & 1;
    case SET_DESCRIPTOR:
        p->close_on_exec = (p->close_on_exec & ~(1ull << descriptor)) | (u64)(value & 1) << descriptor;
        return 0;
    case GET_FLAGS:
        return f->flags;
    case SET_FLAGS:
        f->flags = (f->flags & ~(APPEND | NON_BLOCKING)) | (value & (APPEND | NON_BLOCKING));
        return 0;
    }
    return -EINVAL;
}

int call_ioctl(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    if (!f)
        return -EBADF;
    word device = TYPE(f->inode->mode) == DEVICE ? f->inode->device : 0;
    return device != TTY_DEVICE && device != CONSOLE_DEVICE ? -ENOTTY
        : console_control(p, p->argument[1], p->argument[2]);
}

static int make_pipe(struct process *p, word flags)
{
    struct inode *i = inode_new(FIFO | 0600);
    struct file *f[2] = { NULL, NULL };
    int descriptors[2] = { -1, -1 }, error = -ENFILE;
    if (i && (i->pipe = pipe_new()) && (f[0] = file_new(i, flags & NON_BLOCKING))
        && (f[1] = file_new(i, WRITE_ONLY | (flags & NON_BLOCKING)))) {
        error = 0;
        for (int end = 0; end < 2 && !error; end++)
            if ((descriptors[end] = file_install(p, f[end], 0)) < 0)
                error = descriptors[end];
        if (!error)
            error = copy_out(p, p->argument[0], descriptors, sizeof descriptors);
    }
    for (int end = 0; end < 2; end++)
        if (error) {
            if (descriptors[end] >= 0)
                p->files[descriptors[end]] = NULL;
            if (f[end])
                file_drop(f[end]);
        } else if (flags & CLOSE_ON_EXEC)
            p->close_on_exec |= 1ull << descriptors[end];
    if (i)
        inode_drop(i);
    return error;
}

int call_pipe(struct process *p) { return make_pipe(p, 0); }

int call_pipe2(struct process *p) { return make_pipe(p, p->argument[1]); }

int call_ftruncate(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    return !f ? -EBADF : TYPE(f->inode->mode) != REGULAR || !(f->flags & ACCESS) ? -EINVAL
        : inode_resize(f->inode, p->argument[1]);
}

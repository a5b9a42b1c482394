/* Calls that make, remove and change names of files. */
#include "unix.h"

static char path[PATH_LENGTH], other_path[PATH_LENGTH], name[NAME_LENGTH + 1], other_name[NAME_LENGTH + 1];

/* The directory of a name that is to be made, which must not exist yet. */
static int new_place(struct process *p, word address, struct inode **directory)
{
    int error = path_in(p, address, path);
    if (error || (error = path_parent(p, path, directory, name)))
        return error;
    return entry_find(*directory, name, length_of(name)) ? -EEXIST : 0;
}

static int old_place(struct process *p, word address, struct inode **directory, struct inode **found)
{
    int error = path_in(p, address, path);
    if (error || (error = path_parent(p, path, directory, name)))
        return error == -EEXIST ? -EBUSY : error;
    *found = entry_find(*directory, name, length_of(name));
    return *found ? 0 : -ENOENT;
}

static int make(struct process *p, word mode, word device)
{
    struct inode *directory, *made;
    int error = new_place(p, p->argument[0], &directory);
    if (error)
        return error;
    if (!(made = inode_new(mode)))
        return -ENOSPC;
    made->device = device;
    error = entry_add(directory, name, length_of(name), made);
    inode_drop(made);
    return error;
}

int call_mkdir(struct process *p) { return make(p, DIRECTORY | (p->argument[1] & 07777 & ~p->umask), 0); }

int call_mknod(struct process *p)
{
    word mode = p->argument[1] & (0170000 | 07777) & ~p->umask, type = TYPE(mode);
    if (type && type != REGULAR && type != FIFO && type != DEVICE)
        return -EPERM;
    return make(p, type ? mode : mode | REGULAR, type == DEVICE ? p->argument[2] : 0);
}

static int is_dot(const char *text) { return is_same(text, ".") || is_same(text, ".."); }

int call_unlink(struct process *p)
{
    struct inode *directory, *i;
    int error = old_place(p, p->argument[0], &directory, &i);
    if (error)
        return error;
    if (TYPE(i->mode) == DIRECTORY)
        return -EISDIR;
    entry_remove(directory, name, length_of(name));
    return 0;
}

int call_rmdir(struct process *p)
{
    struct inode *directory, *i;
    int error = old_place(p, p->argument[0], &directory, &i);
    if (error)
        return error;
    if (TYPE(i->mode) != DIRECTORY)
        return -ENOTDIR;
    if (is_dot(name))
        return -EINVAL;
    if (i->entries)
        return -ENOTEMPTY;
    if (i->references)
        return -EBUSY;
    entry_remove(directory, name, length_of(name));
    return 0;
}

int call_link(struct process *p)
{
    struct inode *from, *directory;
    int error = path_user(p, p->argument[0], 0, &from);
    if (error || (error = new_place(p, p->argument[1], &directory)))
        return error;
    return TYPE(from->mode) == DIRECTORY ? -EPERM : entry_add(directory, name, length_of(name), from);
}

int call_symlink(struct process *p)
{
    struct inode *directory;
    int error = path_in(p, p->argument[0], other_path);
    if (error || (error = new_place(p, p->argument[1], &directory)))
        return error;
    return *other_path ? link_new(directory, name, other_path) : -ENOENT;
}

int call_readlink(struct process *p)
{
    struct inode *i;
    int error = path_user(p, p->argument[0], 0, &i);
    if (error)
        return error;
    if (TYPE(i->mode) != LINK || (int)p->argument[2] <= 0)
        return -EINVAL;
    word length = i->size < p->argument[2] ? i->size : p->argument[2];
    error = copy_out(p, p->argument[1], i->target, length);
    return error ? error : (int)length;
}

static int is_below(struct inode *i, struct inode *directory)
{
    for (; i != root; i = i->parent)
        if (i == directory)
            return 1;
    return 0;
}

/* Whether a file may take the place of another one. */
static int may_replace(struct inode *from, struct inode *to)
{
    int is_directory = TYPE(from->mode) == DIRECTORY;
    if (is_directory != (TYPE(to->mode) == DIRECTORY))
        return is_directory ? -ENOTDIR : -EISDIR;
    return !is_directory ? 0 : to->entries ? -ENOTEMPTY : to->references ? -EBUSY : 0;
}

int call_rename(struct process *p)
{
    struct inode *from, *to, *from_directory, *to_directory;
    int error = old_place(p, p->argument[0], &from_directory, &from);
    if (error)
        return error;
    copy_text(other_name, name, sizeof other_name);
    error = new_place(p, p->argument[1], &to_directory);
    if (error && error != -EEXIST)
        return error;
    if (is_dot(name) || is_dot(other_name) || !*name)
        return -EBUSY;
    if (TYPE(from->mode) == DIRECTORY && is_below(to_directory, from))
        return -EINVAL;
    if ((to = entry_find(to_directory, name, length_of(name)))) {
        if (to == from)
            return 0;
        if ((error = may_replace(from, to)))
            return error;
        entry_remove(to_directory, name, length_of(name));
    }
    if (!(error = entry_add(to_directory, name, length_of(name), from))) {
        if (from_directory == to_directory)
            copy_text(name, other_name, sizeof name);
        entry_remove(from_directory, other_name, length_of(other_name));
    }
    return error;
}

static int change_directory(struct process *p, struct inode *i)
{
    if (TYPE(i->mode) != DIRECTORY)
        return -ENOTDIR;
    inode_keep(i);
    inode_drop(p->directory);
    p->directory = i;
    return 0;
}

int call_chdir(struct process *p)
{
    struct inode *i;
    int error = path_user(p, p->argument[0], 1, &i);
    return error ? error : change_directory(p, i);
}

int call_fchdir(struct process *p)
{
    struct file *f = file_of(p, p->argument[0]);
    return f ? change_directory(p, f->inode) : -EBADF;
}

int call_getcwd(struct process *p)
{
    int length = path_name(p->directory, path);
    if (length < 0)
        return length;
    if ((word)length > p->argument[1])
        return -ERANGE;
    int error = copy_out(p, p->argument[0], path, length);
    return error ? error : length;
}

int call_umask(struct process *p)
{
    word old = p->umask;
    p->umask = p->argument[0] & 0777;
    return old;
}

/* From a path to a file. */
#include "unix.h"

enum { MOST_LINKS = 20 };

/* The part of a path before its next slash; moves to the part behind. */
static word next_part(const char **path, const char **part)
{
    while (**path == '/')
        ++*path;
    *part = *path;
    while (**path && **path != '/')
        ++*path;
    return *path - *part;
}

static int is_last(const char *path)
{
    while (*path == '/')
        path++;
    return !*path;
}

static int walk(struct inode *at, const char *path, int follow, int *links, struct inode **found)
{
    const char *part;
    word length;
    if (*path == '/')
        at = root;
    if (!*path)
        return -ENOENT;
    while ((length = next_part(&path, &part))) {
        if (TYPE(at->mode) != DIRECTORY)
            return -ENOTDIR;
        if (length > NAME_LENGTH)
            return -ENAMETOOLONG;
        struct inode *next = entry_find(at, part, length);
        if (!next)
            return -ENOENT;
        if (TYPE(next->mode) == LINK && (follow || !is_last(path) || *path == '/')) {
            int error = ++*links > MOST_LINKS ? -ELOOP : walk(at, next->target, 1, links, &next);
            if (error)
                return error;
        }
        at = next;
    }
    *found = at;
    return path[-1] == '/' && TYPE(at->mode) != DIRECTORY ? -ENOTDIR : 0;
}

int path_find(struct process *p, const char *path, int follow, struct inode **found)
{
    int links = 0;
    return walk(p->directory, path, follow, &links, found);
}

/* The directory in which the last part of a path is or may be made, and this part. */
int path_parent(struct process *p, const char *path, struct inode **directory, char *name)
{
    static char before[PATH_LENGTH];
    word end = length_of(path), start;
    while (end > 1 && path[end - 1] == '/')
        end--;
    for (start = end; start && path[start - 1] != '/';)
        start--;
    if (end - start > NAME_LENGTH)
        return -ENAMETOOLONG;
    memcpy(name, path + start, end - start);
    name[end - start] = 0;
    if (!*name)
        return *path ? -EEXIST : -ENOENT;
    memcpy(before, path, start);
    before[start] = 0;
    int error = path_find(p, start ? before : ".", 1, directory);
    return error ? error : TYPE((*directory)->mode) != DIRECTORY ? -ENOTDIR : 0;
}

/* A path of the process's memory. */
int path_in(struct process *p, word address, char *path)
{
    int length = text_in(p, path, address, PATH_LENGTH);
    return length < 0 ? length : 0;
}

int path_user(struct process *p, word address, int follow, struct inode **found)
{
    static char path[PATH_LENGTH];
    int error = path_in(p, address, path);
    return error ? error : path_find(p, path, follow, found);
}

/* The absolute path of a directory, of at most PATH_LENGTH bytes; its length with the final 0. */
int path_name(struct inode *directory, char *name)
{
    char *at = name + PATH_LENGTH - 1;
    *at = 0;
    if (directory == root)
        *--at = '/';
    for (struct inode *i = directory; i != root; i = i->parent) {
        struct entry *e = i->parent->entries;
        while (e && e->inode != i)
            e = e->next;
        if (!e)
            return -ENOENT;
        word length = length_of(e->name);
        if ((word)(at - name) < length + 1)
            return -ERANGE;
        memcpy(at -= length, e->name, length);
        *--at = '/';
    }
    word length = name + PATH_LENGTH - at;
    memmove(name, at, length);
    return length;
}

int link_new(struct inode *directory, const char *name, const char *target)
{
    struct inode *i = inode_new(LINK | 0777);
    if (!i || !(i->target = take(length_of(target) + 1))) {
        if (i)
            inode_drop(i);
        return -ENOSPC;
    }
    copy_text(i->target, target, length_of(target) + 1);
    i->size = length_of(target);
    int error = entry_add(directory, name, length_of(name), i);
    inode_drop(i);
    return error;
}

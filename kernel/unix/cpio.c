/* Fills the file system from an archive of the format "newc" (cpio -H newc). */
#include "unix.h"

enum { HEADER = 110, MODE = 14, SIZE = 54, MAJOR = 78, NAME_SIZE = 94 };

static word number(const byte *digits)
{
    word value = 0;
    for (int i = 0; i < 8; i++) {
        byte d = digits[i] | 0x20;
        value = value << 4 | (d >= 'a' ? d - 'a' + 10 : digits[i] - '0');
    }
    return value;
}

/* Missing directories are made, because some archives leave them out. */
static struct inode *make_parents(const char **path)
{
    struct inode *at = root;
    for (;;) {
        const char *end = *path;
        while (*end && *end != '/')
            end++;
        if (!*end)
            return at;
        word length = end - *path;
        struct inode *next = length ? entry_find(at, *path, length) : at;
        if (!next && (next = inode_new(DIRECTORY | 0755))) {
            if (entry_add(at, *path, length, next))
                return NULL;
            inode_drop(next);
        }
        if (!next || TYPE(next->mode) != DIRECTORY)
            return NULL;
        at = next;
        *path = end + 1;
    }
}

static int add(const char *path, word mode, word device, const byte *data, word size)
{
    static char target[PATH_LENGTH];
    struct inode *directory = make_parents(&path);
    if (!directory)
        return -ENOSPC;
    if (!*path || is_same(path, ".") || entry_find(directory, path, length_of(path)))
        return 0;
    if (TYPE(mode) == LINK) {
        if (size >= PATH_LENGTH)
            return -ENAMETOOLONG;
        memcpy(target, data, size);
        target[size] = 0;
        return link_new(directory, path, target);
    }
    struct inode *i = inode_new(mode);
    if (!i)
        return -ENOSPC;
    i->device = device;
    int error = entry_add(directory, path, length_of(path), i);
    inode_drop(i);
    if (error || TYPE(mode) != REGULAR)
        return error;
    return inode_write(i, 0, data, size) == (int)size ? 0 : -ENOSPC;
}

int cpio_unpack(const byte *archive, word size)
{
    for (word at = 0; at + HEADER <= size;) {
        const byte *h = archive + at;
        if (memcmp(h, "070701", 6) && memcmp(h, "070702", 6))
            return -EINVAL;
        word name_size = number(h + NAME_SIZE), file_size = number(h + SIZE);
        word data = (at + HEADER + name_size + 3) & ~3u, next = (data + file_size + 3) & ~3u;
        const char *name = (const char *)h + HEADER;
        if (!name_size || name_size > PATH_LENGTH || next < at || next > ((size + 3) & ~3u) || name[name_size - 1])
            return -EINVAL;
        if (is_same(name, "TRAILER!!!"))
            return 0;
        word device = number(h + MAJOR) << 8 | number(h + MAJOR + 8);
        int error = add(name, number(h + MODE), device, archive + data, file_size);
        if (error)
            return error;
        at = next;
    }
    return -EINVAL;
}

/* The server's access to the memory of processes, page by page. */
#include "unix.h"

/* A byte of a process, up to the end of its page; NULL if the process may not access it, or no memory is left. */
byte *user(struct space *s, word address, int write)
{
    word entry;
    if (space_touch(s, address, write, &entry))
        return NULL;
    return (byte *)(FLOOR(entry) + address % PAGE);
}

static word rest_of_page(word address, word size)
{
    word rest = PAGE - address % PAGE;
    return size < rest ? size : rest;
}

int copy_in(struct process *p, void *to, word from, word size)
{
    for (word done = 0, part; done < size; done += part) {
        byte *at = user(&p->space, from + done, 0);
        if (!at)
            return -EFAULT;
        part = rest_of_page(from + done, size - done);
        memcpy((byte *)to + done, at, part);
    }
    return 0;
}

int copy_out(struct process *p, word to, const void *from, word size)
{
    for (word done = 0, part; done < size; done += part) {
        byte *at = user(&p->space, to + done, 1);
        if (!at)
            return -EFAULT;
        part = rest_of_page(to + done, size - done);
        memcpy(at, (const byte *)from + done, part);
    }
    return 0;
}

int copy_across(struct space *to_space, word to, struct space *from_space, word from, word size)
{
    for (word done = 0, part; done < size; done += part) {
        byte *source = user(from_space, from + done, 0), *target = source ? user(to_space, to + done, 1) : NULL;
        if (!target)
            return -EFAULT;
        part = rest_of_page(to + done, rest_of_page(from + done, size - done));
        memcpy(target, source, part);
    }
    return 0;
}

/* Copies a text with its final 0; -ENAMETOOLONG if it does not fit. */
int text_in(struct process *p, char *to, word from, word size)
{
    for (word i = 0; i < size; i++) {
        byte *at = user(&p->space, from + i, 0);
        if (!at)
            return -EFAULT;
        if (!(to[i] = *at))
            return i;
    }
    return -ENAMETOOLONG;
}

/* Length of a text without its final 0. */
int text_length(struct process *p, word from)
{
    for (word length = 0; length < STACK_SIZE / 4; length++) {
        byte *at = user(&p->space, from + length, 0);
        if (!at)
            return -EFAULT;
        if (!*at)
            return length;
    }
    return -E2BIG;
}

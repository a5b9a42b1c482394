/* Waiting for several files at once. */
#include "unix.h"

/* Processes that wait for this are woken by every change. */
const byte any_change;

enum { POLL_IN = 1, POLL_OUT = 4, POLL_HANG_UP = 16, POLL_INVALID = 32 };

static int is_ready(struct file *f, int write)
{
    struct pipe *pipe = f->inode->pipe;
    word device = f->inode->device;
    if (TYPE(f->inode->mode) == FIFO)
        return write ? pipe->length < PAGE || !pipe->readers : pipe->length || !pipe->writers;
    if (TYPE(f->inode->mode) == DEVICE && (device == TTY_DEVICE || device == CONSOLE_DEVICE))
        return write || console_ready();
    return 1;
}

/* Blocks until a change or a time, in microseconds from the first try on; 0 when the time has come. */
static int wait(struct process *p, int is_limited, u64 limit)
{
    u64 now = platform_time();
    if (is_limited && !p->until)
        time_limit(p, now + limit + !limit);
    if (is_limited && (!limit || now >= p->until))
        return 0;
    return block(p, &any_change);
}

static int select(struct process *p, const word *argument)
{
    word count = argument[0], time[2] = { 0 };
    u64 sets[3] = { 0 }, ready[3] = { 0 };
    int found = 0;
    if ((int)count < 0)
        return -EINVAL;
    count = count < MOST_FILES ? count : MOST_FILES;
    word size = (count + 31) / 32 * 4;
    for (int set = 0; set < 3; set++)
        if (argument[1 + set] && copy_in(p, &sets[set], argument[1 + set], size))
            return -EFAULT;
    if (argument[4] && copy_in(p, time, argument[4], sizeof time))
        return -EFAULT;
    for (word i = 0; i < count; i++)
        for (int set = 0; set < 3; set++) {
            if (!(sets[set] >> i & 1))
                continue;
            struct file *f = file_of(p, i);
            if (!f)
                return -EBADF;
            if (set < 2 && is_ready(f, set == 1)) {
                ready[set] |= 1ull << i;
                found++;
            }
        }
    if (!found) {
        int result = wait(p, argument[4] != 0, time[0] * 1000000ull + time[1]);
        if (result)
            return result;
    }
    for (int set = 0; set < 3; set++)
        if (argument[1 + set] && copy_out(p, argument[1 + set], &ready[set], size))
            return -EFAULT;
    return found;
}

int call_select(struct process *p) { return select(p, p->argument); }

/* The old call finds its arguments in memory. */
int call_old_select(struct process *p)
{
    word argument[5];
    return copy_in(p, argument, p->argument[0], sizeof argument) ? -EFAULT : select(p, argument);
}

int call_poll(struct process *p)
{
    struct { int file; half wanted, found; } one;
    int ready = 0, limit = p->argument[2];
    if (p->argument[1] > 4 * MOST_FILES)
        return -EINVAL;
    for (word i = 0; i < p->argument[1]; i++) {
        word at = p->argument[0] + i * sizeof one;
        if (copy_in(p, &one, at, sizeof one))
            return -EFAULT;
        struct file *f = one.file < 0 ? NULL : file_of(p, one.file);
        one.found = one.file < 0 ? 0 : !f ? POLL_INVALID
            : (is_ready(f, 0) ? one.wanted & POLL_IN : 0) | (is_ready(f, 1) ? one.wanted & POLL_OUT : 0);
        if (f && TYPE(f->inode->mode) == FIFO && !f->inode->pipe->writers && !(f->flags & 3))
            one.found |= POLL_HANG_UP;
        ready += one.found != 0;
        if (copy_out(p, at, &one, sizeof one))
            return -EFAULT;
    }
    return ready ? ready : wait(p, limit >= 0, (u64)limit * 1000);
}

/* Pipes: a page of bytes between two open files. */
#include "unix.h"

enum { ACCESS = 3, NON_BLOCKING = 04000 };

struct pipe *pipe_new(void)
{
    struct pipe *pipe = take(sizeof *pipe);
    if (pipe && !(pipe->data = (byte *)frame_new())) {
        give(pipe, sizeof *pipe);
        return NULL;
    }
    return pipe;
}

void pipe_open(struct inode *i, word flags)
{
    i->pipe->readers += (flags & ACCESS) != 1;
    i->pipe->writers += (flags & ACCESS) != 0;
    wake(i->pipe);
}

/* Wakes the processes that wait for the other end. The last close frees the pipe. */
void pipe_close(struct inode *i, word flags)
{
    struct pipe *pipe = i->pipe;
    pipe->readers -= (flags & ACCESS) != 1;
    pipe->writers -= (flags & ACCESS) != 0;
    wake(pipe);
    if (pipe->readers || pipe->writers)
        return;
    frame_drop((word)pipe->data);
    give(pipe, sizeof *pipe);
    i->pipe = NULL;
}

int pipe_read(struct process *p, struct file *f, word address, word size)
{
    struct pipe *pipe = f->inode->pipe;
    word done = 0;
    if (!size)
        return 0;
    if (!pipe->length)
        return !pipe->writers ? 0 : f->flags & NON_BLOCKING ? -EAGAIN : block(p, pipe);
    while (done < size && pipe->length) {
        word part = PAGE - pipe->start;
        part = part < pipe->length ? part : pipe->length;
        part = part < size - done ? part : size - done;
        if (copy_out(p, address + done, pipe->data + pipe->start, part))
            return done ? (int)done : -EFAULT;
        pipe->start = (pipe->start + part) % PAGE;
        pipe->length -= part;
        done += part;
    }
    wake(pipe);
    return done;
}

/* A write ends when all of it is in the pipe. */
int pipe_write(struct process *p, struct file *f, word address, word size)
{
    struct pipe *pipe = f->inode->pipe;
    if (!pipe->readers) {
        signal_send(p, SIGPIPE);
        return p->state == ZOMBIE ? GONE : p->progress ? (int)p->progress : -EPIPE;
    }
    while (p->progress < size && pipe->length < PAGE) {
        word end = (pipe->start + pipe->length) % PAGE, part = end < pipe->start ? pipe->start - end : PAGE - end;
        part = part < size - p->progress ? part : size - p->progress;
        if (copy_in(p, pipe->data + end, address + p->progress, part))
            return p->progress ? (int)p->progress : -EFAULT;
        pipe->length += part;
        p->progress += part;
        wake(pipe);
    }
    if (p->progress >= size)
        return size;
    return f->flags & NON_BLOCKING ? (p->progress ? (int)p->progress : -EAGAIN) : block(p, pipe);
}

/* The server's start and its loop: an event, then the calls that can go on. */
#include "unix.h"

static void make_device(struct inode *directory, const char *name, word device)
{
    struct inode *i = inode_new(DEVICE | 0666);
    if (!i || entry_add(directory, name, length_of(name), i))
        stop("no memory for devices");
    i->device = device;
    inode_drop(i);
}

static void make_files(byte *archive, word size)
{
    struct inode *devices;
    if (!(root = inode_new(DIRECTORY | 0755)))
        stop("no memory for files");
    root->parent = root;
    int error = cpio_unpack(archive, size);
    if (error)
        stop(error == -ENOSPC ? "the archive is too large" : "the archive is none of the format newc");
    devices = entry_find(root, "dev", 3);
    if (!devices) {
        if (!(devices = inode_new(DIRECTORY | 0755)) || entry_add(root, "dev", 3, devices))
            stop("no memory for files");
        inode_drop(devices);
    }
    static const struct { const char *name; word device; } all[] = { { "console", CONSOLE_DEVICE },
        { "tty", TTY_DEVICE }, { "null", NULL_DEVICE }, { "zero", ZERO_DEVICE } };
    for (int i = 0; i < 4; i++)
        if (!entry_find(devices, all[i].name, length_of(all[i].name)))
            make_device(devices, all[i].name, all[i].device);

    /* The archive's own memory is free now. */
    for (word frame = CEILING((word)archive); frame + PAGE <= (word)archive + size; frame += PAGE)
        frames_add(frame);
}

/* Process 1 runs /init, or a shell, on the console. */
static void make_first(void)
{
    struct process *p = first_process = process_new();
    struct inode *console;
    p->parent = p;
    p->group = p->session = p->pid;
    p->directory = root;
    p->umask = 022;
    inode_keep(root);
    p->state = CALLING;
    struct file *f = path_find(p, "/dev/console", 1, &console) ? NULL : file_new(console, 2);
    if (!f)
        stop("no console");
    for (int i = 0; i < 3; i++)
        p->files[i] = f;
    f->references = 3;
    int error = execute(p, "/init", 0, 0);
    if (error == -ENOENT)
        error = execute(p, "/bin/sh", 0, 0);
    if (error != GONE)
        stop("neither /init nor /bin/sh can be executed");
}

static int signal_of(word vector)
{
    static const byte signals[] = { [0] = SIGFPE, [1] = SIGTRAP, [3] = SIGTRAP, [4] = SIGSEGV, [5] = SIGSEGV,
        [6] = SIGILL, [7] = SIGILL, [16] = SIGFPE, [17] = SIGBUS };
    return vector < sizeof signals && signals[vector] ? signals[vector] : SIGSEGV;
}

static void fault(struct process *p, word address, word write, word inside)
{
    word entry;
    int error = space_fault(&p->space, address, write != 0, &entry);
    if (!error)
        platform_map(p, FLOOR(address), FLOOR(entry), entry & 2);
    else if (error == -ENOMEM) {
        say("no memory for the process %d (%s)", p->pid, p->name);
        process_end(p, SIGKILL);
    } else if (inside)
        process_end(p, SIGSEGV);
    else
        signal_force(p, SIGSEGV);
}

HOT static void handle(struct event *e)
{
    struct process *p = e->process;
    switch (e->kind) {
    case CALLED:
        call_first(p);
        break;
    case FAULTED:
        fault(p, e->address, e->write, e->inside);
        break;
    case EXCEPTION:
        signal_force(p, signal_of(e->vector));
        break;
    case EXHAUSTED:
        say("no room for pages of the process %d (%s)", p->pid, p->name);
        process_end(p, SIGKILL);
        break;
    case TYPED:
        console_typed(e->address);
        break;
    }
}

void start(word argument);

HOT void start(word argument)
{
    struct event event;
    byte *archive;
    word size;
    platform_start(argument, &archive, &size);
    make_files(archive, size);
    say("%d KB of memory are free", free_frames * (PAGE / 1024));
    make_first();
    for (;;) {
        platform_next(&event, next_limit);
        handle(&event);
        time_expire();
        while (tries_wanted) {
            tries_wanted = 0;
            for (int i = 0; i < MOST_PROCESSES; i++)
                if (processes[i].again && processes[i].state == CALLING) {
                    processes[i].again = 0;
                    call_try(&processes[i]);
                }
        }
    }
}

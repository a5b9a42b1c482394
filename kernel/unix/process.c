/* Processes: their table, fork, exit and wait. */
#include "unix.h"

struct process processes[MOST_PROCESSES], *first_process;
static int last_pid;

static int is_pid_used(int pid)
{
    for (int i = 0; i < MOST_PROCESSES; i++) {
        struct process *p = &processes[i];
        if (p->state != FREE && (p->pid == pid || p->group == pid || p->session == pid))
            return 1;
    }
    return 0;
}

/* A process without memory and files; NULL if there are too many. */
struct process *process_new(void)
{
    for (int i = 0; i < MOST_PROCESSES; i++)
        if (processes[i].state == FREE) {
            struct process *p = &processes[i];
            memset(p, 0, sizeof *p);
            do
                last_pid = last_pid % 32767 + 1;
            while (is_pid_used(last_pid));
            p->pid = last_pid;
            p->started = platform_time();
            return p;
        }
    return NULL;
}

struct process *process_of(int pid)
{
    for (int i = 0; i < MOST_PROCESSES; i++)
        if (processes[i].state != FREE && processes[i].pid == pid)
            return &processes[i];
    return NULL;
}

/* Whether a blocked call is to be tried again. */
HOT_DATA byte tries_wanted;

void try_again(struct process *p) { p->again = tries_wanted = 1; }

/* Lets all calls that wait for an object try again. */
void wake(const void *object)
{
    for (int i = 0; i < MOST_PROCESSES; i++) {
        struct process *p = &processes[i];
        if (p->state == CALLING && (p->waiting == object || p->waiting == &any_change))
            try_again(p);
    }
}

int block(struct process *p, const void *object)
{
    p->waiting = object;
    return BLOCKED;
}

static void leave_children(struct process *p)
{
    for (int i = 0; i < MOST_PROCESSES; i++) {
        struct process *child = &processes[i];
        if (child->state == FREE || child->parent != p)
            continue;
        child->parent = first_process;
        if (child->state == ZOMBIE)
            wake(first_process);
    }
}

/* Takes everything from a process but its status. */
void process_end(struct process *p, int status)
{
    if (p->state == ZOMBIE || p->state == FREE)
        return;
    for (word i = 0; i < MOST_FILES; i++)
        if (p->files[i]) {
            file_drop(p->files[i]);
            p->files[i] = NULL;
        }
    inode_drop(p->directory);
    platform_destroy(p);
    space_free(&p->space);
    if (p == first_process) {
        word result = status & 0x7F ? 128 + (status & 0x7F) : status >> 8 & 0xFF;
        say("process 1 has ended with status %d", result);
        platform_off(result);
    }
    leave_children(p);
    p->state = ZOMBIE;
    p->status = status;
    struct process *parent = p->parent;
    if (parent->actions[SIGCHLD].handler == 1)
        p->state = FREE;
    signal_send(parent, SIGCHLD);
    wake(parent);
}

static void inherit(struct process *child, struct process *p)
{
    child->parent = p;
    child->group = p->group;
    child->session = p->session;
    child->umask = p->umask;
    child->mask = p->mask;
    child->close_on_exec = p->close_on_exec;
    child->directory = p->directory;
    inode_keep(p->directory);
    memcpy(child->actions, p->actions, sizeof p->actions);
    copy_text(child->name, p->name, sizeof child->name);
    for (word i = 0; i < MOST_FILES; i++)
        if ((child->files[i] = p->files[i]))
            p->files[i]->references++;
}

int call_fork(struct process *p)
{
    struct process *child = process_new();
    if (!child)
        return -EAGAIN;
    int error = platform_registers(p);
    if (!error)
        error = space_copy(&child->space, &p->space);
    if (error)
        return error;
    inherit(child, p);
    child->registers = p->registers;
    child->registers.eax = 0;
    child->state = RUNNING;
    if ((error = platform_create(child))) {
        child->parent = first_process;
        child->actions[SIGCHLD].handler = 0;
        process_end(child, 0);
        child->state = FREE;
        return error;
    }
    return child->pid;
}

/* Only what a fork can do: no shared memory, no stack of its own. */
int call_clone(struct process *p)
{
    enum { MEMORY = 0x100, VFORK = 0x4000 };
    if (p->argument[1] || (p->argument[0] & ~(0xFFu | VFORK | MEMORY)) || (p->argument[0] & (VFORK | MEMORY)) == MEMORY)
        return -EINVAL;
    return call_fork(p);
}

int call_exit(struct process *p)
{
    process_end(p, (p->argument[0] & 0xFF) << 8);
    return GONE;
}

/* pid -1: any child; 0: of the caller's group; below: of a group. */
static int is_wanted(struct process *p, struct process *child, int pid)
{
    int is_in_group = pid == 0 ? child->group == p->group : pid < -1 && child->group == -pid;
    return child->state != FREE && child->parent == p && child != p
        && (pid == -1 || child->pid == pid || is_in_group);
}

int call_wait4(struct process *p)
{
    enum { NO_HANG = 1, UNTRACED = 2 };
    int pid = p->argument[0], children = 0;
    for (int i = 0; i < MOST_PROCESSES; i++) {
        struct process *child = &processes[i];
        if (!is_wanted(p, child, pid))
            continue;
        children++;
        int is_stop = child->state == STOPPED && (p->argument[2] & UNTRACED) && !child->reported;
        if (child->state != ZOMBIE && !is_stop)
            continue;
        int found = child->pid;
        word usage[18] = { 0 };
        if (p->argument[1] && copy_out(p, p->argument[1], &child->status, 4))
            return -EFAULT;
        if (p->argument[3] && copy_out(p, p->argument[3], usage, sizeof usage))
            return -EFAULT;
        if (is_stop)
            child->reported = 1;
        else
            child->state = FREE;
        return found;
    }
    return !children ? -ECHILD : p->argument[2] & NO_HANG ? 0 : block(p, p);
}

int call_waitpid(struct process *p)
{
    p->argument[3] = 0;
    return call_wait4(p);
}

HOT int call_getpid(struct process *p) { return p->pid; }

int call_getppid(struct process *p) { return p->parent == p ? 0 : p->parent->pid; }

int call_getpgrp(struct process *p) { return p->group; }

int call_getpgid(struct process *p)
{
    struct process *of = p->argument[0] ? process_of(p->argument[0]) : p;
    return of ? of->group : -ESRCH;
}

int call_getsid(struct process *p)
{
    struct process *of = p->argument[0] ? process_of(p->argument[0]) : p;
    return of ? of->session : -ESRCH;
}

int call_setpgid(struct process *p)
{
    struct process *of = p->argument[0] ? process_of(p->argument[0]) : p;
    if (!of || (of != p && of->parent != p))
        return -ESRCH;
    if ((int)p->argument[1] < 0)
        return -EINVAL;
    if (of->session == of->pid || of->session != p->session)
        return -EPERM;
    of->group = p->argument[1] ? (int)p->argument[1] : of->pid;
    return 0;
}

int call_setsid(struct process *p)
{
    if (p->group == p->pid)
        return -EPERM;
    return p->group = p->session = p->pid;
}

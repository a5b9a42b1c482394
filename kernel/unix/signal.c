/* Signals: sending, and what happens when a process is about to return from a call. */
#include "unix.h"

enum { DEFAULT, IGNORE };
enum { SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000 };
#define SA_RESETHAND 0x80000000u

static u64 bit(int signal) { return 1ull << (signal - 1); }

#define UNBLOCKABLE (bit(SIGKILL) | bit(SIGSTOP))
#define STOPS (bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU))

/* Process 1 ends by no signal that another process sends. */
static int is_ignored(struct process *p, int signal)
{
    word handler = p->actions[signal].handler;
    return handler == IGNORE || (handler == DEFAULT && p == first_process)
        || (handler == DEFAULT && (signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH));
}

HOT int signal_due(struct process *p)
{
    return (p->pending & (~p->mask | UNBLOCKABLE)) != 0;
}

static void go_on(struct process *p)
{
    p->pending &= ~STOPS;
    if (p->state != STOPPED)
        return;
    p->state = CALLING;
    call_end(p, p->result);
}

void signal_send(struct process *p, int signal)
{
    if (p->state == FREE || p->state == ZOMBIE)
        return;
    if (signal == SIGCONT || signal == SIGKILL)
        go_on(p);
    if (bit(signal) & STOPS)
        p->pending &= ~bit(SIGCONT);
    if (is_ignored(p, signal) && !(p->mask & bit(signal)))
        return;
    p->pending |= bit(signal);
    if (signal == SIGKILL)
        process_end(p, SIGKILL);
    else if (p->state == CALLING)
        try_again(p);
    else if (p->state == RUNNING && signal_due(p))
        platform_interrupt(p);
}

/* A signal of the process's own doing: it can be neither ignored nor delayed. */
void signal_force(struct process *p, int signal)
{
    if ((p->mask & bit(signal)) || p->actions[signal].handler <= IGNORE)
        process_end(p, signal);
    else
        signal_send(p, signal);
}

int signal_group(int group, int signal)
{
    int found = 0;
    for (int i = 0; i < MOST_PROCESSES; i++) {
        struct process *p = &processes[i];
        if (p->state == FREE || p->state == ZOMBIE || p->group != group)
            continue;
        found++;
        if (signal)
            signal_send(p, signal);
    }
    return found;
}

/* Handlers of a program do not outlive it. */
void signals_reset(struct process *p)
{
    for (int i = 1; i <= SIGNALS; i++)
        p->actions[i] = (struct action){ .handler = p->actions[i].handler == IGNORE ? IGNORE : DEFAULT };
}

/* A handler's stack, as on Linux: the words of struct sigcontext. */
struct context {
    word gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trap, error, eip, cs, eflags, esp_at_signal, ss;
    word fpu, mask, cr2;
};

struct signal_frame { word back, signal; struct context context; word high_mask; };

struct information_frame {
    word back, signal, information, user_context, info[32];
    word flags, link, stack[3];
    struct context context;
    u64 mask;
};

static struct context context_of(struct registers *r, u64 mask)
{
    return (struct context){ .edi = r->edi, .esi = r->esi, .ebp = r->ebp, .esp = r->esp, .ebx = r->ebx, .edx = r->edx,
        .ecx = r->ecx, .eax = r->eax, .eip = r->eip, .eflags = r->eflags, .esp_at_signal = r->esp, .mask = mask };
}

/* Lets the process run a handler next. */
static int enter(struct process *p, int signal, struct action *a)
{
    u64 mask = p->suspended ? p->old_mask : p->mask;
    struct registers *r = &p->registers;
    word back = a->flags & SA_RESTORER ? a->restorer : platform_sigreturn(a->flags & SA_SIGINFO), esp;
    int error;
    if (a->flags & SA_SIGINFO) {
        struct information_frame f = { back, signal, 0, 0, { signal }, 0, 0, { 0 }, context_of(r, mask), mask };
        esp = ((r->esp - sizeof f) & ~15u) - 4;
        f.information = esp + __builtin_offsetof(struct information_frame, info);
        f.user_context = esp + __builtin_offsetof(struct information_frame, flags);
        error = copy_out(p, esp, &f, sizeof f);
        r->edx = f.information;
        r->ecx = f.user_context;
    } else {
        struct signal_frame f = { back, signal, context_of(r, mask), mask >> 32 };
        esp = ((r->esp - sizeof f) & ~15u) - 4;
        error = copy_out(p, esp, &f, sizeof f);
    }
    p->suspended = 0;
    p->mask |= a->mask | (a->flags & SA_NODEFER ? 0 : bit(signal));
    r->esp = esp;
    r->eip = a->handler;
    r->eflags = 0x202;
    r->eax = signal;
    if (a->flags & SA_RESETHAND)
        a->handler = DEFAULT;
    return error;
}

/* The signal that is delivered next; 0 if none is. */
static int next_signal(struct process *p)
{
    u64 due = p->pending & (~p->mask | UNBLOCKABLE);
    for (int signal = 1; signal <= SIGNALS; signal++)
        if (due & bit(signal)) {
            p->pending &= ~bit(signal);
            return signal;
        }
    return 0;
}

static void halt(struct process *p, int signal, int result)
{
    p->state = STOPPED;
    p->status = signal << 8 | 0x7F;
    p->reported = 0;
    p->result = result;
    signal_send(p->parent, SIGCHLD);
    wake(p->parent);
}

/* Ends a call: answers it, after its signals have been dealt with. RESUMED: the registers are the result. */
HOT void call_end(struct process *p, int result)
{
    int handlers = 0;
    p->again = 0;
    p->waiting = NULL;
    if (!signal_due(p) && result != RESUMED) {
        p->state = RUNNING;
        p->until = p->progress = 0;
        platform_answer(p, result);
        return;
    }
    if (platform_registers(p)) {
        process_end(p, SIGSEGV);
        return;
    }
    if (result != RESUMED)
        p->registers.eax = result;
    for (int signal; (signal = next_signal(p));) {
        struct action *a = &p->actions[signal];
        if (is_ignored(p, signal))
            continue;
        if (a->handler == DEFAULT && (bit(signal) & STOPS)) {
            halt(p, signal, handlers ? RESUMED : result);
            return;
        }
        if (a->handler == DEFAULT) {
            process_end(p, signal);
            return;
        }
        if (!handlers++ && result == -EINTR && (a->flags & SA_RESTART) && !p->suspended)
            platform_repeat(p);
        if (enter(p, signal, a)) {
            process_end(p, SIGSEGV);
            return;
        }
    }
    if (!handlers && result == -EINTR) {
        try_again(p);
        return;
    }
    p->state = RUNNING;
    p->until = p->progress = 0;
    if (platform_resume(p))
        process_end(p, SIGSEGV);
}

int call_kill(struct process *p)
{
    int pid = p->argument[0], signal = p->argument[1], found = 0;
    if (signal < 0 || signal > SIGNALS)
        return -EINVAL;
    if (pid > 0) {
        struct process *to = process_of(pid);
        if (!to)
            return -ESRCH;
        if (signal)
            signal_send(to, signal);
        return p->state == ZOMBIE ? GONE : 0;
    }
    if (pid == -1) {
        for (int i = 0; i < MOST_PROCESSES; i++)
            if (processes[i].state != FREE && &processes[i] != first_process && &processes[i] != p && ++found && signal)
                signal_send(&processes[i], signal);
    } else
        found = signal_group(pid ? -pid : p->group, signal);
    return p->state == ZOMBIE ? GONE : found ? 0 : -ESRCH;
}

static int set_action(struct process *p, int signal, const struct action *a)
{
    if (signal < 1 || signal > SIGNALS || signal == SIGKILL || signal == SIGSTOP)
        return -EINVAL;
    p->actions[signal] = *a;
    if (is_ignored(p, signal))
        p->pending &= ~bit(signal);
    return 0;
}

int call_sigaction(struct process *p)
{
    word signal = p->argument[0], raw[4];
    struct action *old = &p->actions[signal <= SIGNALS ? signal : 0], a = *old;
    word old_raw[4] = { a.handler, a.mask, a.flags, a.restorer };
    if (p->argument[1]) {
        if (copy_in(p, raw, p->argument[1], sizeof raw))
            return -EFAULT;
        int error = set_action(p, signal, &(struct action){ raw[0], raw[2], raw[3], raw[1] });
        if (error)
            return error;
    }
    return p->argument[2] ? copy_out(p, p->argument[2], old_raw, sizeof old_raw) : 0;
}

int call_rt_sigaction(struct process *p)
{
    word signal = p->argument[0], raw[5];
    struct action *old = &p->actions[signal <= SIGNALS ? signal : 0], a = *old;
    word old_raw[5] = { a.handler, a.flags, a.restorer, a.mask, a.mask >> 32 };
    if (p->argument[1]) {
        if (copy_in(p, raw, p->argument[1], sizeof raw))
            return -EFAULT;
        int error = set_action(p, signal, &(struct action){ raw[0], raw[1], raw[2], raw[3] | (u64)raw[4] << 32 });
        if (error)
            return error;
    }
    return p->argument[2] ? copy_out(p, p->argument[2], old_raw, sizeof old_raw) : 0;
}

int call_signal(struct process *p)
{
    word signal = p->argument[0], old = p->actions[signal <= SIGNALS ? signal : 0].handler;
    struct action a = { p->argument[1], SA_RESETHAND | SA_NODEFER, 0, 0 };
    int error = set_action(p, signal, &a);
    return error ? error : (int)old;
}

static int set_mask(struct process *p, word how, u64 set)
{
    if (how > 2)
        return -EINVAL;
    p->mask = (how == 0 ? p->mask | set : how == 1 ? p->mask & ~set : set) & ~UNBLOCKABLE;
    return 0;
}

static int change_mask(struct process *p, word size)
{
    u64 old = p->mask, set = 0;
    if (p->argument[1]) {
        if (copy_in(p, &set, p->argument[1], size))
            return -EFAULT;
        if (size == 4 && p->argument[0] == 2)
            set |= old & ~0xFFFFFFFFull;
        int error = set_mask(p, p->argument[0], set);
        if (error)
            return error;
    }
    return p->argument[2] ? copy_out(p, p->argument[2], &old, size) : 0;
}

int call_sigprocmask(struct process *p) { return change_mask(p, 4); }

int call_rt_sigprocmask(struct process *p) { return p->argument[3] != 8 ? -EINVAL : change_mask(p, 8); }

/* Until a handler has run, the mask is another one. */
static int suspend(struct process *p, u64 mask)
{
    if (!p->suspended) {
        p->old_mask = p->mask;
        p->mask = mask & ~UNBLOCKABLE;
        p->suspended = 1;
    }
    return block(p, &p->pending);
}

int call_sigsuspend(struct process *p) { return suspend(p, p->argument[2]); }

int call_rt_sigsuspend(struct process *p)
{
    u64 mask;
    return copy_in(p, &mask, p->argument[0], 8) ? -EFAULT : suspend(p, mask);
}

int call_pause(struct process *p) { return block(p, &p->pending); }

int call_sigpending(struct process *p) { return copy_out(p, p->argument[0], &p->pending, 4); }

static void restore(struct process *p, struct context *c, u64 mask)
{
    enum { USER_FLAGS = 0xCD5 };
    p->registers = (struct registers){ c->edi, c->esi, c->ebp, c->esp, c->ebx, c->edx, c->ecx, c->eax,
        (c->eflags & USER_FLAGS) | 0x202, c->eip };
    p->mask = mask & ~UNBLOCKABLE;
}

/* The stack pointer is behind the signal's number, which the handler's return and a pop have left. */
int call_sigreturn(struct process *p)
{
    struct signal_frame f;
    if (platform_registers(p) || copy_in(p, &f, p->registers.esp - 8, sizeof f)) {
        process_end(p, SIGSEGV);
        return GONE;
    }
    restore(p, &f.context, f.context.mask | (u64)f.high_mask << 32);
    return RESUMED;
}

/* Likewise behind the return address. */
int call_rt_sigreturn(struct process *p)
{
    struct information_frame f;
    if (platform_registers(p) || copy_in(p, &f, p->registers.esp - 4, sizeof f)) {
        process_end(p, SIGSEGV);
        return GONE;
    }
    restore(p, &f.context, f.mask);
    return RESUMED;
}

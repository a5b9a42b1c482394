/* The platform without a microkernel: the Unix system is a kernel of its own, as Linux 2.0 was. */
#include "native.h"

enum { SLICE = 10, MICROSECONDS = 1000, USER_FLAGS = 0xDD5, START_FLAGS = 0x202 };

/* The process that runs next; the others that can run follow in the order of their turns. */
HOT_DATA static struct process *first;
HOT_DATA static word ticks, slice, wanted;
HOT_DATA static byte has_received;

static void leave(struct process *p)
{
    struct platform_process *own = &p->platform;
    if (!own->next)
        return;
    own->next->platform.previous = own->previous;
    own->previous->platform.next = own->next;
    if (first == p)
        first = own->next == p ? NULL : own->next;
    own->next = own->previous = NULL;
}

/* Adds a process at the end of the ring, which is before its first one. */
static void join(struct process *p)
{
    if (p->platform.next)
        return;
    if (!first)
        first = p->platform.next = p->platform.previous = p;
    p->platform.next = first;
    p->platform.previous = first->platform.previous;
    p->platform.previous->platform.next = p;
    first->platform.previous = p;
}

static void run_next(struct process *p)
{
    join(p);
    first = p;
}

static void start_memory(word *information, word archive, word archive_end)
{
    extern byte _end[];
    word low = information[1] * 1024, high = (1u << 20) + information[2] * 1024;
    if (high > MEMORY)
        high = MEMORY;
    for (word frame = PAGE; frame + PAGE <= high; frame += PAGE) {
        int is_free = frame >= CEILING((word)_end) || frame + PAGE <= low;
        if (is_free && (frame >= CEILING(archive_end) || frame < FLOOR(archive)))
            frames_add(frame);
    }
}

/* The loader's information: flags, memory below and above 1 MB in KB, ..., number and list of modules. */
void platform_start(word argument, byte **archive, word *size)
{
    word *information = (word *)argument;
    if (!(information[0] & 1) || !(information[0] & 8) || information[5] < 1)
        stop("no archive: give it as a module");
    word *module = (word *)information[6], start = module[0], end = module[1];
    tables_start();
    start_memory(information, start, end);
    pages_start();
    *archive = (byte *)start;
    *size = end - start;
}

/* A line of an interrupt controller. A byte of COM1 is read later. */
static void acknowledge(word vector)
{
    if (vector == INTERRUPTS) {
        ticks++;
        if (++slice >= SLICE) {
            slice = 0;
            if (first)
                first = first->platform.next;
        }
    } else if (vector == INTERRUPTS + 4)
        has_received = 1;
    out(0x20, 0x20);
}

static int typed(struct event *e)
{
    if (!has_received)
        return 0;
    has_received = in(COM1 + SERIAL_STATUS) & HAS_BYTE;
    if (has_received)
        *e = (struct event){ .kind = TYPED, .address = in(COM1) };
    return has_received;
}

static void want(struct process *p, int kind)
{
    p->platform.wanted = kind;
    wanted++;
}

/* A process that must not go on: it has no memory for a page, or is asked to call. */
static int stopped(struct event *e)
{
    for (word i = 0; wanted && i < MOST_PROCESSES; i++) {
        struct process *p = &processes[i];
        int kind = p->platform.wanted;
        if (!kind)
            continue;
        p->platform.wanted = NOTHING;
        wanted--;
        if (p->state != RUNNING)
            continue;
        leave(p);
        *e = (struct event){ .kind = kind, .process = p };
        p->call = NONE;
        p->platform.loaded = 0;
        return 1;
    }
    return 0;
}

HOT static void decode(struct event *e, struct process *p, struct saved *s)
{
    e->process = p;
    p->platform.loaded = 0;
    if (s->vector == SYSTEM_CALL) {
        e->kind = CALLED;
        p->call = s->eax;
        p->argument[0] = s->ebx;
    } else if (s->vector == 14) {
        e->kind = FAULTED;
        e->inside = 0;
        e->address = fault_address();
        e->write = s->error & 2;
    } else {
        e->kind = EXCEPTION;
        e->vector = s->vector;
        e->address = s->error;
    }
}

HOT void platform_next(struct event *e, u64 until)
{
    e->kind = NOTHING;
    while (!typed(e) && !stopped(e) && (!until || platform_time() < until)) {
        struct process *p = first;
        if (!p) {
            acknowledge(idle());
            continue;
        }
        struct saved *s = &p->platform.saved;
        pages_load(p);
        set_stack((word)(s + 1));
        run(s);
        if (s->vector >= INTERRUPTS && s->vector != SYSTEM_CALL) {
            acknowledge(s->vector);
            continue;
        }
        leave(p);
        decode(e, p, s);
        return;
    }
}

HOT void platform_answer(struct process *p, word result)
{
    p->platform.saved.eax = result;
    run_next(p);
}

static void put_registers(struct process *p)
{
    struct registers *r = &p->registers;
    p->platform.saved = (struct saved){ r->edi, r->esi, r->ebp, 0, r->ebx, r->edx, r->ecx, r->eax, 0, 0, r->eip,
        USER_CODE, (r->eflags & USER_FLAGS) | START_FLAGS, r->esp, USER_DATA };
}

int platform_resume(struct process *p)
{
    put_registers(p);
    run_next(p);
    return 0;
}

int platform_registers(struct process *p)
{
    struct saved *s = &p->platform.saved;
    if (p->platform.loaded)
        return 0;
    p->platform.loaded = 1;
    p->registers = (struct registers){ s->edi, s->esi, s->ebp, s->esp, s->ebx, s->edx, s->ecx, s->eax, s->eflags,
        s->eip };
    return 0;
}

HOT int platform_arguments(struct process *p, int count)
{
    struct saved *s = &p->platform.saved;
    word all[] = { s->ebx, s->ecx, s->edx, s->esi, s->edi, s->ebp };
    for (int i = 1; i < count; i++)
        p->argument[i] = all[i];
    return 0;
}

void platform_map(struct process *p, word page, word frame, word writable)
{
    if (pages_map(p, page, frame, writable))
        want(p, EXHAUSTED);
    run_next(p);
}

void platform_again(struct process *p) { run_next(p); }

int platform_create(struct process *p)
{
    if (p->platform.directory)
        platform_destroy(p);
    p->platform = (struct platform_process){ 0 };
    int error = pages_create(p);
    if (error)
        return error;
    put_registers(p);
    join(p);
    return 0;
}

void platform_destroy(struct process *p)
{
    leave(p);
    if (p->platform.wanted)
        wanted--;
    if (p->platform.directory)
        pages_destroy(p);
    p->platform = (struct platform_process){ 0 };
}

void platform_interrupt(struct process *p)
{
    if (!p->platform.wanted)
        want(p, CALLED);
}

void platform_repeat(struct process *p)
{
    p->registers.eip -= 2;
    p->registers.eax = p->call;
}

word platform_entry(void) { return 0; }

u64 platform_time(void) { return (u64)ticks * MICROSECONDS; }

void platform_print(byte c)
{
    while (!(in(COM1 + SERIAL_STATUS) & CAN_SEND)) { }
    out(COM1, c);
}

void platform_off(word status)
{
    out(EXIT_PORT, status);
    for (;;)
        idle();
}

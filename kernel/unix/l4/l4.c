/*
 * The platform on the microkernel: the server is the pager of its processes, and their chief. It is the root task, or
 * one of several servers that the root task `systems` starts.
 */
#include "unix.h"
#include "l4.h"
#include "own.h"
#include "ports.h"
#include "system.h"

/* Processes may set the priority of no thread: their mcp is 0. */
enum { USER_PRIORITY = 40, USER_MCP = 0 };

/* After so many simple calls in a row, the server enters its small space. */
enum { SIMPLE_CALLS = 16 };

#define CLOCK (0xA0 / 4)

/* First words of messages that are no faults: a call, 4 * number + 3, perhaps by trap; the two of the agent. */
#define TRAPPED 0x80000000u
#define READY 0xE0000003u

/* The first word of an interrupted process: it would report exception 255, so no call and no fault has it. */
#define INTERRUPTED 0xFFFFFF01u

/* The orders of an agent. RETRY: interrupt, but later, because the first thread was in the library. */
enum { NO_ORDER, INTERRUPT, RETRY, RETRY_TIME = 1000 };

extern byte library[], library_entry[], library_start[], library_interrupted[], library_return[], library_sigreturn[],
    library_rt_sigreturn[], library_restart[];

HOT_DATA struct own own;

/* The sender of the last message; the answer that the next receive sends; the thread whose fault it answers. */
HOT_DATA static word sender;
HOT_DATA static struct message answer;
HOT_DATA static struct process *answered;
HOT_DATA static u64 next_retry;

static word in_library(const byte *place) { return LIBRARY + (place - library); }

static word agent_of(struct process *p) { return p->platform.thread | 1 << 10; }

/* Sends without waiting. If the receiver does not wait for the message, the message is lost. */
static word send(word to, word eax, word edx, word ebx)
{
    struct message m = { eax, SEND_NOW, edx, ebx, 0, NONE, to };
    ipc(&m);
    return m.eax;
}

/* An answer to a call that has not arrived is kept until the process makes the call again. */
static void keep_answer(struct process *p, struct message *m)
{
    if (m->eax == ITEM || m->esi != p->platform.thread)
        return;
    p->platform.lost = 1;
    p->platform.answer[0] = m->edx;
    p->platform.answer[1] = m->ebx;
}

HOT static void set_answer(struct process *p, word to, word eax, word edx, word ebx)
{
    word code = answer.esi ? send(answer.esi, answer.eax, answer.edx, answer.ebx) : DONE;
    if (code == SEND_TIMEOUT)
        keep_answer(answered, &answer);
    if (code == NO_ROOM)
        process_end(answered, SIGKILL);
    answer = (struct message){ eax, 0, edx, ebx, 0, OPEN, to };
    answered = p;
}

static void order(struct process *p, int what)
{
    p->platform.order = what;
    if (what == RETRY)
        next_retry = platform_time() + RETRY_TIME;
    if (!p->platform.agent || what == RETRY || what == NO_ORDER)
        return;
    p->platform.agent = 0;
    p->platform.order = NO_ORDER;
    send(agent_of(p), 0, in_library(library_interrupted), 0);
}

/* Repeats each order whose time has come. */
static void retry(void)
{
    if (!next_retry || platform_time() < next_retry)
        return;
    next_retry = 0;
    for (int i = 0; i < MOST_PROCESSES; i++)
        if (processes[i].platform.order == RETRY)
            order(&processes[i], processes[i].state == RUNNING ? INTERRUPT : NO_ORDER);
}

/* Timeouts of a receive that ends at a time, and of a send that does not wait. */
static word timeouts(u64 until)
{
    if (!until)
        return SEND_NOW;
    u64 now = platform_time();
    word left = until <= now ? 1 : until - now > 0x7FFFFFFF ? 0x7FFFFFFF : until - now, exponent = 15;
    for (; left > 255; exponent--)
        left = (left + 3) / 4;
    return left << 24 | SEND_NOW | exponent;
}

/* The agent has carried out its order, or has found its first thread in the library. */
static void agent_waits(struct process *p, word inside)
{
    p->platform.agent = 1;
    if (p->platform.order)
        order(p, p->platform.order);
    else if (inside && p->state == RUNNING)
        order(p, RETRY);
}

/*
 * INT 80h; RET; and a byte of padding make room for a jump with 16 bits of displacement, which reaches the library at
 * the bottom of memory. The call that is being made returns to a RET of the library, because its own is overwritten.
 * Any other INT 80h stays as it is, and so does one whose page cannot be copied.
 */
static void rewrite(struct process *p)
{
    byte code[4], jump[4] = { 0x66, 0xE9 };
    word back, place = p->platform.frame + sizeof(word) * 8, next = in_library(library_return);
    if (copy_in(p, &back, place, sizeof back) || (back - 2) % 4 != 0 || copy_in(p, code, back - 2, sizeof code))
        return;
    if (code[0] != 0xCD || code[1] != 0x80 || code[2] != 0xC3 || (code[3] != 0x90 && code[3] != 0xCC))
        return;
    half distance = in_library(library_entry) - (back + 2);
    memcpy(jump + 2, &distance, 2);
    byte *to = user(&p->space, back - 2, 2);
    if (!to || copy_out(p, place, &next, sizeof next))
        return;
    memcpy(to, jump, sizeof jump);
}

/* Handles a message from a process. */
HOT static void decode(struct event *e, struct process *p, struct message *m)
{
    word w0 = m->edx, is_agent = sender != p->platform.thread;
    e->process = p;
    if ((w0 & 1) == 0) {
        e->kind = FAULTED;
        e->address = w0 & ~3u;
        e->write = w0 & 2;
        e->inside = m->ebx - LIBRARY < PAGE;
    } else if ((w0 & 2) == 0 && w0 != INTERRUPTED) {
        e->kind = EXCEPTION;
        e->vector = w0 >> 8 & 0xFF;
        e->address = w0 >> 16;
    } else if (is_agent) {
        if (w0 == READY)
            agent_waits(p, m->ebx);
    } else if (p->platform.lost) {
        p->platform.lost = 0;
        set_answer(p, p->platform.thread, 0, p->platform.answer[0], p->platform.answer[1]);
    } else if (p->state == RUNNING) {
        e->kind = CALLED;
        p->platform.frame = m->edi;
        p->platform.whole = w0 == INTERRUPTED;
        p->platform.loaded = 0;
        p->call = p->platform.whole ? NONE : (w0 & ~TRAPPED) >> 2;
        p->argument[0] = m->ebx;
        if (own.rewrites && w0 & TRAPPED && !p->platform.whole)
            rewrite(p);
    }
}

/* A process whose agent waits is not interrupted now. Then the answer may take the kernel's fast path. */
static int may_wait(u64 until)
{
    return !until && answer.eax == 0 && answered->platform.agent && answer.esi == answered->platform.thread;
}

/* No message has come: the answer did not arrive, or it is time for something else. */
static void failed(struct event *e, struct message *sent, word code)
{
    if (code == NO_ROOM)
        *e = (struct event){ .kind = EXHAUSTED, .process = answered };
    if (sent->esi && (code == SEND_TIMEOUT || code == SEND_CANCELLED))
        keep_answer(answered, sent);
    if (code == RECEIVE_TIMEOUT)
        retry();
}

/* Sends the answer, and receives the next message in its place. */
HOT void platform_next(struct event *e, u64 until)
{
    e->kind = NOTHING;
    if (next_retry && (!until || until > next_retry))
        until = next_retry;
    if (!answer.esi)
        answer = (struct message){ NONE, 0, 0, 0, 0, OPEN, 0 };
    answer.ecx = may_wait(until) ? 0 : timeouts(until);
    struct message sent = { .eax = answer.eax, .edx = answer.edx, .ebx = answer.ebx, .esi = answer.esi };
    ipc(&answer);
    sender = answer.esi;
    answer.esi = 0;
    if (own.system)
        own.system->events++;
    if (answer.eax) {
        failed(e, &sent, answer.eax);
        return;
    }
    word task = sender >> 16 & 0xFF;
    if (sender == own.typist)
        *e = (struct event){ .kind = TYPED, .address = answer.edx };
    else if (task - own.first_task < own.tasks) {
        struct process *p = &processes[task - own.first_task];
        if (p->platform.thread == (sender & ~(63u << 10)))
            decode(e, p, &answer);
    } else if (own.system)
        own.system->strange++;
}

/* A whole frame has the result at the place of EAX for POPA. If the process has lost its frame, a fault ends it. */
HOT void platform_answer(struct process *p, word result)
{
    if (p->platform.whole)
        copy_out(p, p->platform.frame + 28, &result, 4);
    set_answer(p, p->platform.thread, 0, result, p->platform.whole ? p->platform.frame : 0);
}

/* Writes the registers below the stack pointer that they contain. */
static int put_frame(struct process *p)
{
    p->platform.frame = p->registers.esp - sizeof p->registers;
    return copy_out(p, p->platform.frame, &p->registers, sizeof p->registers);
}

int platform_resume(struct process *p)
{
    int error = put_frame(p);
    if (!error)
        set_answer(p, p->platform.thread, 0, 0, p->platform.frame);
    return error;
}

int platform_registers(struct process *p)
{
    word size = p->platform.whole ? 40 : 36, raw[10];
    if (p->platform.loaded)
        return 0;
    if (copy_in(p, raw, p->platform.frame, size))
        return -EFAULT;
    memcpy(&p->registers, raw, 32);
    p->registers.eflags = p->platform.whole ? raw[8] : 0x202;
    p->registers.eip = p->platform.whole ? raw[9] : raw[8];
    p->registers.esp = p->platform.frame + size;
    p->platform.loaded = 1;
    return 0;
}

/*
 * The server, and all data that a simple call needs, are in its first 4 MB. So it may answer such calls in a small
 * space, where a message loads no page directory. A call that reads the memory of its process needs the large space.
 */
HOT static void count_simple_calls(int is_simple)
{
    own.simple = is_simple ? own.simple + 1 : 0;
    if (own.simple >= SIMPLE_CALLS && is_space_large()) {
        own.simple = 0;
        enter_small_space(own.thread);
    }
}

HOT int platform_arguments(struct process *p, int count)
{
    word raw[8];
    count_simple_calls(count <= 1);
    if (count <= 1)
        return 0;
    if (copy_in(p, raw, p->platform.frame, sizeof raw))
        return -EFAULT;
    static const byte places[] = { 4, 6, 5, 1, 0, 2 };
    for (int i = 1; i < count; i++)
        p->argument[i] = raw[places[i]];
    return 0;
}

/* The kernel keeps a page table until its task is deleted, and all tasks share the tables. */
static int take_table(struct process *p, word page)
{
    byte *region = &p->platform.regions[page >> 25], bit = 1 << (page >> 22 & 7);
    if (*region & bit)
        return 1;
    if (!own.tables)
        return 0;
    *region |= bit;
    p->platform.tables++;
    own.tables--;
    return 1;
}

void platform_map(struct process *p, word page, word frame, word writable)
{
    const char *missing = !take_table(p, page) ? "page table" : mapped_pages > own.nodes ? "map node" : NULL;
    if (missing) {
        say("no %s is left for the process %d (%s)", missing, p->pid, p->name);
        process_end(p, SIGKILL);
        return;
    }
    set_answer(p, sender, ITEM, page, FPAGE(frame, PAGE_SIZE_LOG) | (writable ? 2 : 0));
}

void platform_again(struct process *p) { set_answer(p, sender, 0, 0, 0); }

void platform_unmap(word frame) { fpage_unmap(FPAGE(frame, PAGE_SIZE_LOG), 2); }

void platform_protect(word frame) { fpage_unmap(FPAGE(frame, PAGE_SIZE_LOG), 0); }

/* The library is an ordinary page of each process's space. */
int platform_create(struct process *p)
{
    word index = p - processes, task = own.first_task + index, *entry;
    if (index >= own.tasks)
        return -EAGAIN;
    if (p->platform.thread)
        platform_destroy(p);
    if (!(entry = tree_entry(&p->space.tables, LIBRARY / PAGE, 1)))
        return -ENOMEM;
    if (!*entry) {
        if (area_add(&p->space, LIBRARY, LIBRARY + PAGE, 5, NULL, 0, 0))
            return -ENOMEM;
        frame_keep(own.library);
        *entry = own.library | 1;
    }
    if (put_frame(p))
        return -ENOMEM;
    p->platform = (struct platform_process){ .frame = p->platform.frame };
    p->platform.thread = task_new(USER_MCP, p->platform.frame, in_library(library_start), own.thread,
        (own.thread & 0x00FF0000) << 8 | task << 16);
    if (!p->platform.thread)
        return -EAGAIN;
    thread_priority(p->platform.thread, USER_PRIORITY, own.slice);
    return 0;
}

void platform_destroy(struct process *p)
{
    if (answer.esi && answered == p)
        answer.esi = 0;
    if (p->platform.thread)
        task_new(own.thread, 0, 0, 0, p->platform.thread);
    own.tables += p->platform.tables;
    p->platform = (struct platform_process){ 0 };
}

void platform_interrupt(struct process *p)
{
    order(p, INTERRUPT);
}

void platform_repeat(struct process *p)
{
    p->registers.esp -= 4;
    copy_out(p, p->registers.esp, &p->registers.eip, 4);
    p->registers.eip = in_library(library_restart);
    p->registers.eax = p->call;
}

word platform_sigreturn(int has_information)
{
    return in_library(has_information ? library_rt_sigreturn : library_sigreturn);
}

word platform_entry(void) { return own.rewrites ? in_library(library_entry) : 0; }

u64 platform_time(void)
{
    word high, low;
    do {
        high = INFO[CLOCK + 1];
        low = INFO[CLOCK];
    } while (high != INFO[CLOCK + 1]);
    return (u64)high << 32 | low;
}

void platform_print(byte c)
{
    while (!(in(own.port + SERIAL_STATUS) & CAN_SEND)) { }
    out(own.port, c);
}

void platform_off(word status)
{
    struct message m = { 0, 0, END, status, 0, NONE, ROOT };
    if (own.thread == ROOT)
        out(EXIT_PORT, status);
    else
        ipc(&m);
    for (;;) {
        m = (struct message){ NONE, 0, 0, 0, 0, 0, 0 };
        ipc(&m);
    }
}

/* The root task: starts the servers, is their pager, and ends each system by itself. */
#include "systems.h"

enum { FIRST_TASK = 5, TASKS_END = 64 };

/* The kernel has 255 page tables. Memory and ports take 20 in sigma0 and here, and in each server, if it has all. */
enum { TABLES = 255, TABLES_OF_SERVER = 22 };

struct server servers[MOST_SYSTEMS];
word server_count;

static word status_of_all, file, file_end;

/*
 * Modules of the loader: sigma0, this program, the server, and an archive for each system. All that is needed of the
 * loader's information is copied, because it is in memory that is divided.
 */
static void read_modules(const word *information)
{
    const word *modules = (const word *)information[6];
    if (information[5] < 4 || information[5] > 3 + MOST_SYSTEMS)
        stop("give the server as the third module, and one or two archives after it");
    server_count = information[5] - 3;
    file = modules[2 * 4];
    file_end = modules[2 * 4 + 1];
    for (word i = 0; i < server_count; i++) {
        const word *archive = modules + (3 + i) * 4;
        const char *options = (const char *)archive[2];
        struct system *s = &servers[i].given;
        s->archive = archive[0];
        s->archive_end = archive[1];
        for (word at = 0; at < sizeof s->options - 1 && options[at]; at++)
            s->options[at] = options[at];
        s->port = i ? COM2 : COM1;
        s->interrupt = i ? 3 : 4;
    }
}

/* Tasks and memory are divided before anything runs. */
static void divide(void)
{
    word first = FIRST_TASK + server_count, each = (TASKS_END - first) / server_count;
    memory_take();
    memory_keep(file, file_end, NOBODY);
    for (word i = 0; i < server_count; i++) {
        struct server *s = &servers[i];
        s->task = FIRST_TASK + i;
        s->given.first_task = first + i * each;
        s->given.tasks = each;
        s->given.tables = (TABLES - TABLES_OF_SERVER * 3) / server_count;
        s->given.nodes = NODES_LEFT(server_count) / server_count;
        memory_keep(s->given.archive, s->given.archive_end, OWNED + i);
    }
    for (word i = 0; i < server_count; i++) {
        image_load(&servers[i], (const byte *)file, file_end - file);
        image_describe(&servers[i]);
    }
    memory_divide();
}

static word task_id(word number) { return (ROOT & 0x00FF0000) << 8 | number << 16; }

/* No server runs before all are there, because this thread has a higher priority. */
static void start_server(struct server *s)
{
    word stack = IMAGE_START + s->pages * PAGE - 4;
    s->thread = task_new(SERVER_PRIORITY, stack, s->entry, ROOT, task_id(s->task));
    if (!s->thread)
        stop("a server cannot be started");
    thread_priority(s->thread, SERVER_PRIORITY, SLICE);
    for (word i = 0; i < s->given.tasks; i++)
        task_new(s->thread, 0, 0, 0, task_id(s->given.first_task + i));
}

/* Deletes the server with all its processes. The last system ends the machine. */
static void end_system(struct server *s, const char *why, word detail)
{
    word number = s - servers + 1, is_left = 0;
    task_new(ROOT, 0, 0, 0, s->thread);
    s->thread = 0;
    print_to(s->given.port);
    print("systems: system %d has ended: %s %x", number, why, detail);
    for (word i = 0; i < server_count; i++)
        is_left |= servers[i].thread;
    if (is_left)
        return;
    print_to(COM1);
    realtime_report();
    off(status_of_all);
}

static struct server *sender_of(word thread)
{
    for (word i = 0; i < server_count; i++)
        if (servers[i].thread && servers[i].thread == (thread & ~(63u << 10)))
            return &servers[i];
    return NULL;
}

/* The ports of its serial line, as the fault names them: 16 at once. */
static int is_port_of(struct server *s, word fpage)
{
    return (fpage & ~3u) == (0xF0000000u | s->given.port / 16 << 12 | 4 << 2);
}

/* The answer to a message: a map item in the second word; 0 if there is none to give. Returns whether to answer. */
static int serve(struct server *s, struct message *m)
{
    word w0 = m->edx, page = FLOOR(w0), status = m->ebx;
    if (w0 == MORE) {
        m->ebx = memory_next(s);
        m->edx = FLOOR(m->ebx);
        return 1;
    }
    if (w0 == END) {
        if (!status_of_all)
            status_of_all = status;
        end_system(s, "status", status);
        return 0;
    }
    if (!(w0 & 1) && page >= IMAGE_START && page < IMAGE_START + s->pages * PAGE) {
        m->edx = page;
        m->ebx = FPAGE(s->image[(page - IMAGE_START) / PAGE], PAGE_SIZE_LOG) | 2;
        return 1;
    }
    if (is_port_of(s, w0)) {
        m->edx = 0;
        m->ebx = w0;
        return 1;
    }
    status_of_all = 2;
    end_system(s, "its server has made the fault", w0);
    return 0;
}

void start(word argument);

void start(word argument)
{
    struct message m = { NONE, 0, 0, 0, 0, OPEN, 0 };
    struct server *answered = NULL;
    read_modules((const word *)argument);
    thread_priority(ROOT, ROOT_PRIORITY, SLICE);
    divide();
    share_start();
    for (word i = 0; i < server_count; i++)
        start_server(&servers[i]);
    realtime_start();
    for (;;) {
        ipc(&m);
        struct server *s = m.eax && m.eax != MAPPED_ITEM ? NULL : sender_of(m.esi);
        if (m.eax == NO_ROOM && answered) {
            status_of_all = 2;
            end_system(answered, "no room for its memory", 0);
        }
        answered = NULL;
        if (s && serve(s, &m)) {
            answered = s;
            m.eax = m.ebx ? ITEM : 0;
            m.ecx = SEND_NOW;
            m.ebp = OPEN;
        } else
            m = (struct message){ NONE, 0, 0, 0, 0, OPEN, 0 };
    }
}

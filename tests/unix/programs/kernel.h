/* System calls of the microkernel, for programs that use it without the server (spec/interface, section 2). */
enum { NONE = 0xFFFFFFFF, SIGMA0 = 0x04020001 };

struct registers { word eax, ecx, edx, ebx, esi, edi, ebp; };

#define ENTER(vector) \
    __asm__ volatile("push %%ebp; push %0; mov (%0), %%eax; mov 4(%0), %%ecx; mov 8(%0), %%edx; mov 12(%0), %%ebx\n" \
        "mov 16(%0), %%esi; mov 20(%0), %%edi; mov 24(%0), %%ebp; int $" vector "\n" \
        "pop %%ebp; mov %%eax, (%%ebp); mov %%edx, 8(%%ebp); mov %%ebx, 12(%%ebp); mov %%esi, 16(%%ebp); pop %%ebp" \
        : : "r"(r) : "eax", "ecx", "edx", "ebx", "esi", "edi", "memory")

static inline void ipc(struct registers *r) { ENTER("0x30"); }
static inline void unmap(struct registers *r) { ENTER("0x32"); }
static inline void yield(struct registers *r) { ENTER("0x33"); }
static inline void schedule(struct registers *r) { ENTER("0x34"); }
static inline void start_thread(struct registers *r) { ENTER("0x35"); }
static inline void task_new(struct registers *r) { ENTER("0x36"); }

static inline word my_id(void)
{
    struct registers id = { 0 }, *r = &id;
    ENTER("0x31");
    return id.esi;
}

/* The pager of a process's first thread is its server. */
static inline word my_pager(void)
{
    struct registers r = { 0, NONE, NONE, NONE, NONE, 0, 0 };
    start_thread(&r);
    return r.esi;
}

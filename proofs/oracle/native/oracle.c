/*
 * Executes single instructions, or short sequences, on the host's processor and reports their effects. It runs in
 * ring 3 of a 32-bit Linux process. It is freestanding: it needs a compiler for IA-32, but no C library and no
 * headers. All words are 32 bits, little-endian.
 *
 * Input: the number of LDT segments, then { entry, base, limit, flags } for each; the background of the pages from DATA
 * up to END; then batches, each a count and as many struct request. The end of the input ends the program.
 *
 * Output: the word MARK after the setup; for each request MARK, a struct result, and { address, value } for each word
 * of memory that differs from the background.
 *
 * The program enters an instruction by loading every register and a far jump. If the instruction ends at the expected
 * place, a far jump there leads back. If it ends anywhere else, it traps, because the code page is full of INT3.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

#define MAX_BATCH 2048
#define FLAT_CODE 0x23
#define FLAT_DATA 0x2B
#define MARK 0x4D41524Bu
#define NO_TRAP 0xFFFFFFFFu

struct request {
    u32 at, length;         /* linear address of the instructions, and their bytes */
    u32 registers[8];       /* in the encoding's order */
    u32 eip, eflags;
    u32 segments[6];        /* ES CS SS DS FS GS */
    u32 end_at, end_eip;    /* the expected next instruction with flat DS and SS, linear and in CS; end_at 0: none */
    u32 end_narrow;         /* CS is of 16 bits there */
    u32 pokes;
    struct { u32 address, value; } poke[8];
    u8 code[64];
};

struct result {
    u32 vector, error, address;
    u32 registers[8];
    u32 eip, eflags;
    u32 segments[6];
    u32 changes;
};

/* The frame that Linux pushes for a handler with SA_SIGINFO: arch/x86/include/uapi/asm/sigcontext.h. */
struct context {
    u32 flags, link, stack[3];
    u16 gs, gs_, fs, fs_, es, es_, ds, ds_;
    u32 edi, esi, ebp, esp, ebx, edx, ecx, eax, vector, error, eip;
    u16 cs, cs_;
    u32 eflags, esp_at_signal;
    u16 ss, ss_;
    u32 fpstate, oldmask, address;
};

struct request now;
struct result done;
struct { u32 offset; u16 selector; } __attribute__((packed, aligned(4))) target, stack_pointer;
u32 own_stack;

static struct request requests[MAX_BATCH];
static u8 background[END - DATA] __attribute__((aligned(16)));
static u8 signal_stack[65536] __attribute__((aligned(16)));
static u8 output[1 << 16] __attribute__((aligned(16)));
static u32 output_length;
static u8 *code_alias;

static int call(int number, u32 a, u32 b, u32 c, u32 d)
{
    int result;
    asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return result;
}

enum { EXIT = 1, READ = 3, WRITE = 4, OLD_MMAP = 90, MODIFY_LDT = 123, MPROTECT = 125, SIGACTION = 174,
       SIGALTSTACK = 186, FTRUNCATE = 93, MEMFD_CREATE = 356 };

static void fail(u32 stage) { call(EXIT, stage, 0, 0, 0); }

static int fill(void *to, u32 length)
{
    for (u8 *at = to; length > 0;) {
        int n = call(READ, 0, (u32)at, length, 0);
        if (n <= 0) return 0;
        at += n;
        length -= n;
    }
    return 1;
}

static void flush(void)
{
    for (u32 at = 0; at < output_length;) {
        int n = call(WRITE, 1, (u32)output + at, output_length - at, 0);
        if (n <= 0) fail(10);
        at += n;
    }
    output_length = 0;
}

static void put(const void *from, u32 words)
{
    for (u32 i = 0; i < words; i++) {
        if (output_length == sizeof output) flush();
        *(u32 *)(output + output_length) = ((const u32 *)from)[i];
        output_length += 4;
    }
}

static void *map(u32 at, u32 length, u32 protection, u32 flags, u32 file)
{
    u32 arguments[6] = { at, length, protection, flags, file, 0 };
    return (void *)call(OLD_MMAP, (u32)arguments, 0, 0, 0);
}

/* Handles the signal of the trap that ended the instruction, and resumes at the end of enter(). */
extern u8 __executable_start[], _end[], resume[], landing[], handler_entry[], restorer[];

__attribute__((used)) void handler(int signal, void *info, struct context *c)
{
    (void)signal, (void)info;
    /* If the program itself traps, a case has damaged it. */
    if (c->cs == FLAT_CODE && c->eip >= (u32)__executable_start && c->eip < (u32)_end) fail(40);
    done = (struct result){
        c->vector, c->error, c->address,
        { c->eax, c->ecx, c->edx, c->ebx, c->esp, c->ebp, c->esi, c->edi },
        c->eip, c->eflags, { c->es, c->cs, c->ss, c->ds, c->fs, c->gs }, 0,
    };
    c->eip = (u32)resume;
    c->cs = FLAT_CODE;
    c->ss = c->ds = c->es = FLAT_DATA;
    c->fs = c->gs = 0;
    c->esp = own_stack;
    c->eflags = 2;
}

void enter(void);
asm("enter:\n"
    "   pushal\n"
    "   movl %esp, own_stack\n"
    "   movw now+48, %es\n"
    "   movw now+64, %fs\n"
    "   movw now+68, %gs\n"
    "   pushl now+44\n"
    "   popfl\n"
    "   movl now+8, %eax\n"
    "   movl now+12, %ecx\n"
    "   movl now+16, %edx\n"
    "   movl now+20, %ebx\n"
    "   movl now+28, %ebp\n"
    "   movl now+32, %esi\n"
    "   movl now+36, %edi\n"
    "   lss stack_pointer, %esp\n"
    "   movw now+60, %ds\n"
    "   ljmp *%cs:target\n"
    "landing:\n"
    "   movl %eax, done+12\n"
    "   movl %ecx, done+16\n"
    "   movl %edx, done+20\n"
    "   movl %ebx, done+24\n"
    "   movl %esp, done+28\n"
    "   movl %ebp, done+32\n"
    "   movl %esi, done+36\n"
    "   movl %edi, done+40\n"
    "   movl own_stack, %esp\n"
    "   pushfl\n"
    "   popl done+48\n"
    "   pushl $2\n"
    "   popfl\n"
    "   movw %es, done+52\n"
    "   movw %ss, done+60\n"
    "   movw %ds, done+64\n"
    "   movw %fs, done+68\n"
    "   movw %gs, done+72\n"
    "   movl $0x2B, %eax\n"
    "   movl %eax, %es\n"
    "resume:\n"
    "   popal\n"
    "   ret\n"
    /* The processor still has the flags of the interrupted instruction. AC, NT and ID would disturb the handler. */
    "handler_entry:\n"
    "   pushl $2\n"
    "   popfl\n"
    "   jmp handler\n"
    "restorer:\n"
    "   movl $173, %eax\n"
    "   int $0x80\n");

_Static_assert(__builtin_offsetof(struct request, registers) == 8 && __builtin_offsetof(struct request, eflags) == 44
    && __builtin_offsetof(struct request, segments) == 48 && __builtin_offsetof(struct result, registers) == 12
    && __builtin_offsetof(struct result, eflags) == 48 && __builtin_offsetof(struct result, segments) == 52,
    "as enter() has them");

typedef u32 vector4 __attribute__((vector_size(16)));

/* Reports the words that differ from the background, and resets them. */
static u32 report(void)
{
    u32 changes = 0;
    for (u32 at = DATA; at < WRITABLE_END; at += 64) {
        vector4 *m = (vector4 *)at, *b = (vector4 *)(background + at - DATA);
        vector4 d = (m[0] ^ b[0]) | (m[1] ^ b[1]) | (m[2] ^ b[2]) | (m[3] ^ b[3]);
        if (!(d[0] | d[1] | d[2] | d[3])) continue;
        for (u32 i = 0; i < 64; i += 4) {
            u32 *word = (u32 *)(at + i), was = *(u32 *)(background + at + i - DATA);
            if (*word == was) continue;
            put((u32[]){ at + i, *word }, 2);
            *word = was;
            changes++;
        }
    }
    return changes;
}

static u32 count_changes(void)
{
    u32 changes = 0;
    for (u32 at = DATA; at < WRITABLE_END; at += 64) {
        vector4 *m = (vector4 *)at, *b = (vector4 *)(background + at - DATA);
        vector4 d = (m[0] ^ b[0]) | (m[1] ^ b[1]) | (m[2] ^ b[2]) | (m[3] ^ b[3]);
        if (!(d[0] | d[1] | d[2] | d[3])) continue;
        for (u32 i = 0; i < 64; i += 4) changes += *(u32 *)(at + i) != *(u32 *)(background + at + i - DATA);
    }
    return changes;
}

static void execute(const struct request *request)
{
    now = *request;
    u8 *code = code_alias + (now.at - CODE), *end = code_alias + (now.end_at - CODE);
    for (u32 i = 0; i < now.length; i++) code[i] = now.code[i];
    if (now.end_at) {
        u8 *at = end;
        if (now.end_narrow) *at++ = 0x66;
        *at++ = 0xEA; /* JMP ptr16:32 */
        *(u32 *)at = (u32)landing;
        *(u16 *)(at + 4) = FLAT_CODE;
    }
    for (u32 i = 0; i < now.pokes; i++) *(u32 *)now.poke[i].address = now.poke[i].value;

    done.vector = NO_TRAP;
    done.error = done.address = 0;
    done.eip = now.end_eip;
    for (int i = 0; i < 6; i++) done.segments[i] = now.segments[i];
    target.offset = now.eip;
    target.selector = now.segments[1];
    stack_pointer.offset = now.registers[4];
    stack_pointer.selector = now.segments[2];
    enter();

    done.changes = count_changes();
    put((u32[]){ MARK }, 1);
    put(&done, sizeof done / 4);
    if (done.changes) report();
    for (u32 i = 0; i < now.length; i++) code[i] = 0xCC;
    if (now.end_at) for (u32 i = 0; i < 8; i++) end[i] = 0xCC;
}

static void set_up(void)
{
    u32 count;
    if (!fill(&count, 4)) fail(20);
    for (u32 i = 0; i < count; i++) {
        u32 segment[4];
        if (!fill(segment, sizeof segment)) fail(21);
        if (call(MODIFY_LDT, 0x11, (u32)segment, sizeof segment, 0) != 0) fail(22);
    }
    if (!fill(background, sizeof background)) fail(23);

    enum { SHARED = 1, PRIVATE = 2, FIXED = 0x10, ANONYMOUS = 0x20 };
    u32 file = call(MEMFD_CREATE, (u32)"code", 0, 0, 0);
    if (call(FTRUNCATE, file, 4096, 0, 0) != 0) fail(24);
    code_alias = map(0, 4096, 3, SHARED, file);
    if (map(CODE, 4096, 5, SHARED | FIXED, file) != (void *)CODE) fail(25);
    if (map(DATA, END - DATA, 3, PRIVATE | FIXED | ANONYMOUS, -1) != (void *)DATA) fail(26);
    for (u32 i = 0; i < 4096; i++) code_alias[i] = 0xCC;
    for (u32 i = 0; i < END - DATA; i++) ((volatile u8 *)DATA)[i] = background[i];
    if (call(MPROTECT, WRITABLE_END, END - WRITABLE_END, 1, 0) != 0) fail(27);
    *(volatile u8 *)CODE; /* present from now on */

    u32 stack[3] = { (u32)signal_stack, 0, sizeof signal_stack };
    if (call(SIGALTSTACK, (u32)stack, 0, 0, 0) != 0) fail(28);
    enum { SIGINFO = 4, RESTORER = 0x04000000, ONSTACK = 0x08000000 };
    u32 action[5] = { (u32)handler_entry, SIGINFO | RESTORER | ONSTACK, (u32)restorer, 0, 0 };
    static const int signals[] = { 4, 5, 7, 8, 11 }; /* ILL TRAP BUS FPE SEGV */
    for (int i = 0; i < 5; i++)
        if (call(SIGACTION, signals[i], (u32)action, 0, 8) != 0) fail(29);
}

__attribute__((used)) void run(void)
{
    set_up();
    put((u32[]){ MARK }, 1);
    flush();
    for (u32 count; fill(&count, 4);) {
        if (count > MAX_BATCH || !fill(requests, count * sizeof *requests)) fail(30);
        for (u32 i = 0; i < count; i++) execute(&requests[i]);
        flush();
    }
    call(EXIT, 0, 0, 0, 0);
}

asm(".globl _start\n"
    "_start:\n"
    "   andl $-16, %esp\n"
    "   call run\n");

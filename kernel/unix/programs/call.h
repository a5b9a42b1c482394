/* System calls of Linux on IA-32 for programs without a library. Numbers and structures: Linux's. */
typedef unsigned int word;
typedef unsigned long long u64;

#define NULL ((void *)0)

enum { EXIT = 1, FORK, READ, WRITE, OPEN, CLOSE, WAITPID, TIME = 13, GETPID = 20, ALARM = 27, KILL = 37, PIPE = 42,
       BRK = 45, SIGACTION = 67, MUNMAP = 91, MPROTECT = 125, SIGPROCMASK = 126, NANOSLEEP = 162,
       RT_SIGACTION = 174, MMAP = 192 };
enum { SIGINT = 2, SIGUSR1 = 10, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGCHLD = 17 };

static inline int call6(int number, word a, word b, word c, word d, word e, word f)
{
    int result;
    word block[2] = { number, f };
    __asm__ volatile("push %%ebp; mov 4(%1), %%ebp; mov (%1), %%eax; int $0x80; pop %%ebp"
        : "=&a"(result) : "0"(block), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
    return result;
}

static inline int call(int number, word a, word b, word c)
{
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
}

static word length(const char *text)
{
    word n = 0;
    while (text[n])
        n++;
    return n;
}

static void print(const char *text) { call(WRITE, 1, (word)text, length(text)); }

static void number(const char *text, int value)
{
    char digits[16], *at = digits + 15;
    word rest = value < 0 ? -value : value;
    *at = 0;
    *--at = '\n';
    do
        *--at = '0' + rest % 10;
    while (rest /= 10);
    if (value < 0)
        *--at = '-';
    print(text);
    print(" ");
    print(at);
}

static void end(int status)
{
    for (;;)
        call(EXIT, status, 0, 0);
}

/* Runs a function in a child; the status that waitpid reports. */
static inline int child(void (*run)(void))
{
    int status = -1, pid = call(FORK, 0, 0, 0);
    if (!pid) {
        run();
        end(0);
    }
    call(WAITPID, pid, (word)&status, 0);
    return status;
}

/* The number of the program's arguments, its name included. */
word argument_count;

void start(void);

__asm__(".globl _start\n_start: mov (%esp), %eax; mov %eax, argument_count; xor %ebp, %ebp; and $-16, %esp;"
        "call start; hlt");

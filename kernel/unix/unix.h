/* The Unix server: its objects, and what each file offers to the others. */
#ifndef UNIX_H
#define UNIX_H

#include "platform.h"
#include "errors.h"

enum { MOST_PROCESSES = 59, MOST_FILES = 64, SIGNALS = 64, NAME_LENGTH = 255, PATH_LENGTH = 1024 };

/* The addresses of a process's memory. Programs choose the addresses of their own segments. */
enum { USER_START = 0x10000, MAP_START = 0x40000000 };
#define STACK_TOP 0x40400000u
#define STACK_SIZE 0x100000u
#define USER_END 0xF0000000u

/* Results of a call that has not ended: it is tried again when its process is woken; its registers are the answer. */
enum { BLOCKED = -2000, RESUMED, GONE };

/* Pages that behave alike. */
struct area {
    struct area *next;
    word start, end, protection;
    struct inode *file;        /* or NULL for zeros */
    word offset, file_end;     /* of start in the file; the address from which there are zeros */
};

struct space {
    word *tables;              /* a tree (tree.c) of entries, by page */
    struct area *areas;        /* by address */
    word heap, heap_end;
};

struct action { word handler, flags, restorer; u64 mask; };

struct file {
    word references, flags, position;
    struct inode *inode;
};

enum { FREE, RUNNING, CALLING, STOPPED, ZOMBIE };

struct process {
    int state;
    struct platform_process platform;
    struct registers registers;
    int pid, group, session;
    struct process *parent;
    struct space space;
    char name[16];

    word call, argument[6];    /* of the call it has made */
    const void *waiting;       /* for what it is blocked; NULL: tried again at once */
    byte again;                /* the call is to be tried */
    u64 until;                 /* it is tried at this time, too; 0: never */
    word progress;             /* what the call has done before it was blocked */

    u64 pending, mask, old_mask;
    byte suspended;            /* old_mask is the mask to return to */
    struct action actions[SIGNALS + 1];
    u64 alarm, interval;

    struct file *files[MOST_FILES];
    u64 close_on_exec;
    struct inode *directory;
    word umask;

    int status, result;        /* as wait4 reports it; of the call that a stop delays */
    byte reported;             /* of a stop: wait4 has reported it */
    u64 started;
};

struct entry { struct entry *next; struct inode *inode; char name[]; };

struct pipe { byte *data; word start, length, readers, writers; };

struct inode {
    word number, mode, links, references, size, device, owner, group;
    u64 changed;
    word *data;                /* a tree of frames, by page */
    struct entry *entries;     /* of a directory */
    struct inode *parent;
    char *target;              /* of a symbolic link */
    struct pipe *pipe;
};

#define TYPE(mode) ((mode) & 0170000)
enum { REGULAR = 0100000, DIRECTORY = 040000, LINK = 0120000, DEVICE = 020000, FIFO = 010000 };
enum { TTY_DEVICE = 0x500, CONSOLE_DEVICE, NULL_DEVICE = 0x103, ZERO_DEVICE = 0x105 };

/* text.c */
void *memcpy(void *to, const void *from, word size);
void *memset(void *to, int value, word size);
void *memmove(void *to, const void *from, word size);
int memcmp(const void *a, const void *b, word size);
word length_of(const char *text);
int is_same(const char *a, const char *b);
void copy_text(char *to, const char *from, word size);
void say(const char *format, ...);
void stop(const char *why) __attribute__((noreturn));

/* frames.c and tree.c */
extern word free_frames;
void frames_add(word frame);
word frame_new(void);
void frame_keep(word frame);
void frame_drop(word frame);
word frame_users(word frame);
void *take(word size);
void give(void *object, word size);
word *tree_entry(word **tree, word index, int create);
void tree_walk(word **tree, void (*visit)(word *entry, word index, void *context), void *context);
void tree_free(word **tree);

/* space.c */
struct area *area_at(struct space *s, word address);
int area_add(struct space *s, word start, word end, word protection, struct inode *file, word offset, word file_end);
int space_copy(struct space *to, struct space *from);
void space_free(struct space *s);
int space_touch(struct space *s, word address, int write, word *entry);
int space_fault(struct space *s, word address, int write, word *entry);
extern word mapped_pages;
int call_brk(struct process *p);
int call_mmap2(struct process *p);
int call_mmap(struct process *p);
int call_munmap(struct process *p);
int call_mprotect(struct process *p);

/* user.c */
byte *user(struct space *s, word address, int write);
int copy_in(struct process *p, void *to, word from, word size);
int copy_out(struct process *p, word to, const void *from, word size);
int copy_across(struct space *to_space, word to, struct space *from_space, word from, word size);
int text_in(struct process *p, char *to, word from, word size);
int text_length(struct process *p, word from);

/* process.c */
extern struct process processes[MOST_PROCESSES], *first_process;
struct process *process_new(void);
struct process *process_of(int pid);
void process_end(struct process *p, int status);
extern byte tries_wanted;
void try_again(struct process *p);
void wake(const void *object);
int block(struct process *p, const void *object);
int call_fork(struct process *p);
int call_clone(struct process *p);
int call_exit(struct process *p);
int call_wait4(struct process *p);
int call_waitpid(struct process *p);
int call_getpid(struct process *p);
int call_getppid(struct process *p);
int call_getpgid(struct process *p);
int call_getpgrp(struct process *p);
int call_setpgid(struct process *p);
int call_setsid(struct process *p);
int call_getsid(struct process *p);

/* exec.c */
int execute(struct process *p, const char *path, word arguments, word environment);
int call_execve(struct process *p);

/* signal.c */
enum { SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,
       SIGPIPE, SIGALRM, SIGTERM, SIGCHLD = 17, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH = 28 };
void signal_send(struct process *p, int signal);
void signal_force(struct process *p, int signal);
int signal_group(int group, int signal);
int signal_due(struct process *p);
void call_end(struct process *p, int result);
void signals_reset(struct process *p);
int call_kill(struct process *p);
int call_sigaction(struct process *p);
int call_rt_sigaction(struct process *p);
int call_signal(struct process *p);
int call_sigprocmask(struct process *p);
int call_rt_sigprocmask(struct process *p);
int call_sigsuspend(struct process *p);
int call_rt_sigsuspend(struct process *p);
int call_sigpending(struct process *p);
int call_sigreturn(struct process *p);
int call_rt_sigreturn(struct process *p);
int call_pause(struct process *p);

/* inode.c */
extern struct inode *root;
struct inode *inode_new(word mode);
void inode_keep(struct inode *i);
void inode_drop(struct inode *i);
struct inode *entry_find(struct inode *directory, const char *name, word length);
int entry_add(struct inode *directory, const char *name, word length, struct inode *i);
void entry_remove(struct inode *directory, const char *name, word length);
int inode_frame(struct inode *i, word page, word *frame);
int inode_transfer(struct inode *i, word position, struct space *s, word address, word size, int write);
int inode_read(struct inode *i, word position, void *to, word size);
int inode_write(struct inode *i, word position, const void *from, word size);
int inode_resize(struct inode *i, word size);

/* path.c */
int path_find(struct process *p, const char *path, int follow, struct inode **found);
int path_parent(struct process *p, const char *path, struct inode **directory, char *name);
int path_in(struct process *p, word address, char *path);
int path_user(struct process *p, word address, int follow, struct inode **found);
int path_name(struct inode *directory, char *name);
int link_new(struct inode *directory, const char *name, const char *target);

/* cpio.c */
int cpio_unpack(const byte *archive, word size);

/* files.c */
struct file *file_of(struct process *p, word descriptor);
int file_install(struct process *p, struct file *f, word least);
struct file *file_new(struct inode *i, word flags);
void file_drop(struct file *f);
int call_open(struct process *p);
int call_creat(struct process *p);
int call_close(struct process *p);
int call_read(struct process *p);
int call_write(struct process *p);
int call_writev(struct process *p);
int call_readv(struct process *p);
int call_lseek(struct process *p);
int call_llseek(struct process *p);
int call_dup(struct process *p);
int call_dup2(struct process *p);
int call_fcntl(struct process *p);
int call_ioctl(struct process *p);
int call_pipe(struct process *p);
int call_pipe2(struct process *p);
int call_ftruncate(struct process *p);

/* names.c and status.c */
int call_mkdir(struct process *p);
int call_rmdir(struct process *p);
int call_unlink(struct process *p);
int call_link(struct process *p);
int call_symlink(struct process *p);
int call_readlink(struct process *p);
int call_rename(struct process *p);
int call_mknod(struct process *p);
int call_chdir(struct process *p);
int call_fchdir(struct process *p);
int call_getcwd(struct process *p);
int call_umask(struct process *p);
int call_chmod(struct process *p);
int call_chown(struct process *p);
int call_access(struct process *p);
int call_truncate(struct process *p);
int call_utime(struct process *p);
int call_stat64(struct process *p);
int call_lstat64(struct process *p);
int call_fstat64(struct process *p);
int call_getdents64(struct process *p);

/* at.c */
int call_openat(struct process *p);
int call_mkdirat(struct process *p);
int call_mknodat(struct process *p);
int call_fchownat(struct process *p);
int call_readlinkat(struct process *p);
int call_fchmodat(struct process *p);
int call_faccessat(struct process *p);
int call_fstatat64(struct process *p);
int call_unlinkat(struct process *p);
int call_symlinkat(struct process *p);
int call_renameat(struct process *p);
int call_linkat(struct process *p);

/* pipe.c */
struct pipe *pipe_new(void);
void pipe_open(struct inode *i, word flags);
void pipe_close(struct inode *i, word flags);
int pipe_read(struct process *p, struct file *f, word address, word size);
int pipe_write(struct process *p, struct file *f, word address, word size);

/* console.c */
void console_typed(byte c);
int console_read(struct process *p, struct file *f, word address, word size);
int console_write(struct process *p, word address, word size);
int console_control(struct process *p, word request, word address);
int console_ready(void);

/* time.c and select.c */
extern u64 next_limit;
extern const byte any_change;
void time_limit(struct process *p, u64 until);
void time_expire(void);
u64 divide(u64 value, word by, word *rest);
int call_old_select(struct process *p);
int call_time(struct process *p);
int call_gettimeofday(struct process *p);
int call_clock_gettime(struct process *p);
int call_nanosleep(struct process *p);
int call_times(struct process *p);
int call_alarm(struct process *p);
int call_setitimer(struct process *p);
int call_getrusage(struct process *p);
int call_select(struct process *p);
int call_poll(struct process *p);

/* calls.c */
void call_first(struct process *p);
void call_try(struct process *p);

#endif

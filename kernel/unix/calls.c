/* The table of system calls, by their numbers on Linux for IA-32. */
#include "unix.h"

typedef int handler(struct process *p);

static int call_zero(struct process *p) { return (void)p, 0; }

static int call_sysinfo_name(struct process *p)
{
    static const char names[6][65] = { "Verified", "verified", "1.0", "Unix on L4 X.0", "i686", "" };
    return copy_out(p, p->argument[0], names, sizeof names);
}

static int call_reboot(struct process *p)
{
    say("process %d ends the system", p->pid);
    platform_off(0);
}

/* Soft and hard limit of each resource: none. */
static int call_getrlimit(struct process *p)
{
    word limits[2] = { NONE, NONE };
    if (p->argument[0] == 3)
        limits[0] = limits[1] = STACK_SIZE;
    if (p->argument[0] == 7)
        limits[0] = limits[1] = MOST_FILES;
    return copy_out(p, p->argument[1], limits, sizeof limits);
}

static const struct { handler *call; byte arguments; } calls[] = {
    [1] = { call_exit, 1 }, [2] = { call_fork, 0 }, [3] = { call_read, 3 }, [4] = { call_write, 3 },
    [5] = { call_open, 3 }, [6] = { call_close, 1 }, [7] = { call_waitpid, 3 }, [8] = { call_creat, 2 },
    [9] = { call_link, 2 }, [10] = { call_unlink, 1 }, [11] = { call_execve, 3 }, [12] = { call_chdir, 1 },
    [13] = { call_time, 1 }, [14] = { call_mknod, 3 }, [15] = { call_chmod, 2 }, [16] = { call_chown, 3 },
    [19] = { call_lseek, 3 }, [20] = { call_getpid, 0 }, [24] = { call_zero, 0 }, [27] = { call_alarm, 1 },
    [29] = { call_pause, 0 }, [30] = { call_utime, 2 }, [33] = { call_access, 2 }, [36] = { call_zero, 0 },
    [37] = { call_kill, 2 }, [38] = { call_rename, 2 }, [39] = { call_mkdir, 2 }, [40] = { call_rmdir, 1 },
    [41] = { call_dup, 1 }, [42] = { call_pipe, 1 }, [43] = { call_times, 1 }, [45] = { call_brk, 1 },
    [47] = { call_zero, 0 }, [48] = { call_signal, 2 }, [49] = { call_zero, 0 }, [50] = { call_zero, 0 },
    [54] = { call_ioctl, 3 }, [55] = { call_fcntl, 3 }, [57] = { call_setpgid, 2 }, [60] = { call_umask, 1 },
    [63] = { call_dup2, 2 }, [64] = { call_getppid, 0 }, [65] = { call_getpgrp, 0 }, [66] = { call_setsid, 0 },
    [67] = { call_sigaction, 3 }, [72] = { call_sigsuspend, 3 }, [73] = { call_sigpending, 1 },
    [76] = { call_getrlimit, 2 }, [77] = { call_getrusage, 2 }, [78] = { call_gettimeofday, 2 },
    [82] = { call_old_select, 1 }, [83] = { call_symlink, 2 }, [85] = { call_readlink, 3 }, [88] = { call_reboot, 3 },
    [90] = { call_mmap, 1 }, [91] = { call_munmap, 2 }, [92] = { call_truncate, 2 }, [93] = { call_ftruncate, 2 },
    [104] = { call_setitimer, 3 }, [114] = { call_wait4, 4 }, [119] = { call_sigreturn, 0 },
    [120] = { call_clone, 2 }, [122] = { call_sysinfo_name, 1 }, [125] = { call_mprotect, 3 },
    [126] = { call_sigprocmask, 3 }, [132] = { call_getpgid, 1 }, [133] = { call_fchdir, 1 },
    [140] = { call_llseek, 5 }, [142] = { call_select, 5 }, [145] = { call_readv, 3 }, [146] = { call_writev, 3 },
    [147] = { call_getsid, 1 }, [162] = { call_nanosleep, 2 }, [168] = { call_poll, 3 },
    [173] = { call_rt_sigreturn, 0 }, [174] = { call_rt_sigaction, 4 }, [175] = { call_rt_sigprocmask, 4 },
    [179] = { call_rt_sigsuspend, 2 }, [183] = { call_getcwd, 2 }, [190] = { call_fork, 0 },
    [191] = { call_getrlimit, 2 }, [192] = { call_mmap2, 6 }, [195] = { call_stat64, 2 }, [196] = { call_lstat64, 2 },
    [197] = { call_fstat64, 2 }, [199] = { call_zero, 0 }, [200] = { call_zero, 0 }, [201] = { call_zero, 0 },
    [202] = { call_zero, 0 }, [212] = { call_chown, 3 }, [213] = { call_zero, 0 }, [214] = { call_zero, 0 },
    [220] = { call_getdents64, 3 }, [221] = { call_fcntl, 3 }, [224] = { call_getpid, 0 }, [252] = { call_exit, 1 },
    [265] = { call_clock_gettime, 2 }, [295] = { call_openat, 4 },
    [296] = { call_mkdirat, 3 }, [297] = { call_mknodat, 4 }, [298] = { call_fchownat, 5 },
    [300] = { call_fstatat64, 4 }, [301] = { call_unlinkat, 3 }, [302] = { call_renameat, 4 },
    [303] = { call_linkat, 5 }, [304] = { call_symlinkat, 3 }, [305] = { call_readlinkat, 4 },
    [306] = { call_fchmodat, 3 }, [307] = { call_faccessat, 3 }, [331] = { call_pipe2, 2 },
};

enum { CALLS = sizeof calls / sizeof *calls };

/* An unknown call fails. The server reports each number once, and numbers that no Linux has only once in all. */
static int unknown(struct process *p)
{
    enum { NUMBERS = 512 };
    static byte reported[NUMBERS + 1];
    word number = p->call < NUMBERS ? p->call : NUMBERS;
    if (!reported[number]) {
        reported[number] = 1;
        say("%s: the call %d is unknown", p->name, p->call);
    }
    return -ENOSYS;
}

/* Makes a call, or tries it again. It ends, or is blocked, or its process has ended. */
HOT void call_try(struct process *p)
{
    int result = p->call < CALLS && calls[p->call].call ? calls[p->call].call(p) : unknown(p);
    if (result == GONE || p->state != CALLING)
        return;
    if (result == BLOCKED && signal_due(p))
        result = p->progress ? (int)p->progress : -EINTR;
    if (result != BLOCKED)
        call_end(p, result);
}

/* A process has called. If it gives no number, it only answers an order to come. */
HOT void call_first(struct process *p)
{
    p->state = CALLING;
    p->again = 0;
    p->until = p->progress = 0;
    if (p->call == NONE)
        call_end(p, RESUMED);
    else if (p->call < CALLS && platform_arguments(p, calls[p->call].arguments))
        process_end(p, SIGSEGV);
    else
        call_try(p);
}

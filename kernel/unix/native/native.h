/* The Unix system as a kernel of its own: what its files share. */
#ifndef NATIVE_H
#define NATIVE_H

#include "unix.h"
#include "ports.h"

/* Selectors. The kernel's segments begin at KERNEL_BASE, so that its addresses are those of physical memory. */
#define KERNEL_BASE 0xF0000000u
#define MEMORY (1u << 26)
#define KERNEL_ROWS (MEMORY >> 22)
enum { KERNEL_ROW = KERNEL_BASE >> 22 };
enum { KERNEL_CODE = 8, KERNEL_DATA = 16, USER_CODE = 24 + 3, USER_DATA = 32 + 3, TASK_STATE = 40 };

/* Vectors: exceptions, the two interrupt controllers' lines, the system call. */
enum { INTERRUPTS = 0x20, SYSTEM_CALL = 0x80, VECTORS = 0x81 };

/* A row of a page directory that maps 4 MB of physical memory for the kernel: present, writable, large. */
static inline word kernel_row(word number) { return number << 22 | 0x83; }

/* entry.S */
extern word idle_vector;
void run(struct saved *s);
word idle(void);
word fault_address(void);
void load_directory(word directory);

/* tables.c */
void tables_start(void);
void set_stack(word top);

/* pages.c */
void pages_start(void);
int pages_create(struct process *p);
void pages_destroy(struct process *p);
int pages_map(struct process *p, word page, word frame, word writable);
void pages_load(struct process *p);

#endif

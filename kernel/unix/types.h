#ifndef TYPES_H
#define TYPES_H

typedef unsigned char byte;
typedef unsigned short half;
typedef unsigned int word;
typedef unsigned long long u64;

#define PAGE 4096u
#define NULL ((void *)0)
#define NONE 0xFFFFFFFFu

/*
 * Code and data of every system call. They are together on few pages: a processor without tagged translations forgets
 * all of them when another space runs.
 */
#define HOT __attribute__((hot))
#define HOT_DATA __attribute__((section(".data.hot")))

/* A page downwards, and upwards. */
#define FLOOR(address) ((address) & ~(PAGE - 1))
#define CEILING(address) FLOOR((address) + PAGE - 1)

/* As PUSHA, EFLAGS and EIP leave them on a stack. */
struct registers { word edi, esi, ebp, esp, ebx, edx, ecx, eax, eflags, eip; };

#endif

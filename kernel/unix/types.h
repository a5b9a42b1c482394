#ifndef TYPES_H
#define TYPES_H

typedef unsigned char byte;
typedef unsigned short half;
typedef unsigned int word;
typedef unsigned long long u64;

#define PAGE 4096u
#define NULL ((void *)0)

/* A page downwards, and upwards. */
#define FLOOR(address) ((address) & ~(PAGE - 1))
#define CEILING(address) FLOOR((address) + PAGE - 1)

/* As PUSHA, EFLAGS and EIP leave them on a stack. */
struct registers { word edi, esi, ebp, esp, ebx, edx, ecx, eax, eflags, eip; };

#endif

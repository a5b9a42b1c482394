/* The headers of an ELF file, and the type of a segment that is loaded. */
#ifndef ELF_H
#define ELF_H

#include "types.h"

struct elf {
    byte identity[16];
    half type, machine;
    word version, entry, headers, sections, flags;
    half size, header_size, header_count;
} __attribute__((packed));

struct program { word type, offset, address, physical, file_size, memory_size, flags, alignment; };

enum { LOAD = 1 };

#endif

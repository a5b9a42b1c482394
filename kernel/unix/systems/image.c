/* A server's image: a copy of the ELF file's segments in frames of its own, and the description of its system. */
#include "systems.h"
#include "elf.h"

/* The place of a byte of the image in memory. */
static byte *place(struct server *s, word address)
{
    return (byte *)s->image[(address - IMAGE_START) / PAGE] + address % PAGE;
}

static void check(struct program *h, word size)
{
    if (h->address < IMAGE_START || h->memory_size > MOST_IMAGE_PAGES * PAGE || h->file_size > h->memory_size
        || CEILING(h->address + h->memory_size) >= IMAGE_START + MOST_IMAGE_PAGES * PAGE)
        stop("the server is not linked at 1 MB, or is too large");
    if (h->offset > size || h->file_size > size - h->offset)
        stop("the file of the server is cut off");
}

static word end_of(const struct elf *elf, const byte *file, word size)
{
    word end = IMAGE_START;
    for (word i = 0; i < elf->header_count; i++) {
        struct program *h = (struct program *)(file + elf->headers) + i;
        if (h->type != LOAD)
            continue;
        check(h, size);
        if (CEILING(h->address + h->memory_size) > end)
            end = CEILING(h->address + h->memory_size);
    }
    return end;
}

void image_load(struct server *s, const byte *file, word size)
{
    const struct elf *elf = (const struct elf *)file;
    if (size < sizeof *elf || *(word *)file != 0x464C457F || elf->header_size != sizeof(struct program)
        || elf->headers > size || elf->header_count > (size - elf->headers) / sizeof(struct program))
        stop("the third module is no server: give an ELF executable");
    s->entry = elf->entry;
    s->pages = (end_of(elf, file, size) - IMAGE_START) / PAGE + 1;
    for (word i = 0; i < s->pages; i++)
        s->image[i] = memory_frame();
    for (word i = 0; i < elf->header_count; i++) {
        struct program *h = (struct program *)(file + elf->headers) + i;
        for (word at = 0; h->type == LOAD && at < h->file_size; at++)
            *place(s, h->address + at) = file[h->offset + at];
    }
}

/* The last page: the description, and at the page's end its address, which is the server's first stack. */
void image_describe(struct server *s)
{
    word page = IMAGE_START + (s->pages - 1) * PAGE;
    s->shared = (struct system *)place(s, page);
    *s->shared = s->given;
    *(word *)place(s, page + PAGE - 4) = page;
}

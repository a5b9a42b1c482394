/* execve: a space of an ELF file, of its interpreter, and of a stack with the arguments. */
#include "unix.h"
#include "elf.h"

enum { INTERPRETER = 3, EXECUTABLE = 2, I386 = 3, MOST_HEADERS = 32, MOST_ARGUMENTS = 1024 };

/* A program that exec is building. */
struct image {
    struct space space;
    struct elf elf;
    word entry, base, headers; /* where to start; of the interpreter; of the program's headers in memory */
    word stack;
    char interpreter[PATH_LENGTH];
};

static int add_segment(struct image *m, struct inode *file, struct program *h)
{
    word skew = h->address % PAGE, start = h->address - skew, end = CEILING(h->address + h->memory_size);
    if (h->address + h->memory_size < h->address || start < USER_START || end > USER_END || end < start
        || h->file_size > h->memory_size || h->offset + h->file_size < h->offset || h->offset % PAGE != skew)
        return -ENOEXEC;
    if (start == end)
        return 0;
    for (struct area *a = m->space.areas; a; a = a->next)
        if (start < a->end && a->start < end)
            return -ENOEXEC;
    if (end > m->space.heap)
        m->space.heap = m->space.heap_end = end;
    word protection = (h->flags & 4 ? 1 : 0) | (h->flags & 2 ? 2 : 0) | (h->flags & 1 ? 4 : 0);
    return area_add(&m->space, start, end, protection, file, h->offset - skew, h->address + h->file_size);
}

static int load(struct image *m, struct inode *file, int is_interpreter)
{
    struct elf elf;
    struct program h;
    word heap = m->space.heap;
    if (inode_read(file, 0, &elf, sizeof elf) != sizeof elf || memcmp(elf.identity, "\177ELF\1\1", 6)
        || elf.type != EXECUTABLE || elf.machine != I386 || elf.header_size != sizeof h
        || elf.header_count > MOST_HEADERS)
        return -ENOEXEC;
    for (word i = 0; i < elf.header_count; i++) {
        if (inode_read(file, elf.headers + i * sizeof h, &h, sizeof h) != sizeof h)
            return -ENOEXEC;
        int error = h.type == LOAD ? add_segment(m, file, &h) : 0;
        if (error)
            return error;
        if (h.type == LOAD && !is_interpreter && elf.headers >= h.offset && elf.headers < h.offset + h.file_size)
            m->headers = h.address + elf.headers - h.offset;
        if (h.type == INTERPRETER && !is_interpreter) {
            if (!h.file_size || h.file_size > PATH_LENGTH
                || inode_read(file, h.offset, m->interpreter, h.file_size) != (int)h.file_size
                || m->interpreter[h.file_size - 1])
                return -ENOEXEC;
        }
    }
    if (is_interpreter) {
        m->space.heap = m->space.heap_end = heap;
        m->base = elf.entry;
    } else
        m->elf = elf;
    m->entry = elf.entry;
    return 0;
}

/* Pushes a text of the server, or of the process. */
static int push_text(struct process *p, struct image *m, const char *text, word from)
{
    int length = text ? (int)length_of(text) : text_length(p, from);
    if (length < 0)
        return length;
    if (m->stack - (STACK_TOP - STACK_SIZE) < (word)length + 2 * PAGE)
        return -E2BIG;
    m->stack -= length + 1;
    if (!text)
        return copy_across(&m->space, m->stack, &p->space, from, length + 1);
    for (int i = 0; i <= length; i++) {
        byte *at = user(&m->space, m->stack + i, 1);
        if (!at)
            return -ENOMEM;
        *at = text[i];
    }
    return 0;
}

/* Pushes the texts of a list of the process, and puts their addresses into a list; the number, or an error. */
static int push_list(struct process *p, struct image *m, word list, word *addresses, int most)
{
    int count = 0;
    for (word text; list; count++) {
        if (copy_in(p, &text, list + 4 * count, 4))
            return -EFAULT;
        if (!text)
            break;
        if (count >= most)
            return -E2BIG;
        int error = push_text(p, m, NULL, text);
        if (error)
            return error;
        addresses[count] = m->stack;
    }
    return count;
}

static int push_words(struct image *m, const word *words, int count)
{
    m->stack -= 4 * count;
    for (int i = 0; i < count; i++) {
        byte *at = user(&m->space, m->stack + 4 * i, 1);
        if (!at)
            return -ENOMEM;
        memcpy(at, words + i, 4);
    }
    return 0;
}

/* Arguments before those of the caller. A script adds its interpreter, the interpreter's argument, and its own name. */
struct leading { const char *texts[3]; int count; };

static int make_stack(struct process *p, struct image *m, struct leading *first, word arguments, word environment)
{
    static word lists[2][MOST_ARGUMENTS + 8];
    int error = area_add(&m->space, STACK_TOP - STACK_SIZE, STACK_TOP, 7, NULL, 0, 0);
    if (error)
        return error;
    m->stack = STACK_TOP - 16;
    int variables = push_list(p, m, environment, lists[1], MOST_ARGUMENTS);
    if (variables < 0)
        return variables;
    if (first->count && arguments)
        arguments += 4;
    int rest = push_list(p, m, arguments, lists[0] + first->count, MOST_ARGUMENTS);
    if (rest < 0)
        return rest;
    for (int i = first->count - 1; i >= 0; i--) {
        if ((error = push_text(p, m, first->texts[i], 0)))
            return error;
        lists[0][i] = m->stack;
    }
    word count = rest + first->count, page = 6, entry = 9;
    word auxiliary[] = { 3, m->headers, 4, sizeof(struct program), 5, m->elf.header_count, page, PAGE, 7, 0,
        entry, m->elf.entry, 11, 0, 12, 0, 13, 0, 14, 0, 17, 100, 32, platform_entry(), 0, 0 };
    int words = sizeof auxiliary / 4;
    if (!platform_entry())
        auxiliary[words - 4] = auxiliary[words - 3] = 0;
    lists[0][count] = lists[1][variables] = 0;
    m->stack = (m->stack & ~15u) - ((words + count + variables + 3) * 4 & 15);
    if (!(error = push_words(m, auxiliary, words)) && !(error = push_words(m, lists[1], variables + 1))
        && !(error = push_words(m, lists[0], count + 1)))
        error = push_words(m, &count, 1);
    return error;
}

/* "#!interpreter argument" on the first line. */
static int read_script(struct inode *file, char *line, struct leading *first)
{
    int length = inode_read(file, 0, line, PATH_LENGTH - 1), end = 2, from;
    if (length < 2 || line[0] != '#' || line[1] != '!')
        return -ENOEXEC;
    line[length] = 0;
    while (line[end] && line[end] != '\n')
        end++;
    while (end > 2 && (line[end - 1] == ' ' || line[end - 1] == '\t'))
        end--;
    line[end] = 0;
    for (from = 2; line[from] == ' ' || line[from] == '\t';)
        from++;
    first->texts[first->count++] = line + from;
    while (line[from] && line[from] != ' ' && line[from] != '\t')
        from++;
    if (line[from]) {
        line[from++] = 0;
        while (line[from] == ' ' || line[from] == '\t')
            from++;
        first->texts[first->count++] = line + from;
    }
    return *first->texts[0] ? 0 : -ENOEXEC;
}

static int find_program(struct process *p, const char *path, struct inode **file)
{
    int error = path_find(p, path, 1, file);
    return error ? error : TYPE((*file)->mode) != REGULAR || !((*file)->mode & 0111) ? -EACCES : 0;
}

static int build(struct process *p, struct image *m, const char *path, word arguments, word environment)
{
    static char line[PATH_LENGTH];
    struct leading first = { { 0 }, 0 };
    struct inode *file;
    int error = find_program(p, path, &file);
    if (error)
        return error;
    if (!read_script(file, line, &first)) {
        first.texts[first.count++] = path;
        if ((error = find_program(p, first.texts[0], &file)))
            return error;
    } else if (!arguments)
        first.texts[first.count++] = path;
    if ((error = load(m, file, 0)))
        return error;
    if (m->interpreter[0] && ((error = find_program(p, m->interpreter, &file)) || (error = load(m, file, 1))))
        return error;
    return make_stack(p, m, &first, arguments, environment);
}

static const char *last_part(const char *path)
{
    const char *part = path;
    for (; *path; path++)
        if (*path == '/')
            part = path + 1;
    return part;
}

/* On success the process runs the new program, and has left its old space. */
int execute(struct process *p, const char *path, word arguments, word environment)
{
    static struct image image;
    memset(&image, 0, sizeof image);
    int error = build(p, &image, path, arguments, environment);
    if (error) {
        space_free(&image.space);
        return error;
    }
    platform_destroy(p);
    space_free(&p->space);
    p->space = image.space;
    p->registers = (struct registers){ .esp = image.stack, .eip = image.entry, .eflags = 0x202 };
    copy_text(p->name, last_part(path), sizeof p->name);
    signals_reset(p);
    for (word i = 0; i < MOST_FILES; i++)
        if (p->files[i] && (p->close_on_exec >> i & 1)) {
            file_drop(p->files[i]);
            p->files[i] = NULL;
        }
    p->close_on_exec = 0;
    p->state = RUNNING;
    if (platform_create(p)) {
        say("no room for the process %d", p->pid);
        process_end(p, SIGKILL);
    }
    return GONE;
}

int call_execve(struct process *p)
{
    static char path[PATH_LENGTH];
    int error = path_in(p, p->argument[0], path);
    return error ? error : execute(p, path, p->argument[1], p->argument[2]);
}

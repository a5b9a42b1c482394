#define BEYOND
#include "small.c"

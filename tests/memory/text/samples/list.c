/* A list. */
#include <stdio.h>
#include "list.h"

#define MAX_ITEMS 10
#define SQUARE(x) ((x) * (x))

typedef struct node {
    int value;
    struct node *next;
} node_t;

struct list { node_t *head; };

enum color { RED, GREEN };

typedef int (*compare_fn)(int, int);

static int counter = 0;

int list_len(const struct list *l);

/* Adds one. */
static node_t *list_push(struct list *l, int value)
{
    node_t *n = malloc(sizeof *n);
    n->value = value;
    return n;
}

#ifdef DEBUG
void list_dump(struct list *l) {
    printf("%p\n", l);
}
#endif

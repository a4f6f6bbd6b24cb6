/* The compiled engine's Value: its fields, and what the files of this folder share.

   `autograd/value.py` says what everything here means, and does it all in Python. This is the same
   with numbers as C doubles, and without the interpreter between two steps. `tests/autograd/
   test_engines.py` holds the two equal, bit for bit.

   `Core` is the base of the Python class Value and holds its fields. When the class exists,
   `install` puts C functions into its slots. Whatever is not plain (a block such as no_grad is
   open, an operand is neither a Value nor a float) they leave to the Python methods of the class,
   which stay where they are. */

#ifndef GLASSGRAD_VALUE_H
#define GLASSGRAD_VALUE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef Py_GIL_DISABLED
#error "the native engine relies on the global interpreter lock"
#endif

/* The fields, as in value.py. NULL stands for an attribute that is not set. */
typedef struct {
    PyObject_HEAD
    PyObject *a;
    PyObject *b; /* or, where a is a tuple, bytes: the operands' data as C doubles */
    PyObject *operation;
    uintptr_t rare; /* see `rare_of`; its lowest bit is set while a backward pass awaits the value */
    double datum, grad;
    double a_data, b_data;
} Value;

/* What most values have no need of: the label "", the mark None, and no comparisons are NULL. */
typedef struct {
    PyObject *label, *mark, *compared;
} Rare;

/* What a row of the table computes, in C. A row without such a form runs its Python functions. */
typedef struct {
    const char *name;
    double (*forward1)(double a);
    double (*slope1)(double a, double y);
    double (*forward2)(double a, double b);
    double (*slope2a)(double a, double b, double y);
    double (*slope2b)(double a, double b, double y);
} Form;

typedef enum { PRODUCT, SUM, SIMPLE, SELECTS, OTHER, NOTHING } Kind;

/* What the engine asks of an operation. */
typedef struct {
    PyObject *operation;
    PyObject *forward, *over, *derivatives;
    const Form *form;
    Kind kind;
    double slope;
    int branching, variadic;
} Row;

/* value.c */
extern PyTypeObject Core_Type;
extern PyTypeObject *ValueType; /* the Python class, once it is installed */
extern PyObject *open_blocks;   /* the set in `blocks`: empty where nothing special is going on */
extern PyObject *no_label;
int install_value(PyTypeObject *type, PyObject *property_type);

/* forms.c */
const Form *find_form(const char *name);

/* rows.c */
int read_row(PyObject *operation, Row *row);
void forget_row(Row *row);
int keep_rows(PyObject *table);
const Row *find_row(PyObject *operation);

/* record.c */
int install_operators(PyTypeObject *type, PyObject *operations);
PyObject *record(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *install_sum(PyObject *module, PyObject *function);
PyObject *weighted_sum(PyObject *module, PyObject *const *given, Py_ssize_t count, PyObject *names);

/* recycle.c */
PyObject *recycle(PyObject *module, PyObject *class);
void free_kept(void);

/* backward.c */
int install_backward(PyObject *check_leaf, PyObject *finish_backward, PyObject *pass_on);
PyObject *backward(PyObject *module, PyObject *root);

/* memory.h has how values are made and freed. */

static inline Rare *rare_of(Value *v) { return (Rare *)(v->rare & ~(uintptr_t)1); }

#define is_value(thing) (Py_TYPE(thing) == ValueType)
#define in_a_block() (PySet_GET_SIZE(open_blocks) != 0)

/* Whether a value was computed. Its operation is NULL while it is being made. */
static inline int is_interior(Value *v)
{
    return v->operation != NULL && v->operation != Py_None;
}

#endif

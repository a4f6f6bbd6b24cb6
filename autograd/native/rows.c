/* Rows: what the engine asks of an operation, read once for those of the table. */

#include "value.h"

static int flag(PyObject *operation, const char *name)
{
    PyObject *found = PyObject_GetAttrString(operation, name);
    int on = found == NULL ? -1 : PyObject_IsTrue(found);
    Py_XDECREF(found);
    return on;
}

void forget_row(Row *row)
{
    Py_CLEAR(row->operation);
    Py_CLEAR(row->forward);
    Py_CLEAR(row->over);
    Py_CLEAR(row->derivatives);
}

/* Read an operation's attributes. Afterwards `forget_row`. The kinds are the branches of the loop
   in `Value.backward`, in its order. */
int read_row(PyObject *operation, Row *row)
{
    memset(row, 0, sizeof *row);
    row->operation = Py_NewRef(operation);
    int product = flag(operation, "is_product"), simple = flag(operation, "simple");
    int selects = flag(operation, "selects");
    PyObject *slope = PyObject_GetAttrString(operation, "slope");
    row->branching = flag(operation, "branching");
    row->variadic = flag(operation, "variadic");
    row->forward = PyObject_GetAttrString(operation, "forward");
    row->over = PyObject_GetAttrString(operation, "over");
    row->derivatives = PyObject_GetAttrString(operation, "derivatives");
    if (slope == NULL || PyErr_Occurred() || !PyTuple_CheckExact(row->derivatives)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "an operation's derivatives are a tuple");
        Py_XDECREF(slope);
        forget_row(row);
        return -1;
    }
    if (slope != Py_None)
        row->slope = PyFloat_AsDouble(slope);
    row->kind = product               ? PRODUCT
                : simple              ? SIMPLE
                : row->slope != 0.0   ? SUM
                : selects             ? SELECTS
                : slope == Py_None    ? OTHER
                                      : NOTHING;
    Py_DECREF(slope);
    if (PyErr_Occurred()) {
        forget_row(row);
        return -1;
    }
    return 0;
}

/* The table's rows, found by the address of their operation. */
enum { PLACES = 512 };
static Row rows[PLACES];

static Row *place_of(PyObject *operation)
{
    size_t at = ((uintptr_t)operation >> 4) * 0x9E3779B1u % PLACES;
    while (rows[at].operation != NULL && rows[at].operation != operation)
        at = (at + 1) % PLACES;
    return &rows[at];
}

const Row *find_row(PyObject *operation)
{
    Row *row = place_of(operation);
    return row->operation == NULL ? NULL : row;
}

int keep_rows(PyObject *table)
{
    if (!PyTuple_CheckExact(table) || PyTuple_GET_SIZE(table) > PLACES / 2) {
        PyErr_SetString(PyExc_TypeError, "expected the table of operations");
        return -1;
    }
    for (int i = 0; i < PLACES; i++)
        forget_row(&rows[i]);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(table); i++) {
        PyObject *operation = PyTuple_GET_ITEM(table, i);
        PyObject *name = PyObject_GetAttrString(operation, "name");
        const char *text = name == NULL ? NULL : PyUnicode_AsUTF8(name);
        const Form *form = text == NULL ? NULL : find_form(text);
        Py_XDECREF(name);
        Row *row = place_of(operation);
        if (text == NULL || read_row(operation, row) < 0)
            return -1;
        row->form = form;
    }
    return 0;
}

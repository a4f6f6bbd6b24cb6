/* Recording: the operators of a Value, `record`, and the sum of a neuron's products. */

#include "memory.h"

enum { ADD, SUB, MUL, DIV, POW, NEG, ABS, OPERATORS };
static const Row *operators[OPERATORS];

/* The Python methods, for operands that are not plain. */
static PyObject *methods_of[OPERATORS], *reflected_of[OPERATORS];
static const char *const names[OPERATORS] = {
    "__add__", "__sub__", "__mul__", "__truediv__", "__pow__", "__neg__", "__abs__"};
static const char *const reflected_names[OPERATORS] = {
    "__radd__", "__rsub__", "__rmul__", "__rtruediv__", "__rpow__", NULL, NULL};

/* A Value or a plain number as an operand: a new reference to what is recorded, and its data. NULL
   without an error: leave it to Python. A bool, a NumPy number and so on are rare. */
static inline PyObject *as_operand(PyObject *thing, double *data)
{
    if (is_value(thing)) {
        *data = ((Value *)thing)->datum;
        return Py_NewRef(thing);
    }
    if (PyFloat_CheckExact(thing)) {
        *data = PyFloat_AS_DOUBLE(thing);
        return Py_NewRef(thing);
    }
    if (PyLong_CheckExact(thing)) {
        *data = PyLong_AsDouble(thing);
        if (*data == -1.0 && PyErr_Occurred()) {
            PyErr_Clear(); /* beyond the largest float */
            return NULL;
        }
        return PyFloat_FromDouble(*data);
    }
    return NULL;
}

/* What a Python function of floats returns, as a float. */
static int call(PyObject *function, const double *data, Py_ssize_t count, double *y)
{
    PyObject *boxed[4] = {NULL}, *result = NULL;
    for (Py_ssize_t i = 0; i < count; i++)
        if ((boxed[i] = PyFloat_FromDouble(data[i])) == NULL)
            goto done;
    result = PyObject_Vectorcall(function, boxed, count, NULL);
    if (result != NULL)
        *y = PyFloat_AsDouble(result);
done:
    for (Py_ssize_t i = 0; i < count; i++)
        Py_XDECREF(boxed[i]);
    Py_XDECREF(result);
    return PyErr_Occurred() ? -1 : 0;
}

/* The value y of an operation, which takes over the references to its operands. */
static inline PyObject *
recorded(const Row *row, PyObject *a, double a_data, PyObject *b, double b_data, double y)
{
    Value *out = new_value();
    if (out == NULL) {
        Py_DECREF(a);
        Py_DECREF(b);
        return NULL;
    }
    out->datum = y;
    out->grad = 0.0;
    out->a_data = a_data;
    out->b_data = b_data;
    out->a = a;
    out->b = b;
    out->operation = Py_NewRef(row->operation);
    out->rare = 0;
    PyObject_GC_Track(out);
    return (PyObject *)out;
}

static inline PyObject *
record_two(const Row *row, PyObject *a, double a_data, PyObject *b, double b_data)
{
    double y = 0.0;
    if (row->form != NULL && row->form->forward2 != NULL)
        y = row->form->forward2(a_data, b_data);
    else if (call(row->forward, (double[]){a_data, b_data}, 2, &y) < 0) {
        Py_DECREF(a);
        Py_DECREF(b);
        return NULL;
    }
    return recorded(row, a, a_data, b, b_data, y);
}

static inline PyObject *record_one(const Row *row, PyObject *a)
{
    double a_data = ((Value *)a)->datum, y = 0.0;
    if (row->form != NULL && row->form->forward1 != NULL)
        y = row->form->forward1(a_data);
    else if (call(row->forward, &a_data, 1, &y) < 0)
        return NULL;
    return recorded(row, Py_NewRef(a), a_data, Py_NewRef(Py_None), 0.0, y);
}

/* ── the operators ────────────────────────────────────────────────────────────────────────── */

/* NULL without an error: leave it to Python. */
static inline PyObject *binary(const Row *row, PyObject *left, PyObject *right)
{
    double a_data, b_data;
    if (in_a_block())
        return NULL;
    PyObject *a = as_operand(left, &a_data);
    if (a == NULL)
        return NULL;
    PyObject *b = as_operand(right, &b_data);
    if (b == NULL) {
        Py_DECREF(a);
        return NULL;
    }
    return record_two(row, a, a_data, b, b_data);
}

/* What Python does for `left + right`: one of the two is a Value. */
static PyObject *leave_to_python(int operator, PyObject *left, PyObject *right)
{
    if (PyErr_Occurred())
        return NULL;
    if (is_value(left))
        return PyObject_CallFunctionObjArgs(methods_of[operator], left, right, NULL);
    return PyObject_CallFunctionObjArgs(reflected_of[operator], right, left, NULL);
}

#define OPERATOR(name, OP)                                                        \
    static PyObject *name(PyObject *left, PyObject *right)                        \
    {                                                                             \
        PyObject *y = binary(operators[OP], left, right);                         \
        return y != NULL ? y : leave_to_python(OP, left, right);                  \
    }

OPERATOR(subtract, SUB)
OPERATOR(multiply, MUL)
OPERATOR(divide, DIV)

static PyObject *add(PyObject *left, PyObject *right)
{
    if (PyLong_CheckExact(left) && PyObject_Not(left))
        return Py_NewRef(right); /* the 0 that sum() starts from adds no node */
    PyObject *y = binary(operators[ADD], left, right);
    return y != NULL ? y : leave_to_python(ADD, left, right);
}

static PyObject *power(PyObject *left, PyObject *right, PyObject *modulus)
{
    if (modulus == Py_None) {
        PyObject *y = binary(operators[POW], left, right);
        return y != NULL ? y : leave_to_python(POW, left, right);
    }
    if (!is_value(left))
        Py_RETURN_NOTIMPLEMENTED;
    return PyObject_CallFunctionObjArgs(methods_of[POW], left, right, modulus, NULL);
}

static PyObject *negative(PyObject *self)
{
    if (in_a_block())
        return PyObject_CallOneArg(methods_of[NEG], self);
    return record_one(operators[NEG], self);
}

static PyObject *absolute(PyObject *self)
{
    if (in_a_block())
        return PyObject_CallOneArg(methods_of[ABS], self);
    return record_one(operators[ABS], self);
}

/* ── Value._unary and Value._binary: what its methods call ────────────────────────────────── */

static PyObject *python_unary, *python_binary;

static PyObject *method_unary(PyObject *self, PyObject *operation)
{
    const Row *row = find_row(operation);
    if (row == NULL || row->variadic || in_a_block())
        return PyObject_CallFunctionObjArgs(python_unary, self, operation, NULL);
    return record_one(row, self);
}

static PyObject *method_binary(PyObject *self, PyObject *const *given, Py_ssize_t count)
{
    if (count == 2 && (is_value(given[1]) || PyFloat_CheckExact(given[1]))) {
        const Row *row = find_row(given[0]);
        PyObject *y = row == NULL ? NULL : binary(row, self, given[1]);
        if (y != NULL || PyErr_Occurred())
            return y;
    }
    PyObject *all[3] = {self};
    if (count > 2) {
        PyErr_SetString(PyExc_TypeError, "_binary takes an operation and an operand");
        return NULL;
    }
    memcpy(all + 1, given, count * sizeof *given);
    return PyObject_Vectorcall(python_binary, all, count + 1, NULL);
}

static PyMethodDef methods[] = {
    {"_unary", method_unary, METH_O, NULL},
    {"_binary", (PyCFunction)(void (*)(void))method_binary, METH_FASTCALL, NULL},
};

/* ── any number of operands ───────────────────────────────────────────────────────────────── */

/* A value with a tuple of operands and their data, as bytes; it takes over both references. */
static PyObject *record_many(const Row *row, PyObject *operands, PyObject *packed, double y)
{
    return recorded(row, operands, 0.0, packed, 0.0, y);
}

static double sum_over(const double *data, Py_ssize_t count)
{
    double sum = data[0];
    for (Py_ssize_t i = 1; i < count; i++)
        sum += data[i];
    return sum;
}

static int call_over(PyObject *function, const double *data, Py_ssize_t count, double *y)
{
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *boxed = PyFloat_FromDouble(data[i]);
        if (boxed == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, boxed);
    }
    PyObject *result = list == NULL ? NULL : PyObject_CallOneArg(function, list);
    if (result != NULL)
        *y = PyFloat_AsDouble(result);
    Py_XDECREF(list);
    Py_XDECREF(result);
    return PyErr_Occurred() ? -1 : 0;
}

/* `value.record` outside of blocks, for operands that are Values and floats and an operation of the
   table; None where Python must do it. */
PyObject *record(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    const Row *row = count == 2 && PyTuple_CheckExact(given[1]) ? find_row(given[0]) : NULL;
    Py_ssize_t n = row == NULL ? 0 : PyTuple_GET_SIZE(given[1]);
    if (n == 0 || in_a_block() || (!row->variadic && n > 2))
        Py_RETURN_NONE;
    PyObject *operands = given[1], *packed;
    double few[2], *data = few, y = 0.0;
    packed = PyBytes_FromStringAndSize(NULL, n * (Py_ssize_t)sizeof(double));
    if (packed == NULL)
        return NULL;
    data = (double *)PyBytes_AS_STRING(packed);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *operand = PyTuple_GET_ITEM(operands, i);
        if (is_value(operand))
            data[i] = ((Value *)operand)->datum;
        else if (PyFloat_CheckExact(operand))
            data[i] = PyFloat_AS_DOUBLE(operand);
        else {
            Py_DECREF(packed);
            Py_RETURN_NONE;
        }
    }
    PyObject *out = NULL;
    const Form *form = row->form;
    int failed = 0;
    if (row->variadic) {
        if (form != NULL && row->kind == SUM) /* a sum: the only one with a form */
            y = sum_over(data, n);
        else
            failed = call_over(row->over, data, n, &y);
    } else if (n == 2 && form != NULL && form->forward2 != NULL)
        y = form->forward2(data[0], data[1]);
    else if (n == 1 && form != NULL && form->forward1 != NULL)
        y = form->forward1(data[0]);
    else
        failed = call(row->forward, data, n, &y);
    if (failed)
        ;
    else if (n == 2)
        out = recorded(row, Py_NewRef(PyTuple_GET_ITEM(operands, 0)), data[0],
                       Py_NewRef(PyTuple_GET_ITEM(operands, 1)), data[1], y);
    else if (row->variadic)
        return record_many(row, Py_NewRef(operands), packed, y);
    else
        out = recorded(row, Py_NewRef(PyTuple_GET_ITEM(operands, 0)), data[0],
                       Py_NewRef(Py_None), 0.0, y);
    Py_DECREF(packed);
    return out;
}

/* Whether all are Values, times Values or floats; not so within a block. */
static int is_plain_sum(PyObject *const *given, Py_ssize_t count)
{
    if (count != 3 || in_a_block() || !PyList_CheckExact(given[0]) ||
        !PyTuple_CheckExact(given[1]) || !is_value(given[2]))
        return 0;
    Py_ssize_t n = PyTuple_GET_SIZE(given[1]);
    if (PyList_GET_SIZE(given[0]) != n || n < 2)
        return 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *v = PyTuple_GET_ITEM(given[1], i);
        if (!is_value(PyList_GET_ITEM(given[0], i)) || !(is_value(v) || PyFloat_CheckExact(v)))
            return 0;
    }
    return 1;
}

static PyObject *python_weighted_sum;

PyObject *install_sum(PyObject *module, PyObject *function)
{
    Py_XSETREF(python_weighted_sum, Py_NewRef(function));
    return PyObject_GetAttrString(module, "weighted_sum");
}

/* `functions.weighted_sum` */
PyObject *weighted_sum(PyObject *module, PyObject *const *given, Py_ssize_t count, PyObject *names)
{
    if (names != NULL || !is_plain_sum(given, count))
        return PyObject_Vectorcall(python_weighted_sum, given, count, names);
    PyObject *weights = given[0], *values = given[1], *bias = given[2];
    Py_ssize_t n = PyTuple_GET_SIZE(values);
    PyObject *terms = PyTuple_New(n + 1);
    PyObject *packed = PyBytes_FromStringAndSize(NULL, (n + 1) * (Py_ssize_t)sizeof(double));
    if (terms == NULL || packed == NULL)
        goto failed;
    double *data = (double *)PyBytes_AS_STRING(packed), total = -0.0;
    for (Py_ssize_t i = 0; i < n; i++) {
        /* Making a value may start the garbage collector, and so run any code. */
        if (PyList_GET_SIZE(weights) != n || !is_value(PyList_GET_ITEM(weights, i))) {
            PyErr_SetString(PyExc_RuntimeError, "the weights changed while they were added up");
            goto failed;
        }
        PyObject *w = PyList_GET_ITEM(weights, i), *v = PyTuple_GET_ITEM(values, i);
        double a_data = ((Value *)w)->datum;
        double b_data = is_value(v) ? ((Value *)v)->datum : PyFloat_AS_DOUBLE(v);
        data[i] = a_data * b_data;
        total += data[i];
        PyObject *term = recorded(operators[MUL], Py_NewRef(w), a_data, Py_NewRef(v), b_data, data[i]);
        if (term == NULL)
            goto failed;
        PyTuple_SET_ITEM(terms, i, term);
    }
    PyTuple_SET_ITEM(terms, n, Py_NewRef(bias));
    data[n] = ((Value *)bias)->datum;
    return record_many(operators[ADD], terms, packed, total + data[n]);
failed:
    Py_XDECREF(terms);
    Py_XDECREF(packed);
    return NULL;
}

/* ── putting it into the class ────────────────────────────────────────────────────────────── */

static PyObject *replace_method(PyTypeObject *type, PyMethodDef *method)
{
    PyObject *old = PyObject_GetAttrString((PyObject *)type, method->ml_name);
    PyObject *new = old == NULL ? NULL : PyDescr_NewMethod(type, method);
    if (new == NULL || PyObject_SetAttrString((PyObject *)type, method->ml_name, new) < 0)
        Py_CLEAR(old);
    Py_XDECREF(new);
    return old;
}

int install_operators(PyTypeObject *type, PyObject *operations)
{
    for (int i = 0; i < OPERATORS; i++) {
        operators[i] = find_row(PyTuple_GET_ITEM(operations, i));
        Py_XSETREF(methods_of[i], PyObject_GetAttrString((PyObject *)type, names[i]));
        if (reflected_names[i] != NULL)
            Py_XSETREF(reflected_of[i],
                       PyObject_GetAttrString((PyObject *)type, reflected_names[i]));
    }
    if (PyErr_Occurred())
        return -1;
    Py_XSETREF(python_unary, replace_method(type, &methods[0]));
    Py_XSETREF(python_binary, replace_method(type, &methods[1]));
    if (python_unary == NULL || python_binary == NULL)
        return -1;
    PyNumberMethods *slots = type->tp_as_number;
    slots->nb_add = add;
    slots->nb_subtract = subtract;
    slots->nb_multiply = multiply;
    slots->nb_true_divide = divide;
    slots->nb_power = power;
    slots->nb_negative = negative;
    slots->nb_absolute = absolute;
    return 0;
}

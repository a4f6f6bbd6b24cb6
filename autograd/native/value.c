/* Core: the fields of a Value, how it is made and freed, and its properties `data` and `grad`. */

#include "memory.h"

PyTypeObject *ValueType = NULL;
PyObject *open_blocks = NULL;
PyObject *no_label = NULL;

static initproc python_init = NULL;
static descrgetfunc property_get = NULL;
static descrsetfunc property_set = NULL;
static PyObject *data_property = NULL, *grad_property = NULL;

/* ── the fields, as Python code sees them ─────────────────────────────────────────────────── */

static PyMemberDef members[] = {
    {"_datum", T_DOUBLE, offsetof(Value, datum), 0, NULL},
    {"_grad", T_DOUBLE, offsetof(Value, grad), 0, NULL},
    {"_b_data", T_DOUBLE, offsetof(Value, b_data), 0, NULL},
    {"_a", T_OBJECT_EX, offsetof(Value, a), 0, NULL},
    {"operation", T_OBJECT_EX, offsetof(Value, operation), 0, NULL},
    {NULL},
};

static PyObject *get_b(PyObject *self, void *closure)
{
    PyObject *b = ((Value *)self)->b;
    if (b == NULL) {
        PyErr_SetString(PyExc_AttributeError, "_b");
        return NULL;
    }
    return Py_NewRef(PyBytes_CheckExact(b) ? Py_None : b);
}

static int set_b(PyObject *self, PyObject *b, void *closure)
{
    Value *v = (Value *)self;
    if (b != NULL && PyBytes_CheckExact(b)) {
        PyErr_SetString(PyExc_TypeError, "an operand is a Value or a float, not bytes");
        return -1;
    }
    if (b == Py_None && v->b != NULL && PyBytes_CheckExact(v->b))
        return 0; /* it stands for None */
    Py_XINCREF(b);
    Py_XSETREF(v->b, b);
    return 0;
}

static PyObject *get_a_data(PyObject *self, void *closure)
{
    Value *v = (Value *)self;
    if (v->b == NULL || !PyBytes_CheckExact(v->b))
        return PyFloat_FromDouble(v->a_data);
    Py_ssize_t count = PyBytes_GET_SIZE(v->b) / sizeof(double);
    PyObject *packed = Py_NewRef(v->b), *data = PyTuple_New(count);
    for (Py_ssize_t i = 0; data != NULL && i < count; i++) {
        double number;
        memcpy(&number, PyBytes_AS_STRING(packed) + i * sizeof(double), sizeof(double));
        PyObject *boxed = PyFloat_FromDouble(number);
        if (boxed == NULL)
            Py_CLEAR(data);
        else
            PyTuple_SET_ITEM(data, i, boxed);
    }
    Py_DECREF(packed);
    return data;
}

static int set_a_data(PyObject *self, PyObject *data, void *closure)
{
    Value *v = (Value *)self;
    if (data == NULL) {
        PyErr_SetString(PyExc_AttributeError, "_a_data");
        return -1;
    }
    if (!PyTuple_CheckExact(data)) {
        double number = PyFloat_AsDouble(data);
        if (number == -1.0 && PyErr_Occurred())
            return -1;
        v->a_data = number;
        return 0;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(data);
    PyObject *packed = PyBytes_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(double));
    if (packed == NULL)
        return -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        double number = PyFloat_AsDouble(PyTuple_GET_ITEM(data, i));
        if (number == -1.0 && PyErr_Occurred()) {
            Py_DECREF(packed);
            return -1;
        }
        memcpy(PyBytes_AS_STRING(packed) + i * sizeof(double), &number, sizeof(double));
    }
    Py_XSETREF(v->b, packed);
    return 0;
}

/* _label, _mark or _compared: the closure is the place of the field in Rare. */
static PyObject *get_rare(PyObject *self, void *closure)
{
    Rare *rare = rare_of((Value *)self);
    size_t field = (size_t)closure;
    PyObject *found = rare == NULL ? NULL : *(PyObject **)((char *)rare + field);
    if (found != NULL)
        return Py_NewRef(found);
    if (field == offsetof(Rare, label))
        return Py_NewRef(no_label);
    Py_RETURN_NONE;
}

static int set_rare(PyObject *self, PyObject *new, void *closure)
{
    Value *v = (Value *)self;
    size_t field = (size_t)closure;
    if (new == (field == offsetof(Rare, label) ? no_label : Py_None))
        new = NULL;
    Rare *rare = rare_of(v);
    if (rare == NULL) {
        if (new == NULL)
            return 0;
        rare = PyMem_Calloc(1, sizeof *rare);
        if (rare == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        v->rare |= (uintptr_t)rare;
    }
    PyObject **place = (PyObject **)((char *)rare + field);
    Py_XINCREF(new);
    Py_XSETREF(*place, new);
    return 0;
}

static PyGetSetDef getset[] = {
    {"_label", get_rare, set_rare, NULL, (void *)offsetof(Rare, label)},
    {"_mark", get_rare, set_rare, NULL, (void *)offsetof(Rare, mark)},
    {"_compared", get_rare, set_rare, NULL, (void *)offsetof(Rare, compared)},
    {"_b", get_b, set_b, NULL, NULL},
    {"_a_data", get_a_data, set_a_data, NULL, NULL},
    {NULL},
};

/* ── how it is made and freed ─────────────────────────────────────────────────────────────── */

static PyObject *core_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (type != ValueType)
        return type->tp_alloc(type, 0); /* all fields are 0: no attribute is set */
    Value *v = new_value();
    if (v == NULL)
        return NULL;
    memset(&v->a, 0, sizeof *v - offsetof(Value, a));
    PyObject_GC_Track(v);
    return (PyObject *)v;
}

static int core_traverse(PyObject *self, visitproc visit, void *arg)
{
    Value *v = (Value *)self;
    Py_VISIT(v->a);
    Py_VISIT(v->b);
    Py_VISIT(v->operation);
    Rare *rare = rare_of(v);
    if (rare != NULL) {
        Py_VISIT(rare->mark);
        Py_VISIT(rare->compared);
    }
    return 0;
}

static int value_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return core_traverse(self, visit, arg);
}

static void free_rare(Rare *rare)
{
    if (rare == NULL)
        return;
    Rare was = *rare;
    PyMem_Free(rare);
    Py_XDECREF(was.label);
    Py_XDECREF(was.mark);
    Py_XDECREF(was.compared);
}

static int core_clear(PyObject *self)
{
    Value *v = (Value *)self;
    Rare *rare = rare_of(v);
    Py_CLEAR(v->a);
    Py_CLEAR(v->b);
    Py_CLEAR(v->operation);
    v->rare = 0;
    free_rare(rare);
    return 0;
}

static void core_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    core_clear(self);
    Py_TYPE(self)->tp_free(self);
}

/* Free a value, and with it those operands that nothing else refers to: in a loop, since a chain of
   operations may be a million long. An operand that waits its turn is out of sight of everything
   but this function: the collector no longer knows it. So its `grad` can hold the next in line. */
static void value_dealloc(PyObject *self)
{
    Value *waiting = NULL, *v = (Value *)self;
    PyObject_GC_UnTrack(self);
    for (;;) {
        PyTypeObject *type = Py_TYPE(v);
        PyObject *operands[2] = {v->a, v->b};
        PyObject *operation = v->operation;
        Rare *rare = rare_of(v);
        free_value(v);
        for (int i = 0; i < 2; i++) {
            PyObject *operand = operands[i];
            if (operand == NULL)
                continue;
            if (Py_TYPE(operand) == type && Py_REFCNT(operand) == 1) {
                PyObject_GC_UnTrack(operand);
                memcpy(&((Value *)operand)->grad, &waiting, sizeof waiting);
                waiting = (Value *)operand;
            } else
                Py_DECREF(operand);
        }
        Py_XDECREF(operation); /* this may run any code: nothing of v is used any more */
        free_rare(rare);
        Py_DECREF(type);
        if (waiting == NULL)
            return;
        v = waiting;
        memcpy(&waiting, &v->grad, sizeof waiting);
    }
}

/* `Value(number)`. The Python method takes everything else. */
static int value_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) != 1 || (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0))
        return python_init(self, args, kwargs);
    PyObject *data = PyTuple_GET_ITEM(args, 0);
    double number;
    if (PyFloat_CheckExact(data))
        number = PyFloat_AS_DOUBLE(data);
    else if (PyLong_CheckExact(data)) {
        number = PyLong_AsDouble(data);
        if (number == -1.0 && PyErr_Occurred()) { /* beyond the largest float */
            PyErr_Clear();
            return python_init(self, args, kwargs);
        }
    } else
        return python_init(self, args, kwargs);
    Value *v = (Value *)self;
    v->datum = number;
    v->grad = 0.0;
    Py_XSETREF(v->operation, Py_NewRef(Py_None));
    if (rare_of(v) != NULL) { /* it is initialised again */
        set_rare(self, NULL, (void *)offsetof(Rare, label));
        set_rare(self, NULL, (void *)offsetof(Rare, mark));
    }
    return 0;
}

PyTypeObject Core_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "autograd._native.Core",
    .tp_doc = "The fields of a Value.",
    .tp_basicsize = sizeof(Value),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = core_new,
    .tp_dealloc = core_dealloc,
    .tp_traverse = core_traverse,
    .tp_clear = core_clear,
    .tp_members = members,
    .tp_getset = getset,
};

/* ── data and grad ────────────────────────────────────────────────────────────────────────── */

static double *number_of(PyObject *property, PyObject *self)
{
    if (property == data_property)
        return &((Value *)self)->datum;
    return property == grad_property ? &((Value *)self)->grad : NULL;
}

/* Within a block Python's getter runs, because a function that is being compiled is watched by its
   calls (see `program.function.watch`). */
static PyObject *fast_get(PyObject *property, PyObject *self, PyObject *owner)
{
    if (self != NULL && is_value(self) && !in_a_block()) {
        double *number = number_of(property, self);
        if (number != NULL)
            return PyFloat_FromDouble(*number);
    }
    return property_get(property, self, owner);
}

static int fast_set(PyObject *property, PyObject *self, PyObject *new)
{
    if (new != NULL && PyFloat_CheckExact(new) && is_value(self) && !in_a_block()) {
        double *number = number_of(property, self);
        if (number != NULL) {
            *number = PyFloat_AS_DOUBLE(new);
            return 0;
        }
    }
    return property_set(property, self, new);
}

/* Replace a property by one of the same functions, of the class `type`. */
static PyObject *replace_property(PyTypeObject *owner, PyObject *type, const char *name)
{
    PyObject *old = PyObject_GetAttrString((PyObject *)owner, name), *new = NULL;
    PyObject *get = old ? PyObject_GetAttrString(old, "fget") : NULL;
    PyObject *set = get ? PyObject_GetAttrString(old, "fset") : NULL;
    if (set != NULL)
        new = PyObject_CallFunctionObjArgs(type, get, set, NULL);
    Py_XDECREF(old);
    Py_XDECREF(get);
    Py_XDECREF(set);
    if (new != NULL && PyObject_SetAttrString((PyObject *)owner, name, new) < 0)
        Py_CLEAR(new);
    return new;
}

int install_value(PyTypeObject *type, PyObject *property_type)
{
    PyTypeObject *property = (PyTypeObject *)property_type;
    if (type->tp_basicsize != sizeof(Value) || type->tp_base != &Core_Type ||
        !PyType_IsSubtype(property, &PyProperty_Type)) {
        PyErr_SetString(PyExc_TypeError, "this class has fields of its own");
        return -1;
    }
    Py_XSETREF(data_property, replace_property(type, property_type, "data"));
    Py_XSETREF(grad_property, replace_property(type, property_type, "grad"));
    if (data_property == NULL || grad_property == NULL)
        return -1;
    property_get = PyProperty_Type.tp_descr_get;
    property_set = PyProperty_Type.tp_descr_set;
    property->tp_descr_get = fast_get;
    property->tp_descr_set = fast_set;
    python_init = type->tp_init;
    type->tp_init = value_init;
    type->tp_traverse = value_traverse;
    type->tp_clear = core_clear;
    type->tp_dealloc = value_dealloc;
    return 0;
}

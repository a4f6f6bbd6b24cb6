/* The module `autograd._native`. */

#include "memory.h"

/* Raised with every change of what Python and this module expect of each other, so that neither
   meets an older other: a library may stay where it was built while the Python files change. */
#define INTERFACE 2

static PyObject *install(PyObject *module, PyObject *args)
{
    PyObject *type, *property, *blocks, *table, *operations, *check, *finish, *pass_on;
    if (!PyArg_ParseTuple(args, "O!O!O!O!O!OOO", &PyType_Type, &type, &PyType_Type, &property,
                          &PySet_Type, &blocks, &PyTuple_Type, &table, &PyTuple_Type, &operations,
                          &check, &finish, &pass_on))
        return NULL;
    Py_XSETREF(open_blocks, Py_NewRef(blocks));
    if (keep_rows(table) < 0 || install_value((PyTypeObject *)type, property) < 0 ||
        install_operators((PyTypeObject *)type, operations) < 0 ||
        install_backward(check, finish, pass_on) < 0)
        return NULL;
    Py_XSETREF(ValueType, (PyTypeObject *)Py_NewRef(type));
    Py_RETURN_NONE;
}

static PyObject *trim(PyObject *module, PyObject *unused)
{
    give_back_empty_chunks();
    free_kept();
    Py_RETURN_NONE;
}

static PyObject *count(PyObject *module, PyObject *unused) { return PyLong_FromSsize_t(living); }

static PyMethodDef functions[] = {
    {"install", install, METH_VARARGS, "Put the C functions into the class Value."},
    {"record", (PyCFunction)(void (*)(void))record, METH_FASTCALL, "As `value.record`, or None."},
    {"install_sum", install_sum, METH_O, "Take the Python `weighted_sum`, and return ours."},
    {"weighted_sum", (PyCFunction)(void (*)(void))weighted_sum, METH_FASTCALL | METH_KEYWORDS,
     "weighted_sum($module, weights, values, bias)\n--\n\nAs `functions.weighted_sum`."},
    {"recycle", recycle, METH_O, "Use the memory of a class's objects again for new ones."},
    {"trim", trim, METH_NOARGS, "Give back the memory of freed values that is kept for new ones."},
    {"count", count, METH_NOARGS, "How many values there are."},
    {"backward", backward, METH_O, "As `Value.backward`; returns whether it did it."},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "autograd._native",
    .m_doc = "The engine of `autograd.value`, compiled.",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit__native(void)
{
    no_label = PyUnicode_InternFromString("");
    if (no_label == NULL || PyType_Ready(&Core_Type) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL || PyModule_AddIntConstant(module, "INTERFACE", INTERFACE) < 0 ||
        PyModule_AddObjectRef(module, "Core", (PyObject *)&Core_Type) < 0)
        Py_CLEAR(module);
    return module;
}

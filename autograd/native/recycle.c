/* Memory of small objects that a step makes by the thousand, used again for the next ones. */

#include "value.h"

/* A class of Python whose objects have slots alone: those that are gone, the last one first. */
typedef struct {
    PyTypeObject *type;
    PyObject *gone;
    int count;
} Kept;

enum { CLASSES = 4, AT_MOST = 1 << 14 };
static Kept kept[CLASSES];

static Kept *kept_of(PyTypeObject *type)
{
    for (int i = 0; i < CLASSES && kept[i].type != NULL; i++)
        if (kept[i].type == type)
            return &kept[i];
    return NULL;
}

/* As PyType_GenericAlloc and PyObject_GC_Del. The garbage collector does not count an object whose
   memory was used before, as with Python's own lists of that kind: ever the same number of them is
   no reason to look for cycles. A gone object keeps the address of the next in its type's place. */
static PyObject *make_again(PyTypeObject *type, Py_ssize_t items)
{
    Kept *own = kept_of(type);
    PyObject *object = own == NULL ? NULL : own->gone;
    if (object == NULL)
        return PyType_GenericAlloc(type, items);
    memcpy(&own->gone, object + 1, sizeof object);
    own->count--;
    memset(object, 0, type->tp_basicsize);
    PyObject_Init(object, type);
    PyObject_GC_Track(object);
    return object;
}

static void keep(void *memory)
{
    PyObject *object = memory;
    Kept *own = kept_of(Py_TYPE(object));
    if (own == NULL || own->count >= AT_MOST) {
        PyObject_GC_Del(object);
        return;
    }
    memcpy(object + 1, &own->gone, sizeof object);
    own->gone = object;
    own->count++;
}

void free_kept(void)
{
    for (int i = 0; i < CLASSES; i++)
        while (kept[i].gone != NULL) {
            PyObject *object = kept[i].gone;
            memcpy(&kept[i].gone, object + 1, sizeof object);
            kept[i].count--;
            PyObject_GC_Del(object);
        }
}

PyObject *recycle(PyObject *module, PyObject *class)
{
    PyTypeObject *type = (PyTypeObject *)class;
    if (!PyType_Check(class) || type->tp_alloc != PyType_GenericAlloc ||
        type->tp_free != PyObject_GC_Del || type->tp_itemsize != 0 || type->tp_dictoffset != 0 ||
        type->tp_weaklistoffset != 0 || type->tp_basicsize == sizeof(PyObject))
        Py_RETURN_NONE; /* it has more than slots: leave it as it is */
    for (int i = 0; i < CLASSES; i++)
        if (kept[i].type == NULL) {
            kept[i].type = (PyTypeObject *)Py_NewRef(class);
            type->tp_alloc = make_again;
            type->tp_free = keep;
            break;
        }
    Py_RETURN_NONE;
}

/* `Value.backward`: the order of `graph.interior`, and the loop of the Python method. */

#include "value.h"

static PyObject *python_check_leaf, *python_finish_backward, *python_pass_on;

/* ── the order ────────────────────────────────────────────────────────────────────────────── */

typedef struct {
    void **at;
    size_t count, room;
} Stack;

static int grow(Stack *stack, size_t more)
{
    size_t room = 2 * stack->room + more + 256;
    void **at = realloc(stack->at, room * sizeof *at);
    if (at == NULL)
        return -1;
    stack->at = at;
    stack->room = room;
    return 0;
}

static inline int make_room(Stack *stack, size_t more)
{
    return stack->room - stack->count >= more ? 0 : grow(stack, more);
}

/* A value is pending from when `find_order` comes to it until its gradient has its first part, or
   is set to 0. That saves two walks through the graph: one to set gradients to 0, and one to take
   the marks away again. Nothing else sees the marks: no Python code runs while there are any. */
static inline int is_pending(const Value *v) { return v->rare & 1; }
static inline void set_pending(Value *v) { v->rare |= 1; }
static inline void clear_pending(Value *v) { v->rare &= ~(uintptr_t)1; }

static void clear_all_pending(const Stack *order)
{
    for (size_t i = 0; i < order->count; i++)
        clear_pending(order->at[i]);
}

static inline int to_visit(PyObject *operand)
{
    return operand != NULL && is_value(operand) && is_interior((Value *)operand) &&
           !is_pending((Value *)operand);
}

/* On the stack, a value whose operands come before it has its lowest bit set. */
static inline void *after_its_operands(Value *v) { return (void *)((uintptr_t)v | 1); }

/* The interior values, operands first, exactly as `graph.interior` lists them. All are pending. */
static int find_order(Value *root, Stack *order)
{
    Stack stack = {NULL, 0, 0};
    Value *v = is_interior(root) ? root : NULL;
    while (v != NULL || stack.count) {
        if (make_room(order, 1) < 0)
            goto failed;
        if (v == NULL) {
            uintptr_t top = (uintptr_t)stack.at[--stack.count];
            v = (Value *)(top & ~(uintptr_t)1);
            if (top & 1) {
                order->at[order->count++] = v;
                v = NULL;
                continue;
            }
        }
        if (is_pending(v)) {
            v = NULL;
            continue;
        }
        set_pending(v);
        Value *next = NULL;
        if (v->a != NULL && PyTuple_CheckExact(v->a)) {
            Py_ssize_t n = PyTuple_GET_SIZE(v->a);
            if (make_room(&stack, n + 1) < 0)
                goto failed;
            stack.at[stack.count++] = after_its_operands(v);
            for (Py_ssize_t i = n - 1; i >= 0; i--)
                if (to_visit(PyTuple_GET_ITEM(v->a, i)))
                    stack.at[stack.count++] = PyTuple_GET_ITEM(v->a, i);
        } else {
            int a_first = to_visit(v->a);
            int b_first = to_visit(v->b);
            if (make_room(&stack, 2) < 0)
                goto failed;
            if (a_first || b_first)
                stack.at[stack.count++] = after_its_operands(v);
            else
                order->at[order->count++] = v;
            if (b_first)
                stack.at[stack.count++] = v->b;
            if (a_first)
                next = (Value *)v->a;
        }
        v = next;
    }
    free(stack.at);
    return 0;
failed:
    if (v != NULL)
        clear_pending(v);
    clear_all_pending(order);
    for (size_t i = 0; i < stack.count; i++)
        clear_pending((Value *)((uintptr_t)stack.at[i] & ~(uintptr_t)1));
    free(stack.at);
    PyErr_NoMemory();
    return -1;
}

static int is_leaf_to_reach(PyObject *operand)
{
    if (operand == NULL || !is_value(operand) || is_interior((Value *)operand))
        return 0;
    Rare *rare = rare_of((Value *)operand);
    PyObject *mark = rare == NULL ? NULL : rare->mark;
    return mark == NULL || !PyUnicode_Check(mark) ||
           PyUnicode_CompareWithASCIIString(mark, "constant") != 0;
}

/* Whether an operand of one of these values is a leaf that gradients reach. */
static int reaches_leaf(const Stack *order)
{
    for (size_t i = 0; i < order->count; i++) {
        Value *v = (Value *)order->at[i];
        if (v->a != NULL && PyTuple_CheckExact(v->a)) {
            for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(v->a); k++)
                if (is_leaf_to_reach(PyTuple_GET_ITEM(v->a, k)))
                    return 1;
        } else if (is_leaf_to_reach(v->a) || is_leaf_to_reach(v->b))
            return 1;
    }
    return 0;
}

static PyObject *as_list(const Stack *order)
{
    PyObject *list = PyList_New((Py_ssize_t)order->count);
    for (size_t i = 0; list != NULL && i < order->count; i++)
        PyList_SET_ITEM(list, (Py_ssize_t)i, Py_NewRef((PyObject *)order->at[i]));
    return list;
}

/* ── the chain rule ───────────────────────────────────────────────────────────────────────── */

static inline void pass(PyObject *operand, double amount)
{
    if (operand == NULL || !is_value(operand))
        return;
    Value *v = (Value *)operand;
    if (is_pending(v)) {
        clear_pending(v);
        v->grad = 0.0 + amount; /* 0.0 + -0.0 is 0.0 */
    } else
        v->grad += amount;
}

/* A derivative by the row's Python function. It may do anything, even change the graph. */
static int derivative(const Row *row, int i, Value *v, int operands, double *found)
{
    if (PyTuple_GET_SIZE(row->derivatives) <= i) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return -1;
    }
    double data[3] = {v->a_data, operands == 2 ? v->b_data : v->datum, v->datum};
    PyObject *boxed[3] = {NULL}, *result = NULL;
    for (int k = 0; k < operands + 1; k++)
        if ((boxed[k] = PyFloat_FromDouble(data[k])) == NULL)
            goto done;
    result = PyObject_Vectorcall(PyTuple_GET_ITEM(row->derivatives, i), boxed, operands + 1, NULL);
    if (result != NULL)
        *found = PyFloat_AsDouble(result);
done:
    for (int k = 0; k < 3; k++)
        Py_XDECREF(boxed[k]);
    Py_XDECREF(result);
    return PyErr_Occurred() ? -1 : 0;
}

static inline void pass_times(const Row *row, PyObject *operand, double gradient, double slope)
{
    /* Where a branching operation's derivative is 0, not even 0 * inf is passed on. */
    if (slope != 0.0 || !row->branching)
        pass(operand, gradient * slope);
}

static int pass_on_simple(const Row *row, Value *v)
{
    const Form *form = row->form;
    double gradient = v->grad, slope;
    if (v->b == Py_None || v->b == NULL) {
        if (form != NULL && form->slope1 != NULL) {
            pass_times(row, v->a, gradient, form->slope1(v->a_data, v->datum));
            return 0;
        }
        PyObject *a = Py_XNewRef(v->a);
        int failed = derivative(row, 0, v, 1, &slope);
        if (!failed)
            pass_times(row, a, gradient, slope);
        Py_XDECREF(a);
        return failed;
    }
    if (form != NULL && form->slope2a != NULL) {
        if (v->a != NULL && is_value(v->a))
            pass_times(row, v->a, gradient, form->slope2a(v->a_data, v->b_data, v->datum));
        if (is_value(v->b))
            pass_times(row, v->b, gradient, form->slope2b(v->a_data, v->b_data, v->datum));
        return 0;
    }
    PyObject *operands[2] = {Py_XNewRef(v->a), Py_NewRef(v->b)};
    int failed = 0;
    for (int i = 0; i < 2 && !failed; i++)
        if (operands[i] != NULL && is_value(operands[i])) {
            failed = derivative(row, i, v, 2, &slope);
            if (!failed)
                pass_times(row, operands[i], gradient, slope);
        }
    Py_XDECREF(operands[0]);
    Py_DECREF(operands[1]);
    return failed;
}

/* One turn of the loop in `Value.backward`. 1: an operation that selects finished the pass. */
static int pass_on(const Row *row, Value *v, const Stack *order)
{
    double gradient = v->grad;
    PyObject *done = NULL, *list;
    switch (row->kind) {
    case PRODUCT:
        pass(v->a, gradient * v->b_data);
        pass(v->b, gradient * v->a_data);
        return 0;
    case SUM:
        gradient *= row->slope;
        if (v->a != NULL && PyTuple_CheckExact(v->a))
            for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(v->a); i++)
                pass(PyTuple_GET_ITEM(v->a, i), gradient);
        else {
            pass(v->a, gradient);
            pass(v->b, gradient);
        }
        return 0;
    case SIMPLE:
        return pass_on_simple(row, v);
    case NOTHING:
        return 0;
    case SELECTS:
        list = as_list(order);
        if (list != NULL)
            done = PyObject_CallFunctionObjArgs(python_finish_backward, list, v, NULL);
        Py_XDECREF(list);
        Py_XDECREF(done);
        return done == NULL ? -1 : 1;
    case OTHER:
        done = PyObject_CallOneArg(python_pass_on, (PyObject *)v);
        Py_XDECREF(done);
        return done == NULL ? -1 : 0;
    }
    return 0;
}

/* Whether `pass_on` would run Python code. */
static inline int needs_python(const Row *row, const Value *v)
{
    if (row == NULL || row->kind == SELECTS || row->kind == OTHER)
        return 1;
    if (row->kind != SIMPLE)
        return 0;
    if (row->form == NULL)
        return 1;
    int one = v->b == Py_None || v->b == NULL;
    return one ? row->form->slope1 == NULL : row->form->slope2a == NULL;
}

/* Get ready for Python code, which may look at the graph, and change it: no value is pending, and
   all are held, until `release`. */
static void hold(const Stack *order)
{
    for (size_t i = 0; i < order->count; i++) {
        Value *v = order->at[i];
        if (is_pending(v)) {
            clear_pending(v);
            v->grad = 0.0;
        }
        Py_INCREF(v);
    }
}

static void release(const Stack *order)
{
    for (size_t i = 0; i < order->count; i++)
        Py_DECREF((PyObject *)order->at[i]);
}

/* The pass through these values, results first. */
static int pass_through(const Stack *order, int *held)
{
    PyObject *last = NULL, *one_before = NULL; /* neighbours often have the same few operations */
    const Row *row = NULL, *row_before = NULL;
    for (size_t i = order->count; i-- > 0;) {
        Value *v = order->at[i];
        PyObject *operation = v->operation;
        if (operation == NULL || operation == Py_None) {
            PyErr_SetString(PyExc_AttributeError, "a value lost its operation during backward()");
            return -1;
        }
        if (operation != last) {
            const Row *found = operation == one_before ? row_before : find_row(operation);
            one_before = last;
            row_before = row;
            last = operation;
            row = found;
        }
        if (is_pending(v)) { /* nothing was passed on to it */
            clear_pending(v);
            v->grad = 0.0;
        }
        if (!*held && needs_python(row, v)) {
            hold(order);
            *held = 1;
        }
        int said;
        if (row != NULL)
            said = pass_on(row, v, order);
        else {
            Row custom;
            if (read_row(operation, &custom) < 0)
                return -1;
            last = one_before = NULL; /* another operation may come to have the same address */
            said = pass_on(&custom, v, order);
            forget_row(&custom);
        }
        if (said)
            return said < 0 ? -1 : 0;
    }
    return 0;
}

/* `Value.backward`; False where Python must do it, as within `detect_anomaly`. */
PyObject *backward(PyObject *module, PyObject *root)
{
    if (!is_value(root) || in_a_block())
        Py_RETURN_FALSE;
    Stack order = {NULL, 0, 0};
    Value *self = (Value *)root;
    if (find_order(self, &order) < 0) {
        free(order.at);
        return NULL;
    }
    int failed = 0, held = 0;
    if (order.count ? !reaches_leaf(&order) : self->a != NULL) {
        clear_all_pending(&order);
        hold(&order);
        held = 1;
        PyObject *list = as_list(&order), *checked = NULL;
        if (list != NULL)
            checked = PyObject_CallFunctionObjArgs(python_check_leaf, root, list, NULL);
        failed = checked == NULL;
        Py_XDECREF(list);
        Py_XDECREF(checked);
        for (size_t i = 0; i < order.count && !failed; i++)
            ((Value *)order.at[i])->grad = 0.0;
    }
    if (!failed) {
        clear_pending(self);
        self->grad = order.count ? 1.0 : self->grad + 1.0;
        failed = pass_through(&order, &held);
    }
    if (held)
        release(&order);
    free(order.at);
    if (failed)
        return NULL;
    Py_RETURN_TRUE;
}

int install_backward(PyObject *check_leaf, PyObject *finish_backward, PyObject *pass_on)
{
    Py_XSETREF(python_check_leaf, Py_NewRef(check_leaf));
    Py_XSETREF(python_finish_backward, Py_NewRef(finish_backward));
    Py_XSETREF(python_pass_on, Py_NewRef(pass_on));
    return 0;
}

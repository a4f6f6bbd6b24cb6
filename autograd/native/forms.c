/* The C forms of the most common rows of the table in `autograd/ops`.

   Each does what the row's Python functions do, operation by operation, with the functions of the
   C library that Python's `math` calls: a test compares them with the table, bit for bit. The
   formulas, and why they are written so, are in the table. */

#include "value.h"

static double quotient(double a, double b) /* ieee.div: the sign of nan is Python's */
{
    if (b != 0.0)
        return a / b;
    if (a == 0.0 || a != a)
        return Py_NAN;
    return copysign(Py_HUGE_VAL, a) * copysign(1.0, b);
}

static double natural_log(double a)
{
    return a > 0.0 ? log(a) : a == 0.0 ? -Py_HUGE_VAL : Py_NAN;
}

static double log_of_1_plus(double a)
{
    return a > -1.0 ? log1p(a) : a == -1.0 ? -Py_HUGE_VAL : Py_NAN;
}

static double power(double a, double b)
{
    if (b == 2.0)
        return a * a;
    if (b == 3.0)
        return a * a * a;
    if (b == 4.0)
        return (a * a) * (a * a);
    if (b == -1.0)
        return quotient(1.0, a);
    return pow(a, b);
}

static double times(double a, double b) { return a != 0.0 ? a * b : 0.0; }

static double power_log(double a, double b)
{
    return a == 0.0 && b >= 0.0 ? 0.0 : power(a, b) * natural_log(a);
}

static double sech2(double a)
{
    double e = exp(-2.0 * fabs(a));
    return 4.0 * e / ((1.0 + e) * (1.0 + e));
}

static double logistic(double a)
{
    if (a >= 0.0)
        return 1.0 / (1.0 + exp(-a));
    double e = exp(a);
    return e / (1.0 + e);
}

/* ── forward functions, and derivatives after them ────────────────────────────────────────── */

static double add(double a, double b) { return a + b; }

static double sub(double a, double b) { return a - b; }
static double sub_a(double a, double b, double y) { return 1.0; }
static double sub_b(double a, double b, double y) { return -1.0; }

static double mul(double a, double b) { return a * b; }

static double div_a(double a, double b, double y) { return quotient(1.0, b); }
static double div_b(double a, double b, double y) { return quotient(-y, b); }

static double pow_a(double a, double b, double y) { return times(b, power(a, b - 1.0)); }
static double pow_b(double a, double b, double y) { return power_log(a, b); }

static double neg(double a) { return -a; }
static double neg_a(double a, double y) { return -1.0; }

static double abs_a(double a, double y) { return a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : a * 0.0; }

static double relu(double a) { return a <= 0.0 ? 0.0 : a; }
static double relu_a(double a, double y) { return a <= 0.0 ? 0.0 : 1.0; }

static double exp_a(double a, double y) { return y; }

static double log_a(double a, double y) { return quotient(1.0, a); }

static double root(double a) { return a >= 0.0 ? sqrt(a) : Py_NAN; }
static double sqrt_a(double a, double y) { return quotient(0.5, y); }

static double tanh_a(double a, double y) { return sech2(a); }

static double sigmoid_a(double a, double y) { return 0.25 * sech2(0.5 * a); }

static double softplus(double a)
{
    return a > 0.0 ? log1p(exp(-a)) + a : log1p(exp(a));
}
static double softplus_a(double a, double y) { return logistic(a); }

static double silu(double a) { return a * logistic(a); }
static double silu_a(double a, double y) { return logistic(a) * (1.0 + a * logistic(-a)); }

static double log_share(double a, double b)
{
    double e = exp(a);
    return b <= e ? 0.0 - log_of_1_plus(quotient(b, e)) : a - natural_log(e + b);
}
static double log_share_a(double a, double b, double y) { return -expm1(y); }
static double log_share_b(double a, double b, double y) { return quotient(-1.0, exp(a) + b); }

static const Form forms[] = {
    {"add", .forward2 = add}, /* its derivative is the row's slope, a product's the other factor */
    {"mul", .forward2 = mul},
    {"sub", .forward2 = sub, .slope2a = sub_a, .slope2b = sub_b},
    {"truediv", .forward2 = quotient, .slope2a = div_a, .slope2b = div_b},
    {"pow", .forward2 = power, .slope2a = pow_a, .slope2b = pow_b},
    {"neg", .forward1 = neg, .slope1 = neg_a},
    {"abs", .forward1 = fabs, .slope1 = abs_a},
    {"relu", .forward1 = relu, .slope1 = relu_a},
    {"exp", .forward1 = exp, .slope1 = exp_a},
    {"log", .forward1 = natural_log, .slope1 = log_a},
    {"sqrt", .forward1 = root, .slope1 = sqrt_a},
    {"tanh", .forward1 = tanh, .slope1 = tanh_a},
    {"sigmoid", .forward1 = logistic, .slope1 = sigmoid_a},
    {"softplus", .forward1 = softplus, .slope1 = softplus_a},
    {"silu", .forward1 = silu, .slope1 = silu_a},
    {"log_share", .forward2 = log_share, .slope2a = log_share_a, .slope2b = log_share_b},
};

const Form *find_form(const char *name)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

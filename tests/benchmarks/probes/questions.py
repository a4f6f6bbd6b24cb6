"""The rows of the feature table: questions, and the names of their probes."""

from __future__ import annotations

ENGINES = {
    "glassgrad": "glassgrad",
    "micrograd": "micrograd",
    "pytorch": "PyTorch",
    "hips": "HIPS autograd",
    "xad": "XAD",
    "tinygrad_": "tinygrad",
    "jax_": "JAX",
    "casadi_": "CasADi",
}

QUESTIONS: dict[str, dict[str, str]] = {
    "True": {
        "million": "a chain of 1,000,000 operations, forward and backward",
        "second_pass": "a second backward pass over the same graph is right",
        "edited": "a parameter edited after the forward pass leaves the gradient right",
        "third_derivative": "gradients of gradients (a third derivative)",
        "float64": "as exact as Python's floats by default",
        "overflow": "exp(1000) is inf, without an exception",
        "log_negative": "log(−1) is nan, without an exception",
        "division_by_zero": "1 / 0 is inf, without an exception",
        "softplus": "a softplus that is right at 1000, with its gradient",
        "checks": "checks gradients by finite differences",
    },
    "Clear": {
        "picture": "draws the graph with values and gradients",
        "same_picture": "the same drawing byte for byte in another process",
        "steps": "a page to step through forward and backward",
        "names_nan": "names the operation that first produces a nan",
        "notebook": "a number is displayed as a picture in Jupyter",
        "listing": "prints the compiled program",
    },
    "Handy": {
        "power": "number ** value",
        "branches": "Python's if and while on values",
        "no_collector": "graphs are freed without the garbage collector",
        "pickles": "pickles a recorded graph",
        "deepcopies": "deepcopy of a recorded graph",
        "own_operation": "custom operations with derivatives",
        "layers": "layers and an optimiser included",
        "types": "ships its types",
        "brings": "installed packages, and their size on disk",
        "licence_": "licence",
    },
    "Fast": {
        "compiles": "compiles ordinary scalar code",
        "follows": "branches on data inside a compiled program",
        "rows": "one call for many rows of data",
        "exports": "exports the computation to another system",
    },
    "Wide": {
        "arrays": "gradients of matrix products",
        "large_product": "a 400 × 400 matrix product and its gradient",
        "convolution": "convolution",
        "solve": "linear systems",
        "complex_": "complex numbers",
        "forward_mode": "forward mode",
        "hessian_": "Hessian in one call",
        "jacobian_": "Jacobian in one call",
        "functions": "how many of 24 common functions",
        "accelerators": "accelerators (GPU)",
    },
}

FUNCTIONS = (
    "exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "lgamma", "hypot",
    "maximum", "abs", "sigmoid",
)  # fmt: skip


def all_keys() -> list[str]:
    return [key for rows in QUESTIONS.values() for key in rows]

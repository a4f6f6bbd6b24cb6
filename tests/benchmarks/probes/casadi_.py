"""What CasADi can do, with SX, its scalar expressions, unless a question is about more."""

from __future__ import annotations

import copy
import math
import pickle
import tempfile
from pathlib import Path
from typing import Any

import casadi

from tests.benchmarks.figures import duration

from .answers import (
    LENGTH,
    No,
    NotApplicable,
    Partly,
    absent,
    close,
    size_on_disk,
    timed,
    typed,
    without_collector,
)
from .answers import licence as licence_of
from .questions import FUNCTIONS


def _loss() -> tuple[Any, Any]:
    x = casadi.SX.sym("x")
    return x, casadi.log(x * x + 1.0) * x


def _at(x: Any, y: Any, at: Any) -> Any:
    return casadi.Function("f", [x], [y])(at)


def million() -> None:
    x = y = casadi.SX.sym("x")
    for _ in range(LENGTH):
        y = casadi.sin(y)
    assert float(_at(x, casadi.gradient(y, x), 1e-9)) > 0.0


def second_pass() -> None:
    x, y = _loss()
    slope = casadi.Function("slope", [x], [casadi.gradient(y, x)])
    for _ in range(2):
        close(slope(2.0), math.log(5.0) + 8.0 / 5.0)


def edited() -> None:
    raise NotApplicable("symbols have no data")


def third_derivative() -> None:
    x = casadi.SX.sym("x")
    y = x**4
    for _ in range(3):
        y = casadi.gradient(y, x)
    close(_at(x, y, 2.0), 48.0)


def float64() -> None:
    x = casadi.SX.sym("x")
    close(_at(x, x + 0.2, 0.1), 0.1 + 0.2, 0.0)


def overflow() -> None:
    x = casadi.SX.sym("x")
    close(_at(x, casadi.exp(x), 1000.0), math.inf)


def log_negative() -> None:
    x = casadi.SX.sym("x")
    close(_at(x, casadi.log(x), -1.0), math.nan)


def division_by_zero() -> None:
    x = casadi.SX.sym("x")
    close(_at(x, 1.0 / x, 0.0), math.inf)


def softplus() -> str:
    x = casadi.SX.sym("x")
    y = casadi.logsumexp(casadi.vertcat(0.0, x))
    close(_at(x, y, 1000.0), 1000.0)
    close(_at(x, casadi.gradient(y, x), 1000.0), 1.0)
    return "logsumexp"


def checks() -> None:
    absent("casadi", "gradcheck|check_grad|check_derivative")


def dot_source() -> str:
    from casadi.tools.graph import dotgraph

    return str(dotgraph(_loss()[1]).to_string())


def picture() -> None:
    assert "digraph" in dot_source()
    raise Partly("the formula; no values, no gradients")


def same_picture() -> None:
    from .answers import same_in_other_processes

    dot_source()
    same_in_other_processes(__name__)


def steps() -> None:
    absent("casadi", "step_through|walk_?through")


def names_nan() -> None:
    x = casadi.MX.sym("x")
    f = casadi.Function("f", [x], [casadi.log(x - 3.0)], {"regularity_check": True})
    try:
        f(2.0)
    except RuntimeError as error:
        if "log" in str(error):
            return
        raise Partly("names the function's output, not the operation") from error
    raise No("no error from regularity_check")


def notebook() -> None:
    if not any(hasattr(casadi.SX, f"_repr_{kind}_") for kind in ("svg", "html", "mimebundle")):
        raise No("text")


def listing() -> str:
    x, y = _loss()
    assert "= log(@" in casadi.Function("f", [x], [y]).str(True)
    return "its instructions"


def power() -> None:
    x = casadi.SX.sym("x")
    close(_at(x, 2.0**x, 3.0), 8.0)


def branches() -> None:
    x = casadi.SX.sym("x")
    if x < 10.0:
        return


def no_collector() -> None:
    def run() -> None:
        x, y = _loss()
        casadi.gradient(y, x)

    without_collector(run)


def pickles() -> str:
    x, y = _loss()
    with casadi.global_pickle_context():
        kept = pickle.dumps((x, y))
    with casadi.global_unpickle_context():
        x, y = pickle.loads(kept)
    close(_at(x, casadi.gradient(y, x), 2.0), math.log(5.0) + 8.0 / 5.0)
    return "in a global_pickle_context"


def deepcopies() -> None:
    x, y = copy.deepcopy(_loss())
    close(_at(x, casadi.gradient(y, x), 2.0), math.log(5.0) + 8.0 / 5.0)


def own_operation() -> str:
    class Bell(casadi.Callback):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            casadi.Callback.__init__(self)
            self.construct("bell", {})

        def eval(self, arguments: Any) -> Any:
            return [casadi.exp(-(arguments[0] ** 2))]

        def has_jacobian(self) -> bool:
            return True

        def get_jacobian(self, name: str, inputs: Any, outputs: Any, options: Any) -> Any:
            a, y = casadi.MX.sym("a"), casadi.MX.sym("y")
            return casadi.Function(name, [a, y], [-2.0 * a * casadi.exp(-(a**2))], inputs, outputs)

    bell = Bell()
    x = casadi.MX.sym("x")
    slope = casadi.Function("slope", [x], [casadi.jacobian(bell(x), x)])
    close(slope(0.5), -math.exp(-0.25))
    return "Callback"


def layers() -> None:
    absent("casadi", "^mlp$|^linear$|^adam$|^sgd$|layer")


def types() -> None:
    typed("casadi")


def brings() -> str:
    return size_on_disk("casadi")


def licence_() -> str:
    return licence_of("casadi")


def compiles() -> str:
    x, y = _loss()
    close(_at(x, y, 3.0), math.log(10.0) * 3.0)
    return "Function"


def follows() -> str:
    x = casadi.SX.sym("x")
    f = casadi.Function("f", [x], [casadi.if_else(x > 0.0, 2.0 * x, 3.0 * x)])
    close(f(1.0), 2.0)
    close(f(-1.0), -3.0)
    return "if_else"


def rows() -> str:
    x = casadi.SX.sym("x")
    found = casadi.Function("f", [x], [x * x]).map(3)(casadi.DM([[1.0, 2.0, 3.0]]))
    assert [float(v) for v in casadi.horzsplit(found)] == [1.0, 4.0, 9.0]
    return "map"


def exports() -> str:
    x, y = _loss()
    with tempfile.TemporaryDirectory() as folder:
        generator = casadi.CodeGenerator("f.c")
        generator.add(casadi.Function("f", [x], [y]))
        generator.generate(f"{folder}/")
        assert "log(" in Path(folder, "f.c").read_text()
    return "C"


def arrays() -> None:
    a = casadi.SX.sym("a", 2, 2)
    slope = casadi.gradient(casadi.sum1(casadi.sum2(a @ a)), a)
    found = _at(a, casadi.reshape(slope, 2, 2), casadi.DM([[1.0, 2.0], [3.0, 4.0]]))
    assert found.full().tolist() == [[7.0, 11.0], [9.0, 13.0]]


def large_product() -> str:
    a, b = casadi.MX.sym("a", 400, 400), casadi.MX.sym("b", 400, 400)
    y = casadi.sum1(casadi.sum2(a @ b))
    f = casadi.Function("f", [a, b], [casadi.gradient(y, a), casadi.gradient(y, b)])
    ones = casadi.DM.ones(400, 400)
    return duration(timed(lambda: f(ones, ones)))


def convolution() -> None:
    absent("casadi", "^convol|^conv[12]d")


def solve() -> None:
    a = casadi.MX.sym("a")
    slope = casadi.Function("f", [a], [casadi.jacobian(casadi.solve(a, casadi.MX(1.0)), a)])
    close(slope(2.0), -0.25)


def complex_() -> None:
    z: Any = 1.0 + 2.0j
    casadi.SX(z)


def forward_mode() -> str:
    x = casadi.SX.sym("x")
    close(_at(x, casadi.jtimes(casadi.sin(x), x, 1.0), 0.0), 1.0)
    return "jtimes"


def hessian_() -> None:
    x = casadi.SX.sym("x", 2)
    found, _ = casadi.hessian(x[0] * x[0] * x[1], x)
    assert _at(x, found, [2.0, 3.0]).full().tolist() == [[6.0, 4.0], [4.0, 0.0]]


def jacobian_() -> str:
    x = casadi.SX.sym("x", 2)
    found = casadi.jacobian(x * x, x)
    assert found.nnz() == 2
    return "sparse"


def functions() -> str:
    count, missing = 0, []
    for f in FUNCTIONS:
        function: Any = getattr(casadi, {"maximum": "fmax", "abs": "fabs"}.get(f, f), None)
        x = casadi.SX.sym("x")
        try:
            y = function(x, 0.3) if f in ("atan2", "hypot", "maximum") else function(x)
            assert float(_at(x, casadi.gradient(y, x), 1.4 if f == "acosh" else 0.4))
            count += 1
        except (TypeError, AssertionError):
            missing.append(f)
    if missing:
        raise Partly(f"{count}; without {' '.join(missing)}")
    return f"all {count}"


def accelerators() -> None:
    absent("casadi", "cuda|gpu|metal")

"""What PyTorch can do. Numbers are tensors without dimensions, mostly float64."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import torch

from tests.benchmarks.figures import duration

from .answers import (
    LENGTH,
    No,
    Partly,
    absent,
    close,
    same_in_other_processes,
    size_on_disk,
    timed,
    typed,
    without_collector,
)
from .answers import licence as licence_of
from .questions import FUNCTIONS


def _value(x: float) -> Any:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def _loss() -> tuple[Any, Any]:
    x = _value(2.0)
    return x, (x * x + 1.0).log() * x


def million() -> None:
    x = y = _value(1.0)
    for _ in range(LENGTH):
        y = y + 1.0
    y.backward()
    close(x.grad, 1.0)


def second_pass() -> str:
    x, y = _loss()
    y.backward(retain_graph=True)
    once = float(x.grad)
    y.backward()
    close(x.grad, 2 * once)
    return "with retain_graph=True"


def edited() -> None:
    a, b = _value(2.0), _value(3.0)
    y = a * b
    with torch.no_grad():
        a.fill_(100.0)
    try:
        y.backward()
    except RuntimeError as error:
        a, b = _value(2.0), _value(3.0)
        y = a * b
        a.data.fill_(100.0)
        y.backward()
        if float(b.grad) != 2.0:
            raise Partly("refuses it; by .data silently wrong") from error
        raise Partly("refuses it") from error
    close(b.grad, 2.0)


def third_derivative() -> None:
    x = _value(2.0)
    y = x**4
    for _ in range(3):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
    close(y, 48.0)


def float64() -> None:
    close(torch.tensor(0.1) + torch.tensor(0.2), 0.1 + 0.2, 0.0)


def overflow() -> None:
    close(_value(1000.0).exp(), math.inf)


def log_negative() -> None:
    close(_value(-1.0).log(), math.nan)


def division_by_zero() -> None:
    close(1.0 / _value(0.0), math.inf)


def softplus() -> None:
    x = _value(1000.0)
    y = torch.nn.functional.softplus(x)
    y.backward()
    close(y, 1000.0)
    close(x.grad, 1.0)


def checks() -> None:
    assert torch.autograd.gradcheck(torch.tanh, _value(0.3))


def dot_source() -> str:
    import torchviz

    x, y = _loss()
    y.backward(retain_graph=True)
    return str(torchviz.make_dot(y, params={"x": x}, show_attrs=True, show_saved=True).source)


def picture() -> None:
    source = dot_source()
    x, y = _loss()
    y.backward()
    if f"{float(x.grad):.4g}" not in source or f"{float(y):.4g}" not in source:
        raise Partly("torchviz: operations and shapes, no values, no gradients")


def same_picture() -> None:
    same_in_other_processes(__name__)


def steps() -> None:
    absent("torchviz", "step|html|walk")


def names_nan() -> None:
    with torch.autograd.detect_anomaly():
        x = _value(2.0)
        y = (x - 3.0).log()
        y.backward()
        if math.isnan(float(y)) and x.grad is not None:
            x = _value(0.0)
            try:
                (x.sqrt() * 0.0).backward()
            except RuntimeError as error:
                assert "SqrtBackward" in str(error)
                raise Partly(
                    "in the backward pass; a nan of the forward pass is not seen"
                ) from error
    raise No("no error")


def notebook() -> None:
    if not any(hasattr(torch.Tensor, f"_repr_{kind}_") for kind in ("svg", "html", "mimebundle")):
        raise No("text")


def listing() -> str:
    x = _value(2.0)
    assert "log" in str(torch.jit.trace(lambda x: (x * x + 1.0).log() * x, (x,)).graph)
    return "torch.jit.trace"


def power() -> None:
    close(2.0 ** _value(3.0), 8.0)


def branches() -> None:
    x = y = _value(0.3)
    while y < 10.0:
        y = y * 2.0 if y > 0.0 else y
    y.backward()
    close(x.grad, 64.0)


def no_collector() -> None:
    without_collector(lambda: _loss()[1].backward())


def pickles() -> None:
    y = pickle.loads(pickle.dumps(_loss()[1]))
    assert y.grad_fn is not None, "the graph is lost"
    y.backward()


def deepcopies() -> None:
    x, y = copy.deepcopy(_loss())
    y.backward()
    close(x.grad, math.log(5.0) + 8.0 / 5.0)


def own_operation() -> str:
    class Bell(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            y = torch.exp(-a * a)
            ctx.save_for_backward(a, y)
            return y

        @staticmethod
        def backward(ctx: Any, *slopes: Any) -> Any:
            a, y = ctx.saved_tensors
            return -2.0 * a * y * slopes[0]

    x = _value(0.5)
    (slope,) = torch.autograd.grad(Bell.apply(x), x, create_graph=True)
    close(slope, -math.exp(-0.25))
    return "of tensors, and its derivative differentiates too"


def layers() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    adam = torch.optim.Adam(model.parameters(), lr=0.01)
    model(torch.ones(1, 2)).sum().backward()
    adam.step()


def types() -> None:
    typed("torch")


def brings() -> str:
    return size_on_disk("torch")


def licence_() -> str:
    return licence_of("torch")


def compiles() -> str:
    traced = torch.jit.trace(lambda x: (x * x + 1.0).log() * x, (_value(2.0),))
    x = _value(3.0)
    y = traced(x)
    y.backward()
    close(y, math.log(10.0) * 3.0)
    return "torch.jit.trace"


def follows() -> str:
    def f(x: Any) -> Any:
        return torch.cond(x > 0.0, lambda x: 2.0 * x, lambda x: 3.0 * x, (x,))

    program = torch.compile(f, backend="aot_eager", fullgraph=True)
    close(program(torch.tensor(1.0)), 2.0)
    close(program(torch.tensor(-1.0)), -3.0)
    return "torch.cond"


def rows() -> None:
    assert (torch.tensor([1.0, 2.0, 3.0]) ** 2).tolist() == [1.0, 4.0, 9.0]


def exports() -> str:
    class Square(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return x * x

    assert "mul" in str(torch.export.export(Square(), (torch.ones(2),)).graph)
    return "torch.export"


def arrays() -> None:
    a = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64, requires_grad=True)
    (a @ a).sum().backward()
    assert a.grad is not None and a.grad.tolist() == [[7.0, 11.0], [9.0, 13.0]]


def large_product() -> str:
    a, b = (torch.rand(400, 400, dtype=torch.float64, requires_grad=True) for _ in range(2))
    return duration(timed(lambda: (a @ b).sum().backward()))


def convolution() -> None:
    x, w = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2, requires_grad=True)
    torch.nn.functional.conv2d(x, w).sum().backward()
    assert w.grad is not None and float(w.grad[0, 0, 0, 0]) == 9.0


def solve() -> None:
    a = torch.tensor([[2.0]], requires_grad=True)
    torch.linalg.solve(a, torch.tensor([[1.0]])).sum().backward()
    close(a.grad, -0.25)


def complex_() -> None:
    z = torch.tensor(1.0 + 2.0j, requires_grad=True)
    (z * z).abs().backward()
    close(z.grad.abs(), 2.0 * abs(1.0 + 2.0j), 1e-5)  # type: ignore[union-attr, unused-ignore]


def forward_mode() -> None:
    _, slope = torch.func.jvp(torch.sin, (torch.tensor(0.0),), (torch.tensor(1.0),))
    close(slope, 1.0)


def hessian_() -> None:
    at = (torch.tensor(2.0), torch.tensor(3.0))
    found = torch.autograd.functional.hessian(lambda x, y: x * x * y, at)
    close(found[0][1], 4.0)


def jacobian_() -> None:
    found = torch.func.jacrev(lambda x: x * x)(torch.tensor([1.0, 2.0]))
    assert found.tolist() == [[2.0, 0.0], [0.0, 4.0]]


def functions() -> str:
    count, missing = 0, []
    for f in FUNCTIONS:
        x = _value(0.4)
        try:
            method = getattr(torch, f)
            y = method(x, _value(0.3)) if f in ("atan2", "hypot", "maximum") else method(x)
            y.backward()
            assert x.grad
            count += 1
        except (AttributeError, AssertionError):
            missing.append(f)
    if missing:
        raise Partly(f"{count}; without {' '.join(missing)}")
    return f"all {count}"


def accelerators() -> str:
    for name in ("cuda", "mps", "xpu"):
        assert hasattr(torch, name)
    try:
        torch.ones(1, device="cuda")
    except (RuntimeError, AssertionError):
        return "CUDA and others; none here to run on"
    return "ran on CUDA"

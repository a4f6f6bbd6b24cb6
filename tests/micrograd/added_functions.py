"""The functions exp, log and tanh for micrograd, which has none; its users add them like this."""

from __future__ import annotations

import math
from typing import Any


def add_functions(value_class: Any) -> None:
    """Give micrograd's Value the methods exp, log and tanh."""

    def exp(self: Any) -> Any:
        out = value_class(math.exp(self.data), (self,), "exp")

        def backward() -> None:
            self.grad += out.data * out.grad

        out._backward = backward
        return out

    def log(self: Any) -> Any:
        out = value_class(math.log(self.data), (self,), "log")

        def backward() -> None:
            self.grad += out.grad / self.data

        out._backward = backward
        return out

    def tanh(self: Any) -> Any:
        out = value_class(math.tanh(self.data), (self,), "tanh")

        def backward() -> None:
            self.grad += (1 - out.data**2) * out.grad

        out._backward = backward
        return out

    value_class.exp, value_class.log, value_class.tanh = exp, log, tanh

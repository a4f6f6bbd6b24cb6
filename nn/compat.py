"""Names from PyTorch's ``torch.nn`` that this package does not have, and what to use instead."""

from __future__ import annotations

from typing import NoReturn

from autograd.compat import missing

from .layers import ACTIVATIONS

__all__ = ["lookup"]

_LIST = "keep modules in a list or a dictionary: self.layers = [...]"
_OTHER_NAMES = {
    "Linear": "write nn.Layer(nin, nout, activation='linear')",
    "Softmax": "write autograd.softmax(values)",
    "LogSoftmax": "write autograd.log_softmax(values)",
    "Identity": "write 'linear', as in nn.Sequential(layer, 'linear')",
    "ModuleList": _LIST,
    "ModuleDict": _LIST,
    "ParameterList": "keep parameters in a list: self.weights = [...]",
    "MultiheadAttention": "write nn.Attention(dim, heads)",
    "MSELoss": "write nn.mse_loss(y_pred, y_true)",
    "BCELoss": "write nn.binary_cross_entropy(y_pred, y_true)",
    "BCEWithLogitsLoss": "write nn.binary_cross_entropy(y_pred, y_true, from_logits=True)",
    "CrossEntropyLoss": "write nn.cross_entropy(logits, target)",
    "NLLLoss": "write nn.cross_entropy(logits, target), which takes the logits themselves",
    "functional": "losses are functions of nn; activations are methods, such as x.relu()",
    "utils": "write nn.clip_grad_norm(params, max_norm)",
    "clip_grad_norm_": "write nn.clip_grad_norm(params, max_norm)",
    "clip_grad_value_": "write nn.clip_grad_value(params, value)",
}


def lookup(name: str) -> NoReturn:
    """What Python calls for ``nn.Linear`` and other names that the package does not have."""
    activations = {a.replace("_", ""): a for a in ACTIVATIONS}
    advice = _OTHER_NAMES.get(name)
    if advice is None and name[:1].isupper() and name.lower() in activations:
        called = activations[name.lower()]
        advice = f"write its name, {called!r}, as in nn.Layer(2, 3, activation={called!r})"
    raise missing("nn", name, advice)

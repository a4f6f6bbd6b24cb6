"""A GPT of 4,192 scalars, after Karpathy's *microgpt*: the model, its data, and its engines."""

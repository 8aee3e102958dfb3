"""Compiled block kernels, the only arithmetic behind a feature (specification 6.1-6.4).

A kernel is ``kernel(inputs [B, N] ..., out [B, N], state [N, S], parameters ...)``. It walks one symbol after the
other through time, keeps everything it remembers in ``state`` (zeros before the first bar) and therefore gives the
same bits however time is cut into blocks. A missing value (NaN) in any input is skipped: the state stays as it was and
the output is NaN. No fast-math; divisions by zero give NaN where a kernel says so.

Helpers live in the module of the kernel that calls them: numba's cache watches one file, not what it imports.
"""

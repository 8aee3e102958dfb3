"""Features of your own: declared in a file by expression, with own kernels (docs/concepts/own-features.md)."""

from qts_core.features.own.declaring import Declared, collecting, feature
from qts_core.features.own.kernels import OwnKernel, block_kernel, kernel
from qts_core.features.own.proving import KernelFault, kernel_fault, own_kernel_calls

__all__ = [
    "Declared",
    "KernelFault",
    "OwnKernel",
    "block_kernel",
    "collecting",
    "feature",
    "kernel",
    "kernel_fault",
    "own_kernel_calls",
]

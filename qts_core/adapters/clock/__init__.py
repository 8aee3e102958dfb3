"""Clocks: real, scaled and lockstep."""

from qts_core.adapters.clock.clocks import LockstepClock, ScaledClock, SystemClock

__all__ = ["LockstepClock", "ScaledClock", "SystemClock"]

"""Threads, and the processors that they run on.

native_calls  native code that Ctrl-C can end
one_ahead     computes the next item while the current one is used
processors    number of processors that may be used
"""

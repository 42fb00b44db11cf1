"""What a file computes, and what it lost.

verify          what a file is made of, and what it computes
simulated_days  simulated days as stations see them
extreme_days    days as few, clustered and high as real ones, and every tensor on them
tolerances      how far a precision may be off
fidelity        what a file lost on simulated days
golden_case     a day with what it must give
"""

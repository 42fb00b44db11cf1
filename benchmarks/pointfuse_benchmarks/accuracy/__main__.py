"""`python -m pointfuse_benchmarks.accuracy`: the measurement that cards of models refer to."""

from pointfuse_benchmarks.accuracy.against_baselines import main

if __name__ == "__main__":
    main()

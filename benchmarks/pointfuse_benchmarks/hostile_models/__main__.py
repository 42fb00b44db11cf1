"""`python -m pointfuse_benchmarks.hostile_models`: 2,000 files by chance, and those by intent."""

from pointfuse_benchmarks.hostile_models.examination import main

if __name__ == "__main__":
    main()

"""What is tested where; a test stands at the lowest layer that can catch the bug.

unit: no sockets. contract: one suite over the fakes and over the real adapters. architecture: imports, states,
template, documents. faults: throttles, kills, short pages, damage. embedded: real machines on the embedded cloud.
benchmarks: `make bench`. checks: what `make check` runs in an environment of its own.
"""

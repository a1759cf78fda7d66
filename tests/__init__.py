"""unit: no sockets · contract: one suite on fake and real adapter · architecture: imports, states, template, docs ·
faults: throttles, kills, short pages, damage · embedded: real machines on the embedded cloud · benchmarks: `make bench`."""

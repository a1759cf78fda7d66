"""Throughput on a simulated clock: the real operations, with hours of waiting that take seconds."""

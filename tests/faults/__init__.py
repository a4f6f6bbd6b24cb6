"""Faults: size, memory, threads, kills, damaged files, hostile text, full disks, Ctrl-C."""

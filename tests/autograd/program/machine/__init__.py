"""Tests of the machine: layout, running, cache, and every operation."""

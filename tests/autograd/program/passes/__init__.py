"""Tests of the passes, and of what they make of code."""

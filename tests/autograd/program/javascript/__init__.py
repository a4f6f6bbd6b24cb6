"""Tests of what is written in JavaScript: it runs in Node and in Chromium."""

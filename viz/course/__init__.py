"""The course: twelve worked examples that teach how a network learns, and their gallery."""

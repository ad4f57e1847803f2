"""Command line, tour, demonstration, simulators: on top, in no production process."""

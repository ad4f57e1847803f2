"""Ports of the loopback that `carnet run` takes: those of the processes, then those of what stands around them."""

from carnet.config.doors import PROCESSES
from carnet.config.environment import Environment

PORTS: dict[str, tuple[int, str]] = {
    **{process.port: (int(Environment.model_fields[process.port].default), process.what) for process in PROCESSES if process.port},
    "psc_port": (8090, "Pro Santé Connect simulator"),
    "franceconnect_port": (8091, "FranceConnect+ simulator"),
    "proconnect_port": (8093, "ProConnect simulator"),
    "operator_mail_port": (8026, "mail of the second operator, a simulator (SMTP)"),
    "operator_page_port": (8092, "its page: write to a patient, read the answers"),
    "mail_port": (8025, "mail server of the demonstration"),
    "witness_port": (8085, "witness of the journal"),
}
"""Setting or name of each port → the port, and what listens there."""

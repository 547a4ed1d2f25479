"""Devices, real and simulated, behind the ports of ``app.devices.ports``."""

"""Rules of the desk, without devices, files or windows."""

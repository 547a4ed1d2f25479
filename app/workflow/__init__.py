"""Jobs of the people at the desk, one module each, over the ports of store and devices."""

"""How real clients get in: the HTTP face of a live swarm, started by `glasshive serve`."""

"""Work that takes a while: runs with live progress, and the queue that a worker takes them from."""

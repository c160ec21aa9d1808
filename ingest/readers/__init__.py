"""One module per kind of file; each turns a path into a `Document`."""

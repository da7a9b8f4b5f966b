"""What is decided about a request, in the one order there is. Pure."""

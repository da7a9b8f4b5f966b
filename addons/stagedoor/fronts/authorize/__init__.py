"""The counter: the engine behind plain HTTP, asked by a proxy in front of the site for each request."""

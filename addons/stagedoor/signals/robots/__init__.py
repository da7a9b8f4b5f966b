"""robots.txt (RFC 9309): read, obeyed, and merged with the stance."""

"""What is remembered between requests, bounded."""

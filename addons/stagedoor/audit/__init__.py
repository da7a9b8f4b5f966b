"""What a site says to machines, judged from outside: responses in, findings out."""

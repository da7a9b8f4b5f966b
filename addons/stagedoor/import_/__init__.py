"""What people already have (robots.txt, Anubis policies, nginx maps) → rules of ours."""

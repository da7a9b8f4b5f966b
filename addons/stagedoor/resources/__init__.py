"""What is asked: paths as the origin will read them, and classes of resources.

paths.py       request target → normalised path
resources.py   path, stance and response type → Resource
"""

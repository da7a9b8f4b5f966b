"""What clients have done lately, and how much more they may.

local.py   in this process, bounded; time is told, never asked for
"""

"""For those who work on the house: none of it ships."""

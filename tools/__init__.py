"""Tools for those who work on Stagedoor: none of it ships."""

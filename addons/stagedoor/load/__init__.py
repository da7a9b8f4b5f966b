"""From files to a policy: rule folders, public lists of packages, live reload."""

"""What other people's platforms say about AI: their pages' signals, their terms, and the changes."""

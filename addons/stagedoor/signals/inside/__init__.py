"""What stands inside audio files: licences of RSL, read out of them and written into copies."""

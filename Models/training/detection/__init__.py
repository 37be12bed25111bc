"""Training of Guardian's detection heads on the frozen trunk."""

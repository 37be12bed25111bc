"""Training of Guardian's safeguard adapter: the responses that a caller gets in place of a harmful answer."""

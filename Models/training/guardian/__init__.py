"""The guardian model: one adapter on the trunk for detection and for safeguard responses."""

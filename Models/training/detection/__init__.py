"""Labels, public rows, calibration and reports of the detection task."""

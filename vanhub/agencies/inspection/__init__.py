"""Inspection and quarantine (商检): clearance notes."""

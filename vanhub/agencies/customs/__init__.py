"""Clearance (通关系统): declarations, manifests, duties, release."""

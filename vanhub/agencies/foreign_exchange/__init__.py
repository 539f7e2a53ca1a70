"""Foreign exchange forms (外汇核销单): issue and filing at the port."""

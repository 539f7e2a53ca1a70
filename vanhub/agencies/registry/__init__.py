"""The enterprise register (企业代码登记): who may trade."""

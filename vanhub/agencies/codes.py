"""Codes of the trade that can be checked by themselves: enterprise codes, customs codes, numbers of declarations, licences and forms."""

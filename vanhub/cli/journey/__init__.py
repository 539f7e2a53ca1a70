"""``vanhub demo journey``: hub, agencies and trade as separate processes; an export, an import, and frauds, told step by step."""

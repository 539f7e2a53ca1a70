"""How any agency runs: deliveries in, decisions, records and ledgers, interchanges out."""

"""The trade's side: what honest and dishonest traders, carriers, terminals and banks send, and what is to become of it."""

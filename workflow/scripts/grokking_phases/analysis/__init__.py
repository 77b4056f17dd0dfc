"""What is read off finished tables: events, phases, time scales, sub-networks, predictions and their intervals."""

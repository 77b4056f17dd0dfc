"""Events, phases, time scales, sub-networks and predictions with their intervals, from finished tables."""

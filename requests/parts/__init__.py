"""The parts of the page of one case: for each, what it shows and which forms it offers."""

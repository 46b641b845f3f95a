"""The parts of a case page, each with what its template shows."""

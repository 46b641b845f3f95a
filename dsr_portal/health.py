"""Whether this process can do its work."""

from django.db import DatabaseError, connections


def databases_answer() -> bool:
    """Whether every database answers a question now."""
    try:
        for alias in connections:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True

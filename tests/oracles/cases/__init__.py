"""A simple model of cases, theme by theme: who asks, when an answer is owed, who may see and decide, what is
corrected, locked and erased. It knows nothing of the product."""

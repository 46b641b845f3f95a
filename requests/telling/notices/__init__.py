"""What people are told about a case, and to whom: one module per occasion.

No message says what the case is about beyond its kind. The answer goes to the address fixed at filing: the
person's own, also where somebody else asked for them (W17). Every message promised is noted with the case.
"""

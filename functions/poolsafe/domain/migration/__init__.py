"""Moving a pool's users as they sign in: who may come along and as what, and how far it is."""

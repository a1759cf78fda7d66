"""Which snapshots stay: the policy, what keeps a snapshot whatever the policy says, and the brake."""

"""The use cases of a storm: they publish, reconcile, wake, collect and rehearse, and never print."""

"""A service in a cluster: its releases, and how to bring it up."""

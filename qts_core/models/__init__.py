"""Models behind one interface, and the bundles they travel in."""

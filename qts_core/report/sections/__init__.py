"""The sections of the report, one module each; every one takes the context and returns a section or nothing."""

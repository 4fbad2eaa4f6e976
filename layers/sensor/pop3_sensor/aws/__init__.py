"""The adapters: the only modules that know AWS."""

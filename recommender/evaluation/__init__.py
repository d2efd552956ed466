"""Quality measured on the editors' own links."""

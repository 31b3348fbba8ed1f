"""From the bytes of an artifact to checked values: files, checksums, arrays, self-test, signature."""

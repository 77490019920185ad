"""What tests of the whole share: databases, a browser, a closed network."""

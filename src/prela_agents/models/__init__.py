"""Who answers requests: Claude, rules without a key, or a script in tests."""

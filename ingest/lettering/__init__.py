"""What the setting of characters says, and a text does not: raised, struck out, turned, in columns, numbered lines."""

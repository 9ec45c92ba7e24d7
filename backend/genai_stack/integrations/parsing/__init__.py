"""Files to text and passages."""

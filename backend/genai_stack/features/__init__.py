"""What users know by name, one package per noun; imports between them point down."""

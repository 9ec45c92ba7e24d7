"""The routes, one file per noun with its request and response models."""

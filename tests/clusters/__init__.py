"""Clusters that nobody tuned the product to: their truth, and recipes by which their manifests are made again."""

"""What writes generated files of this repository: `make docs` runs them. Not part of the package."""

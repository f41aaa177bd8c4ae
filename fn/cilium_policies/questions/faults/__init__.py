"""The faults that `lint` finds, one small function each; `questions.lint.CHECKS` lists them."""

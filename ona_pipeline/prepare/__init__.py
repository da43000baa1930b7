"""In which runtime, and in which form, will this model serve, and does it load there?

- `prepare.py` has the stage function: form and runtime found or made, the model loaded once in the sandbox;
  `interface.py` what it needs of others.
- `faster.py` finds or makes a faster form, and says why there is none.
- `signature.py` reads the model signature out of the MLmodel file, as data.
- `trial.py` loads the model in the sandbox and, where its structure is sound, asks it the known question.
- `description.py` reads back what was loaded, and what is wrong with it.
"""

"""Could a loaded model answer as a fitted one would? Looked at before the first answer is asked of it.

A file may hold nothing but allowed types and still be poison: a tree whose node leads back to itself keeps C
code busy for ever, one that points past its end reads foreign memory. So the structure is judged first:

- `walk.py` goes through everything that a model is made of, once, and says where it is.
- `trees.py` judges the arrays of trees and neighbours, which C code follows without looking.
- `fitted.py` judges estimators: fitted, as many features and classes everywhere as the whole says; `kinds.py`
  has what is more to some kinds of them.
- `numbers.py` judges the numbers that predictions are computed with.

What is not known is passed over: the sandbox holds what it does, and the known question judges what it says.
"""

from .unsound import Unsound
from .walk import judge

__all__ = ["Unsound", "judge"]

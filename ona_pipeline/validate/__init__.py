"""Quality: is the form of the model that will serve good enough, on rows that it has not seen?

`validate.py` asks; one file for each step:

1. `data.py`: the evaluation data, fetched and compared with its digest.
2. `rows.py`: its columns laid out as the inputs that the model signature names.
3. `ahead.py`: those rows answered in the run of `prepare` already, where they are few.
4. `asking.py`: those rows answered in the sandbox, by the runtime that will serve, without network.
5. `answers.py`: the answers read back strictly, for a hostile model wrote them.
6. `conformance.py`: what any answers must be.
7. `metrics.py`, `calibration.py`, `costs.py`, `noise.py`, `training.py`: what is measured.
8. `tables.py`, `suites.py`, `expectations.py`: five tables against the suites that the release names;
   `pages.py` shows that to people.
9. `champion.py`, `comparing.py`: the version that is served now, on the same rows; `scores.py` has what each
   row counts, `intervals.py` how sure a difference is, `slices.py` the parts that are judged apart.
10. `weighing.py`: all of it, weighed.
"""

"""Does somebody who may decide want exactly this in that environment?

- `request.py`: opens a promotion, takes the place of older ones, and says yes where the policy does.
- `review.py`: everything that a person needs to see before deciding, as one record.
- `decide.py`: approve, reject, withdraw, void, each in one transaction, so that one decision wins.
- `allowed.py`: which person may decide; `signed.py`: whether it is signed with that person's key.
- `hindsight.py`: both again, of a decision that was made; `judge.py`: of all that a ledger holds.
- `waived.py`: which waivers a release needs in an environment.
- `rules.py`: what the environment wants beside a yes before anything is rolled out.
- `standing.py`: the sentences for whoever comes too late; `expire.py`: ends what nobody decided in time.

There is no terminal here: `cli` renders and asks.
"""

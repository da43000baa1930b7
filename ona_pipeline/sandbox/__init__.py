"""Where model code runs: what can be done to us by a file that we did not write?

`interface.py` is the contract; one file for each way of keeping it: a container where there is an engine
(`container.py`), bubblewrap where there is none (`bubblewrap.py`), a Job in a cluster (`pod.py`, with
`jobs.py`); `choice.py` says which is used here. All tell the end of a program by `ending.py`; what it left is
read by `left.py`.
A program in a sandbox has no network, no credentials, read-only files, and limits on memory, CPU, processes,
what it writes and wall clock. What dies there is an outcome that the gate turns into a finding.
"""

"""Is what the registry hands out the image that was built, and does it answer?

- `publish.py` has the stage function: image manifest written, image tried, tag made and resolved back.
- `stored.py` looks whether the registry has every blob, and gives the tag back with the right digest.
- `trial.py` starts the image and asks it the known question; `container.py` does the starting on a Docker
  engine, `pod.py` in a cluster.
"""

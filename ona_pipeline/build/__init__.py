"""What is the serving image of this release, to the byte?

- `build.py` has the stage function: one model layer on the runtime image, its blobs sent to the
  registry.
- `layer.py` says which files the model layer has.

The image manifest is not written here, so nobody can pull the image yet: `publish` does that.
"""

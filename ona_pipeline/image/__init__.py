"""How is an image made without a Docker engine, and made the same twice?

An image is base + runtime layer + model layer, each content-addressed, each sent only where it is missing.

- `layer.py` packs files into a reproducible layer; `document.py` is an image as data: config and image
  manifest, and how it grows by a layer; `registry.py` says what an image registry must do.
- `base.py` reads the base; `send.py` sends what a repository lacks.
- `lock.py` reads hashed requirements; `server.py` finds the server's own files; `packages.py` has uv unpack
  wheels; `bytecode.py` compiles them; `contents.py` puts it together; `runtime.py` looks the runtime image up
  by the digest of all that, or makes it.
- `forms.py` keeps faster forms of models in the image registry.
- `release_json.py` writes what the server is told about the model.

Used by `prepare` and `build`; imports no stage.
"""

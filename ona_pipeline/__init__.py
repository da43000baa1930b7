"""ona: from a committed model to the pods that serve it, with a person's word in between.

The listing of this package is the road of a model:

    source    what was committed, read from git objects or the model registry
    verify    is it what was declared, and can loading it run code?
    prepare   the runtime that it needs, and the form that will serve
    validate  is that form good enough, on its own and against the champion?
    build     serving image = runtime + one model layer
    publish   pushed, read back by digest, started and asked
    approve   a person, or the policy, for one environment, bound to what was found
    rollout   the target changed, watched, asked; put back if it is not well

`pipeline.py` walks a release through the first six in straight-line code, `promotions.py` takes it to
environments, and `delivery.py` changes what they serve. Each stage is a function from the evidence before it
to evidence of its own; what happened is a `ledger` of events, from which every state is replayed. `records`
holds the values, `sandbox` is where model code runs, `image` assembles layers, `attestation` signs what is
said of them, `clients` are the connections, `serving` goes into the image, `wiring.py` joins settings to all
of these, `ona.py` is what commands call, and `cli` is one command per file.
"""

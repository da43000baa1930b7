"""Roll out: does the target serve exactly this image, every instance of it, with the right answer?

- `interface.py`: the contract of a target.
- `roll_out.py`: change it, watch it, and put it back where it is not well by the deadline.
- `watch.py`: looking at a target until it is well, hopeless or out of time.
- `answers.py`: an instance's answer to the known question, judged; `trouble.py`: a reason for being not well.
- `deployment.py`: what Deployments have in common. `kubernetes.py`: one that ona makes; `template.py` reads
  base or overlay, `objects.py` renders what is applied, `sending.py` leaves out what is not ours, which
  `holders.py` tells; `view.py` and `proxy.py` look at pods and ask them, `look.py` is one look at it all,
  `conditions.py` names what is wrong, `events.py` tells why; `in_the_way.py` names what is somebody else's,
  `rights.py` what may not be done.
- `adopted.py`: one that somebody else made; `adopt.py` takes it over, `adopted_view.py` looks at it.
- `canary.py`: before that, a share of instances first; `canary_rule.py` judges it by the counts that
  `traffic.py` reads off the instances' own metrics; `kubernetes_canary.py` has it in Kubernetes.
- `docker.py`: a container on one engine; `containers.py` has its settings, `engine.py` looks at and asks it.
"""

"""The embedded cloud: the whole product on one machine, without an AWS account and without Docker.

MiniStack, an AWS emulator in one Python process, wrapped by a thin layer of ours (`layer/`). The same template, state
machines and handlers are deployed to it with the same `sam build` and `sam deploy`; nothing under `functions/` knows
where it runs.

It proves behaviour, not AWS: what the emulator cannot know is marked as an assumption where it is assumed.
"""

"""Rules that every host applies: loading plugins, judging what they declare, answer and ask for, their tables.

`import billhook` loads none of it, and plugins need none of it.
"""

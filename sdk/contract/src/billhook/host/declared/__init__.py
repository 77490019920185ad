"""What a plugin declares as data, judged before any host believes it: settings, provider, pages, links, watches, texts.

A host reads declarations outside every guard, on pages that it shows for all plugins. So whatever can be told from a
declaration alone is told here, at load; what a plugin must be called for is the conformance kit's.

Nothing is coerced: a kind or level as plain text would equal the enum's member and not be it, and hosts, the kit and
authors compare with `is`. A value that is taken for another kind shows a secret.
"""

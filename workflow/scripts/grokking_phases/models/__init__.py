"""Networks, one file each: `build(*, n_tokens, n_classes, **options)`, and `LAYERS`, what can be recorded."""

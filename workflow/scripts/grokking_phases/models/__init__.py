"""Networks, one a file: `build(*, n_tokens, n_classes, **options)`, and `LAYERS`, the layers to record."""

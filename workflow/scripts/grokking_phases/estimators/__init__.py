"""Mutual information between a layer T and the input X or the class Y: one file an estimator, found by name.

A file holds its definition, functions on arrays, and

    prepare(snapshots, *, option=default)

which checks the options (ValueError), looks at the run as far as it must, and returns an object that has

    names               the informations that it gives, in nats: information_x, information_y, and others
    ceilings(layer)     what I(T;X) and I(T;Y) cannot exceed, in nats
    measure(T, layer)   {name: value} for finite activations T (n_samples, width), with a `resolution` if it has
                        one and counts of its own; {} where undefined, None where the layer is constant

An option `seed` without a default gets the metric's seed. Files with a leading underscore hold what estimators
share.
"""

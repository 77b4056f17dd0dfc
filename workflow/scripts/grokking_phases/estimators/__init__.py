"""Estimators of mutual information between a layer T and the input X or class Y, one per file.

An estimator is found by the name of its file. The file holds a definition, functions on arrays, and

    prepare(snapshots, *, option=default)

which checks the options (ValueError), reads as much of the run as it needs, and returns an object that has

    names               the informations that it gives, in nats: information_x, information_y, and others
    ceilings(layer)     the values that I(T;X) and I(T;Y) cannot exceed, in nats
    measure(T, layer)   {name: value} for finite activations T (n_samples, width), with a `resolution` if it
                        has one and counts of its own; {} where undefined, None where the layer is constant

An option `seed` without a default gets the metric's seed. Files with a leading underscore hold what
estimators share.
"""

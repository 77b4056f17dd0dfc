"""Networks of real packages are recorded and measured, or refused in one sentence (docs/own_network.md)."""

import numpy as np
import pytest
import torch

from grokking_phases import Recorder, Snapshots
from grokking_phases.metrics import o_information

N, Y = 24, torch.arange(24) % 3
IDS = torch.arange(N * 6).reshape(N, 6) % 11


def measured(network, folder, **settings):
    """Record one snapshot, measure synergy in each layer, and return {layer: (width, synergy)}."""
    before = [value.clone() for value in network.state_dict().values()]
    with Recorder(network, steps=[0], to=folder, **settings) as recorder:
        recorder(0)
    assert all(torch.equal(a, b) for a, b in zip(before, network.state_dict().values(), strict=True))
    snapshots = Snapshots(folder / "snapshots.parquet", folder / "dataset.parquet")
    rows = list(o_information.compute(snapshots, n_bins=3, variables="mean"))
    synergy = {row["layer"]: row["value"] for row in rows if row["metric"] == "synergy"}
    return {layer: (width, synergy[layer]) for layer, width in snapshots.layers.items()}


def test_a_residual_network_of_torchvision(tmp_path):
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(0)
    network = models.resnet18(num_classes=3).train()
    plan = {"probe": (torch.randn(N, 3, 32, 32), Y), "layers": ["layer1", "avgpool"], "reduce": "mean"}
    found = measured(network, tmp_path / "named", **plan)
    assert {layer: width for layer, (width, _) in found.items()} == {"layer1": 64, "avgpool": 512}
    assert np.isfinite([synergy for _, synergy in found.values()]).all()
    with pytest.raises(ValueError, match="layer layer1.0.relu is called more than once in a forward"):
        measured(network, tmp_path / "twice", **plan | {"layers": ["layer1.0.relu"]})
    with pytest.raises(ValueError, match="layer layer1 gives .*say by reduce="):
        measured(network, tmp_path / "unsaid", **plan | {"layers": ["layer1"], "reduce": None})


def test_a_transformer_of_transformer_lens(tmp_path):
    config = pytest.importorskip("transformer_lens.config")
    bridge = pytest.importorskip("transformer_lens.model_bridge").TransformerBridge
    sizes = {"n_layers": 1, "d_model": 16, "n_heads": 2, "d_head": 8, "d_mlp": 24, "n_ctx": 6, "d_vocab": 11}
    network = bridge.boot_native(
        config.TransformerBridgeConfig(
            **sizes, act_fn="relu", device="cpu", architecture="TransformerLensNative"
        )
    )
    layers = ["blocks.0.mlp.hook_post", "blocks.0.hook_resid_post"]
    plan = {"probe": (IDS, IDS[:, 0]), "layers": layers, "position": "last"}
    with pytest.raises(ValueError, match=r"not logits \(24, 6, 11\) .*; give forward="):
        measured(network, tmp_path / "unsaid", **plan)
    found = measured(network, tmp_path / "named", **plan, forward=lambda network, X: network(X)[:, -1])
    assert {layer: width for layer, (width, _) in found.items()} == dict(zip(layers, (24, 16), strict=True))
    _, cache = network.run_with_cache(IDS)
    folder = tmp_path / "named"
    stored = Snapshots(folder / "snapshots.parquet", folder / "dataset.parquet")[0].activations
    for layer in layers:
        np.testing.assert_array_equal(stored[layer], cache[layer][:, -1].detach())


SIZES = {"vocab_size": 11, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}


def test_an_encoder_of_transformers(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(**SIZES, intermediate_size=20, max_position_embeddings=8, num_labels=3)
    network = transformers.BertForSequenceClassification(config)
    plan = {"probe": (IDS, Y), "layers": ["bert.encoder.layer.0.intermediate"], "position": "mean"}
    with pytest.raises(
        ValueError, match="the network returns a SequenceClassifierOutput, not logits; give forward="
    ):
        measured(network, tmp_path / "unsaid", **plan)
    logits = {"forward": lambda network, X: network(X).logits}
    found = measured(network, tmp_path / "named", **plan, **logits)
    ((width, synergy),) = found.values()
    assert width == 20 and np.isfinite(synergy)


def test_a_language_model_of_transformers(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(vocab_size=11, n_embd=16, n_layer=2, n_head=2, n_positions=8)
    network = transformers.GPT2LMHeadModel(config)
    plan = {
        "probe": (IDS, IDS[:, 0]),
        "layers": ["transformer.h.1.mlp.act", "transformer.h.0"],
        "position": {"transformer.h.1.mlp.act": "last", "transformer.h.0": 2},
        "forward": lambda network, X: network(X).logits[:, -1],  # the token after the last one
    }
    if isinstance(network.transformer.h[0](torch.zeros(1, 3, 16)), tuple):
        plan["select"] = {"transformer.h.0": 0}
    found = measured(network, tmp_path, **plan)
    assert {layer: width for layer, (width, _) in found.items()} == {
        "transformer.h.1.mlp.act": 64,
        "transformer.h.0": 16,
    }
    assert np.isfinite([synergy for _, synergy in found.values()]).all()

"""The recorders of Lightning and of transformers, in trainings by the real packages if they are installed."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import grokking_phases
from grokking_phases import Snapshots

X, Y = torch.randn(24, 4, generator=torch.Generator().manual_seed(0)), torch.arange(24) % 3
PLAN = {"probe": (X, Y), "steps": {"every": 2, "last": 6}}


def read(folder):
    return Snapshots(folder / "snapshots.parquet", folder / "dataset.parquet")


def test_lightning_trains_with_the_same_bits_and_all_steps_are_recorded(tmp_path):
    lightning = pytest.importorskip("lightning.pytorch")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.2), nn.Linear(6, 3))

        def forward(self, x):
            return self.network(x)

        def training_step(self, batch, _):
            return functional.cross_entropy(self(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters())

    def trained(*callbacks):
        torch.manual_seed(0)
        module = Module()
        quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
        trainer = lightning.Trainer(
            max_steps=6, accelerator="cpu", callbacks=list(callbacks), enable_model_summary=False, **quiet
        )
        rows = torch.utils.data.TensorDataset(X, Y)
        trainer.fit(module, torch.utils.data.DataLoader(rows, batch_size=8, shuffle=True))
        return module.state_dict()

    recorder = grokking_phases.LightningRecorder(layers=["network.1"], to=tmp_path, **PLAN)
    with_it, without = trained(recorder), trained()
    assert all(torch.equal(with_it[name], without[name]) for name in without)
    assert read(tmp_path).steps == [0, 2, 4, 6]
    last = nn.Sequential(nn.Linear(4, 6), nn.ReLU())
    last.load_state_dict({name: with_it[f"network.{name}"] for name in ("0.weight", "0.bias")})
    np.testing.assert_allclose(
        read(tmp_path)[6].activations["network.1"], last(X).detach(), rtol=1e-5, atol=1e-6
    )


def test_transformers_trains_with_the_same_bits_and_all_steps_are_recorded(tmp_path, monkeypatch):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    # pytest makes `tests/datasets` importable, which transformers takes for the package `datasets`.
    monkeypatch.setattr("transformers.trainer.is_datasets_available", lambda: False)
    ids = torch.arange(24 * 5).reshape(24, 5) % 7
    sizes = {"vocab_size": 7, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.BertConfig(**sizes, intermediate_size=12, max_position_embeddings=8, num_labels=3)

    def trained(*callbacks):
        torch.manual_seed(0)
        model = transformers.BertForSequenceClassification(config)
        quiet = {"report_to": [], "save_strategy": "no", "disable_tqdm": True, "use_cpu": True}
        asked = transformers.TrainingArguments(
            str(tmp_path / "trainer"), max_steps=6, per_device_train_batch_size=8, **quiet
        )
        rows = [{"input_ids": row, "labels": label} for row, label in zip(ids, Y, strict=True)]
        transformers.Trainer(model, asked, train_dataset=rows, callbacks=list(callbacks)).train()
        return model.state_dict()

    plan = PLAN | {"probe": (ids, Y), "to": tmp_path / "own", "position": "last"}
    layer = "bert.encoder.layer.0.intermediate"
    with_it = trained(grokking_phases.TransformersRecorder(layers=[layer], **plan))
    without = trained()
    assert all(torch.equal(with_it[name], without[name]) for name in without)
    assert read(tmp_path / "own").steps == [0, 2, 4, 6]
    assert read(tmp_path / "own").layers == {layer: 12}

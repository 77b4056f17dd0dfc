"""The transformer and its fast path equal a full computation; its size, causality, layers and dropout."""

from functools import partial

import pytest
import torch
from torch.nn import functional as F

from grokking_phases.data.activations import activations
from grokking_phases.models import transformer


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def small(**options):
    torch.manual_seed(0)
    options = {
        "n_tokens": 7,
        "n_classes": 5,
        "d_model": 12,
        "n_heads": 3,
        "d_mlp": 20,
        "dropout": 0.0,
    } | options
    return transformer.build(**options)


def pairs(n_tokens=7):
    return torch.cartesian_prod(torch.arange(n_tokens), torch.arange(n_tokens))


def split_heads(x, n_heads):
    return torch.stack(x.chunk(n_heads, dim=-1), dim=1)


def full(model, inputs, scale):
    """Return the logits and {layer: outputs at all four positions}, computed in full by torch's attention."""
    ones = torch.ones(len(inputs), 1, dtype=torch.long)
    tokens, positions = model.embedding.tokens, model.embedding.positions
    n_tokens = len(tokens.weight) - 2
    x = (
        tokens(torch.cat([inputs[:, :1], n_tokens * ones, inputs[:, 1:], (n_tokens + 1) * ones], dim=1))
        * scale
    )
    x, layers = x + positions(torch.arange(4)), {}
    for name, block in ((name, block) for name, block in model.named_children() if name.startswith("block_")):
        attention, normed = block.attention, block.norm_attention(x)
        q, k, v = (
            split_heads(linear(normed), attention.n_heads)
            for linear in (attention.query, attention.key, attention.value)
        )
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + attention.output(torch.cat(attended.unbind(1), dim=-1))
        layers[f"{name}.hidden"] = F.gelu(block.up(block.norm_mlp(x)), approximate="none")
        x = layers[name] = x + block.down(layers[f"{name}.hidden"])
    return model.readout(model.norm(x))[:, -1], layers


SIZES = [{}, {"n_blocks": 1}, {"n_blocks": 3}, {"embedding_scale": 1.0}]


@pytest.mark.parametrize("options", SIZES)
def test_losses_and_gradients_are_those_of_the_full_computation(options):
    """In float32, gradients sum terms of the size of the embedding, which is 11 times that of the rest."""
    model = small(**options)
    logits, targets = {}, torch.arange(49) % 5
    ways = {
        "readable": model,
        "fast": partial(transformer.fast_forward, model),
        "full": lambda x: full(model, x, model.embedding.scale)[0],
    }
    for way, forward in ways.items():
        model.zero_grad()
        logits[way] = forward(pairs())
        F.cross_entropy(logits[way], targets).backward()
        logits[f"{way} gradients"] = [parameter.grad.clone() for parameter in model.parameters()]
    for way in ("readable", "fast"):
        torch.testing.assert_close(logits[way], logits["full"], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(logits[f"{way} gradients"], logits["full gradients"], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("n", [8, 30, 1024])
def test_the_recorded_network_has_the_bits_of_the_fast_path(n, dropout):
    """The number of samples is even, so the softmax fills whole vectors."""
    model = small(n_tokens=96, d_model=128, n_heads=4, d_mlp=512, dropout=dropout).eval()
    inputs = torch.randint(96, (n, 2), generator=torch.Generator().manual_seed(0))
    assert torch.equal(model(inputs), transformer.fast_forward(model, inputs))


def test_the_papers_network_has_422_240_parameters():
    """The count is the sum of the parts.

    tokens 98 * 128, positions 4 * 128                                     13,056
    a block: four 128 * 128 + 128, 512 * 128 + 512, 128 * 512 + 128,
             two norms of 256: 198,272, twice                             396,544
    norm 256, readout 96 * 128 + 96                                        12,640
    """
    model = transformer.build(n_tokens=96, n_classes=96)
    assert sum(parameter.numel() for parameter in model.parameters()) == 422_240


def test_a_position_does_not_see_later_positions():
    block, x = small().block_1, torch.randn(3, 4, 12)  # sample, position, unit
    for position in range(1, 4):
        changed = torch.cat([x[:, :position], torch.randn(3, 4 - position, 12)], dim=1)
        before, after = block(x), block(changed)
        torch.testing.assert_close(before[:, :position], after[:, :position])
        assert not torch.isclose(before[:, position:], after[:, position:]).all(dim=-1).any()


@pytest.mark.parametrize("n_read", [1, 2, 4])
def test_a_block_may_be_computed_at_its_last_positions_alone(n_read):
    block, x = small().block_1, torch.randn(3, 4, 12)
    torch.testing.assert_close(block(x, n_read), block(x)[:, -n_read:])


@pytest.mark.parametrize("first", [[5, 3], [3, 5], [5, 5], [6, 0, 3, 6]])
def test_each_sample_has_its_own_operand_in_any_order(first):
    model = small().eval()
    inputs = torch.tensor([[a, i % 3] for i, a in enumerate(first)])
    for forward in (model, partial(transformer.fast_forward, model)):
        torch.testing.assert_close(forward(inputs), torch.cat([forward(each[None]) for each in inputs]))


def test_with_dropout_every_sample_has_a_prefix_of_its_own():
    """Otherwise samples with equal operands would share their masks."""
    model, inputs = small(dropout=0.5), torch.tensor([[1, 2]] * 200)
    fast, recorded = partial(transformer.fast_forward, model), []
    assert len(model(inputs).unique(dim=0)) == len(fast(inputs).unique(dim=0)) == 200
    model.block_1.up.register_forward_hook(lambda _module, _inputs, output: recorded.append(len(output)))
    fast(inputs)
    model.eval()
    fast(inputs), fast(inputs[:7]), fast(inputs[:8])
    # With more samples than the 7 operands, there is one prefix for each operand.
    assert recorded == [800, 2 * 200 + 2 * 7, 4 * 7, 2 * 8 + 2 * 7]


def test_the_answer_depends_on_both_operands_and_their_order():
    logits = small(embedding_scale=1.0)(torch.tensor([[1, 2], [2, 1], [1, 3], [3, 2]]))
    assert torch.pdist(logits).min() > 1e-3  # rounding is at 1e-7


def test_the_embedding_scale_multiplies_the_tokens_and_not_the_positions():
    plain, scaled = small(embedding_scale=1.0), small(embedding_scale=3.0)
    assert not torch.allclose(plain(pairs()), scaled(pairs()))
    with torch.no_grad():
        plain.embedding.tokens.weight *= 3
    torch.testing.assert_close(plain(pairs()), scaled(pairs()))


def test_by_default_the_embedding_is_normal_times_the_root_of_d_model():
    model = transformer.build(n_tokens=96, n_classes=96)
    assert model.embedding.scale**2 == pytest.approx(128)
    std = model.embedding.tokens.weight.std().item()
    assert std == pytest.approx(1, abs=0.03)  # of 12,544 draws: 5 standard errors


def test_the_gelu_is_exact():
    x = torch.linspace(-4, 4, 101)
    exact = x * (1 + torch.erf(x / 2**0.5)) / 2
    torch.testing.assert_close(small().block_1.hidden(x), exact, rtol=0, atol=1e-6)
    assert (F.gelu(x, approximate="tanh") - exact).abs().max() > 1e-4  # so that 1e-6 tells them apart


@pytest.mark.parametrize("n_blocks", [2, 3])
def test_the_layers_are_recorded_at_the_last_position(n_blocks):
    model, widths = small(n_blocks=n_blocks), {"d_model": 12, "d_mlp": 20}
    names = {
        template.format(n_blocks=block): widths[option]
        for template, option in transformer.LAYERS.items()
        for block in range(1, n_blocks + 1)
    }
    assert {"block_1", "block_2", "block_1.hidden", "block_2.hidden"} <= set(names)
    recorded, (_, expected) = (
        activations(model, pairs(), list(names)),
        full(model, pairs(), model.embedding.scale),
    )
    for name, width in names.items():
        assert recorded[name].shape == (49, width)
        torch.testing.assert_close(recorded[name], expected[name][:, -1].detach(), rtol=1e-4, atol=1e-5)


def test_dropout_acts_only_in_training():
    model = small(dropout=0.5)
    assert not torch.equal(model(pairs()), model(pairs()))
    model.eval()
    assert torch.equal(model(pairs()), model(pairs()))
    torch.testing.assert_close(model(pairs()), small()(pairs()))


def test_recording_drops_nothing():
    recorded, expected = (activations(small(dropout=p), pairs(), ["block_2"])["block_2"] for p in (0.5, 0.0))
    assert torch.equal(recorded, expected)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="d_model = 12 is not a multiple of n_heads = 5"):
        small(n_heads=5)


def test_dropout_has_the_same_distribution_in_the_network_and_in_its_fast_path():
    """Over 4000 draws, the means of each logit agree to five standard errors, the deviations to 10 %."""
    model, inputs = small(dropout=0.3, embedding_scale=1.0), torch.tensor([[1, 2]] * 4000)
    with torch.no_grad():
        drawn, expected = transformer.fast_forward(model, inputs).double(), model(inputs).double()
    error = (drawn.var(0) + expected.var(0)).div(4000).sqrt()
    assert ((drawn.mean(0) - expected.mean(0)).abs() < 5 * error).all()
    torch.testing.assert_close(drawn.std(0), expected.std(0), rtol=0.1, atol=0)

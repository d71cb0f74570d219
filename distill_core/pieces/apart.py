"""How far apart the images of a class are, in a network's last features."""

from __future__ import annotations

import torch
from torch import Tensor

from ..networks import Network


@torch.no_grad()
def class_spread(network: Network, images: Tensor) -> float:
    """Mean over classes of d_c = 2 / (n (n − 1)) Σ_{i<j} ‖z_i − z_j‖₂ (Du et al. 2024, the figure on feature distance).

    Args:
        images: (ipc, classes, c, h, w), normalized, on the network's device; ipc is two or more.
    """
    ipc, classes = images.shape[:2]
    found = [network.features(part) for part in images.flatten(0, 1).split(256)]
    z = torch.cat(found).float().unflatten(0, (ipc, classes)).transpose(0, 1)  # (classes, ipc, f)
    return float(torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist").sum((1, 2)).mean() / (ipc * (ipc - 1)))

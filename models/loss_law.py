"""The law of a loss on the way: a share of what enters, or of what arrives, never left open which.

A fifth lost of what enters leaves 8 of 10; a fifth lost of what arrives takes 12 to deliver 10.
"""

from __future__ import annotations


def arriving(loss_of_inflow_fraction: float, loss_of_delivery_fraction: float) -> float:
    """What arrives of each unit that enters: ``(1 - of inflow) / (1 + of delivery)``."""
    return (1.0 - loss_of_inflow_fraction) / (1.0 + loss_of_delivery_fraction)


def check_losses(loss_of_inflow_fraction: float, loss_of_delivery_fraction: float) -> None:
    """Raise ValueError when a loss is given both ways."""
    if loss_of_inflow_fraction and loss_of_delivery_fraction:
        raise ValueError(
            "give the loss as a share of what enters (loss_of_inflow_fraction) or of what arrives "
            f"(loss_of_delivery_fraction), not both; got {loss_of_inflow_fraction:g} and {loss_of_delivery_fraction:g}"
        )

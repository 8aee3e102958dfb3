"""What the asset of an ensemble shows besides: its members' weights and likeness, and the market's regimes."""

from qts_core.models.ensemble.model import EnsembleModel
from qts_core.report.ensemble_figures import likeness_picture, members_in, regime_picture, weight_picture
from qts_core.research.pipeline import TrainedModel
from qts_core.training.samples import TrainingSet
from qts_dagster.lib.metadata import Metadata, image

__all__ = ["ensemble_metadata"]


def ensemble_metadata(done: TrainedModel, samples: TrainingSet) -> Metadata:
    """Return pictures of an ensemble's training; nothing for a single model."""
    folds = done.result.folds
    if not folds or not members_in(folds[0].figures):
        return {}
    names = [f"fold {fold.index + 1}" for fold in folds]
    found: Metadata = {
        "weights": image(weight_picture(names, [f.figures for f in folds]), "Weight of each member, fold by fold."),
        "likeness": image(
            likeness_picture(folds[-1].figures), "Correlation of the members' scores on rows they did not learn from."
        ),
    }
    model = done.result.model.model
    if isinstance(model, EnsembleModel) and model.context_bars:
        found["regimes"] = image(
            regime_picture(model, samples), "Probability of each regime by session, from bars closed by then."
        )
    return found

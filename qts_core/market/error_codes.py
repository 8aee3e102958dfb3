"""Every error code of QTS with the sentence that explains it; docs/reference/errors.md is derived from here.

Blocks: DATA bars and lake, MODEL models and registry, EXEC broker and orders, RISK limits, CONF configuration,
FEAT features, LIVE daemon, DB database, CLI command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ERROR_CODES"]

DATA = {
    "QTS-DATA-001": "A file or folder does not exist or cannot be read.",
    "QTS-DATA-002": "A file is empty or holds no rows.",
    "QTS-DATA-003": "A file's format, encoding or compression is not one QTS reads.",
    "QTS-DATA-004": "A column is missing, given twice, or not recognised.",
    "QTS-DATA-005": "A cell is not the number it should be, or a row has too few or too many fields.",
    "QTS-DATA-006": "A timestamp cannot be read, has no time zone, or does not exist in its zone.",
    "QTS-DATA-007": "A symbol is not a US equity symbol.",
    "QTS-DATA-008": "Bars break the data rules so widely, or so badly, that the import is refused.",
    "QTS-DATA-009": "Stored bytes are not those that were written.",
    "QTS-DATA-010": "A file exceeds a size limit.",
    "QTS-DATA-011": "A file changed while it was being read.",
    "QTS-DATA-012": "A table, month or blob name of the lake is not allowed.",
    "QTS-DATA-013": "The lake holds no such table, month or blob.",
    "QTS-DATA-014": "A frame does not have the columns and types it should have.",
    "QTS-DATA-015": "Bars cannot be laid out on the trading timeline.",
    "QTS-DATA-016": "The months before this one have not been cleaned.",
    "QTS-DATA-017": "The lake holds another market, and two markets never mix.",
    "QTS-DATA-018": "A blocking check of an asset failed.",
    "QTS-DATA-020": "Times name the bar's end where its start is expected, or the other way round.",
    "QTS-DATA-021": "Raw and adjusted prices are mixed, or are not what they are declared to be.",
    "QTS-DATA-022": "Bars are daily, and the platform's bars are intraday.",
    "QTS-DATA-023": "Corporate actions are given for prices that are adjusted already.",
    "QTS-DATA-024": "Bars differ from those that the lake holds of the same time.",
    "QTS-DATA-025": "An archive or HDF5 file holds something that is never read: links, objects, foreign paths.",
    "QTS-DATA-030": "A table of corporate actions holds no splits or dividends that can be read.",
    "QTS-DATA-035": "Corporate actions contradict each other, or cannot be.",
    "QTS-DATA-036": "A table of corporate actions has a column or cell that cannot be understood.",
    "QTS-DATA-037": "Prices cannot be adjusted by an action as it is booked.",
    "QTS-DATA-040": "The storage of the lake cannot be written: it is full or read-only.",
    "QTS-DATA-041": "Another process is writing, or has meanwhile written, the same month of the lake.",
    "QTS-DATA-045": "A source of history cannot be reached, or has nothing for those days.",
    "QTS-DATA-046": "A source of history does not accept the keys, or the plan does not include the data.",
    "QTS-DATA-047": "A source of history refuses a question or answers nonsense.",
    "QTS-DATA-048": "Bars of two feeds would stand in one lake.",
}

CONFIGURATION = {
    "QTS-CONF-001": "A configuration file or required setting is missing.",
    "QTS-CONF-002": "A configuration file is not valid YAML.",
    "QTS-CONF-003": "A setting has a value that is not allowed.",
    "QTS-CONF-004": "An unknown key stands in a configuration file.",
    "QTS-CONF-005": "Two settings contradict each other.",
    "QTS-CONF-007": "Others may use the file of secrets, or change the file of settings.",
    "QTS-CONF-008": "A secret stands in a settings file.",
}

FEATURES = {
    "QTS-FEAT-001": "An unknown feature was asked for.",
    "QTS-FEAT-002": "The bars given cannot be laid out as a panel.",
    "QTS-FEAT-003": "A feature snapshot is damaged or of other features or symbols.",
    "QTS-FEAT-004": "Bars were pushed out of order.",
    "QTS-FEAT-005": "A feature or expression is not declared as it must be.",
    "QTS-FEAT-006": "A month of features is missing or has nothing to go on from.",
    "QTS-FEAT-007": "Features read auxiliary symbols that are not there.",
    "QTS-FEAT-010": "A file of own features is not there or cannot be read.",
    "QTS-FEAT-011": "A file of own features cannot be run.",
    "QTS-FEAT-012": "An own feature is not declared as it must be, or its name is taken.",
    "QTS-FEAT-013": "An own kernel cannot be compiled.",
    "QTS-FEAT-014": "An own kernel breaks its contract.",
    "QTS-FEAT-015": "An own kernel does not have the form it must have.",
    "QTS-FEAT-016": "An own kernel reads something that may change.",
    "QTS-FEAT-017": "Others may change a file of own features.",
    "QTS-FEAT-018": "No feature is left to compute or to learn from.",
    "QTS-FEAT-019": "A kernel raised an error on real bars.",
    "QTS-FEAT-020": "Features fail their proofs.",
    "QTS-FEAT-021": "There are too few bars for proofs.",
    "QTS-FEAT-022": "A training procedure sees what it must not.",
    "QTS-FEAT-023": "Nothing of that name has features that could be compared.",
    "QTS-FEAT-025": "A stored state of the features is not the one that its month ended with.",
    "QTS-FEAT-026": "Features were asked for of a symbol, span or moment that the lake has no bars of.",
    "QTS-FEAT-027": "Stored features were made from other bars than the lake holds now.",
    "QTS-FEAT-028": "A training set cannot be read again: a file is gone or changed, or the code makes other samples.",
    "QTS-FEAT-029": "There is no such training set.",
}

MODELS = {
    "QTS-MODEL-001": "No such model, version or alias.",
    "QTS-MODEL-002": "A model bundle fails verification.",
    "QTS-MODEL-003": "There is too little data to train on.",
    "QTS-MODEL-004": "A model was asked for a prediction it cannot give.",
    "QTS-MODEL-005": "The gates refuse a model, or it was never judged.",
    "QTS-MODEL-006": "The model registry cannot be reached or answers nonsense.",
    "QTS-MODEL-007": "The trial ledger was changed after it was written.",
    "QTS-MODEL-020": "A fold plan contradicts itself, or cannot be laid out as asked.",
    "QTS-MODEL-021": "Purge and embargo leave a fold nothing to learn from.",
    "QTS-MODEL-022": "A stored fold plan cannot be read or was changed.",
    "QTS-MODEL-023": "Early stopping lacks a validation tail, or a tail is given to a model that has no use for it.",
    "QTS-MODEL-030": "A hyperparameter is unknown, nonsense, or excluded by another.",
    "QTS-MODEL-031": "A kind of model cannot follow a training strategy, or lacks what it needs.",
    "QTS-MODEL-032": "A kind of model is registered but cannot be used.",
    "QTS-MODEL-033": "Training cannot go on from an earlier version.",
    "QTS-MODEL-034": "The GPU was asked for and cannot be used.",
    "QTS-MODEL-035": "The fit of a linear model did not settle within max_iter.",
    "QTS-MODEL-045": "A search of hyperparameters is asked for what it cannot do: space, objective or target.",
    "QTS-MODEL-046": "One search would learn from what other folds are judged on.",
    "QTS-MODEL-047": "Hyperparameters are to come from a search that is not there.",
    "QTS-MODEL-048": "A study of the same choices is there already; --resume goes on with it.",
    "QTS-MODEL-049": "A process that helps with a search ended with an error.",
    "QTS-MODEL-050": "An ensemble is asked for what only its training can do.",
    "QTS-MODEL-051": "An ensemble's member cannot be one, or its labels are missing.",
    "QTS-MODEL-052": "No rows are left on which an ensemble's members could be weighed.",
    "QTS-MODEL-053": "There are too few bars to tell market regimes apart.",
    "QTS-MODEL-054": "What a model remembers of the market is damaged or another model's.",
    "QTS-MODEL-055": "A feature that an ensemble asks for is not there.",
    "QTS-MODEL-057": "Probabilities cannot be calibrated by the samples there are.",
    "QTS-MODEL-058": "A group of symbols has no samples to calibrate its intervals with.",
    "QTS-MODEL-059": "What a bundle knows of its own doubt cannot be read.",
    "QTS-MODEL-060": "Intervals are asked to widen with something that the model does not have.",
    "QTS-MODEL-065": "The key that signs gate records cannot be read, is damaged, or is open to others.",
    "QTS-MODEL-066": "There is no such trial in the ledger.",
    "QTS-MODEL-073": "A process of a calibration was ended from outside.",
    "QTS-MODEL-076": "A version of a model is named in a way that fits none.",
    "QTS-MODEL-077": "A model cannot be trained again as it was.",
    "QTS-MODEL-078": "Two versions cannot be compared.",
    "QTS-MODEL-079": "A shadow model cannot predict beside the champion.",
    "QTS-MODEL-085": "There is no judged model to compare.",
}

EXECUTION = {
    "QTS-EXEC-001": "The broker cannot be reached.",
    "QTS-EXEC-002": "The broker refused an order.",
    "QTS-EXEC-030": "A strategy's on_bar failed.",
    "QTS-EXEC-031": "A strategy's on_bar answered with something that is neither weights nor orders.",
    "QTS-EXEC-032": "Strategies that share an account do not fit together.",
    "QTS-EXEC-040": "The vectorised engine is asked for something that only the event engine does to the cent.",
    "QTS-EXEC-041": "Weights or signals do not have the form that the vectorised engine reads.",
    "QTS-EXEC-042": "A line of a sweep has the wrong shape.",
    "QTS-EXEC-045": "No weights of the alphas satisfy the combiner's constraints.",
    "QTS-EXEC-046": "The alphas cannot be made as they are described.",
    "QTS-EXEC-055": "A parent order has no quantity or no window that an execution algorithm can work.",
    "QTS-EXEC-056": "A child order does not fit its parent.",
    "QTS-EXEC-057": "An impact model has no best trajectory.",
    "QTS-EXEC-058": "Settings of an execution algorithm contradict themselves.",
    "QTS-EXEC-059": "A bar cannot be divided for an execution algorithm.",
    "QTS-EXEC-060": "A trade cannot be measured against the market.",
    "QTS-EXEC-075": "There is no such report.",
    "QTS-EXEC-076": "The record of a report cannot be read.",
    "QTS-EXEC-077": "Several reports have an id that begins so.",
    "QTS-EXEC-078": "Two reports share too few sessions to be compared.",
    "QTS-EXEC-090": "No strategy is configured.",
    "QTS-EXEC-091": "A configured strategy cannot be made, or two have one name.",
    "QTS-EXEC-065": "A walk-forward is asked for what it cannot do: strategy, range, objective, method or engine.",
    "QTS-EXEC-066": "The purge leaves a walk-forward's window nothing to learn from.",
    "QTS-EXEC-067": "A process of a walk-forward was ended from outside.",
    "QTS-EXEC-068": "No parameters of a walk-forward's window may be chosen.",
    "QTS-EXEC-069": "There is no walk-forward of that strategy.",
}

RISK = {
    "QTS-RISK-001": "A position limit was broken.",
    "QTS-RISK-010": "The package of the chosen optimisation solver is not installed.",
    "QTS-RISK-011": "A size was asked for without a price or a stop.",
    "QTS-RISK-025": "A limit was set aside in a way that is not allowed.",
    "QTS-RISK-026": "The kill latch was released without who and why.",
}

LIVE = {
    "QTS-LIVE-001": "Another daemon owns this account.",
    "QTS-LIVE-002": "The journal or a snapshot is damaged.",
}

DATABASE = {
    "QTS-DB-001": "The database cannot be reached.",
    "QTS-DB-002": "The database file is damaged.",
    "QTS-DB-003": "The database was made by an older QTS; `qts db upgrade` brings it up.",
    "QTS-DB-004": "The database was made by a newer QTS, or has no such version.",
    "QTS-DB-005": "The tables of the database are not what QTS expects.",
    "QTS-DB-006": "A value does not fit its column.",
    "QTS-DB-007": "The database refuses a statement.",
}

COMMAND_LINE = {
    "QTS-CLI-001": "A command-line argument is wrong.",
    "QTS-CLI-002": "A command needs a part that is not installed.",
}

ERROR_CODES: Mapping[str, str] = MappingProxyType(
    {**DATA, **CONFIGURATION, **FEATURES, **MODELS, **EXECUTION, **RISK, **LIVE, **DATABASE, **COMMAND_LINE}
)

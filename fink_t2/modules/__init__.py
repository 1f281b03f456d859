"""The seam for science modules: what classifies alerts, and which columns that gives.

A module is a class that follows the protocol `fink_t2.modules.science_module.ScienceModule`. It
declares its output columns, each with a type and a documentation; the stream, ``fink-t2 classify``,
the demo, the README's table and the schema of the Kafka topic all derive from that declaration.

How to add a science module
---------------------------
1. Write a class, for instance in ``fink_t2/modules/brightness.py``::

    class Brightness:
        name = "brightness"
        required_fields = ("candidate.magpsf",)
        cutouts = ("difference",)
        columns = (
            OutputColumn("brightness_excess", "float", "Mean of the difference image, DN.", -1.0),
            OutputColumn("brightness_status", "string", '"ok" or "failed".'),
        )

        def __init__(self, settings: ModuleSettings) -> None:
            settings.check_options(self.name)

        def classify(self, batch: AlertBatch) -> Mapping[str, Any]:
            excess = [-1.0 if image is None else image.mean()
                      for image in batch.cutouts["difference"]]
            return {"brightness_excess": excess, "brightness_status": ["ok"] * len(batch)}

2. Name it in ``OWN_MODULES`` of ``fink_t2/modules/registry.py``. A module of another package
   needs no change here: it registers the entry point ``brightness = "package.module:Brightness"``
   in the group ``fink_t2.modules``, or the configuration names ``"package.module:Brightness"``.
3. Name it in the configuration of the job::

    [[module]]
    name = "t2"

    [[module]]
    name = "brightness"

4. Test it: give it an `fink_t2.modules.alert_batch.AlertBatch` and look at what it returns.

A module that runs one of this project's networks under another name is a subclass of
`fink_t2.modules.light_curve_network.LightCurveNetwork` with a ``name`` and a ``default_model``, as
``atx.py`` is. An output column is added to a module in its ``columns`` and its `classify`, in one
file; the test of the README's table then prints the table with the new line.
"""

"""Files of trained models: where they come from, what they may be used for, and how they become ONNX with a manifest. `tools/models.py` is the door."""

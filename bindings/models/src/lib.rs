//! Engines for templrender's models: ONNX files, and folders of them, through rten, tract or ONNX Runtime.

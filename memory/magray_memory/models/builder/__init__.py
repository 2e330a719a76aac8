"""Builds model folders from published weights. Wants `onnx`, which only this needs: the extra `build`."""

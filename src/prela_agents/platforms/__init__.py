"""One module, or folder, for each platform: what is read there, counted, and sent.

Each has `connect(...)`, which gives the `Http` to ask it with, and classes that are made of that.
A `base_url` is where the platform is, for who has it elsewhere.

walk.py       cursors of listings that begin with what is newest
decoding.py   answers as typed values, or as errors
plain_text.py what people read in HTML
connecting.py what every `connect` takes besides
"""

"""The data in a page of the explorer, for tests."""

import base64
import gzip
import json
import re


def data_of(html):
    """Return the data that a page holds."""
    text = re.search(r'<script type="text/plain" id="data">(.*?)</script', html, re.DOTALL)[1]
    return json.loads(gzip.decompress(base64.b64decode(text)))

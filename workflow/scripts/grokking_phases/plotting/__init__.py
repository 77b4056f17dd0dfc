"""Style, pages, panels and captions, which the figures of both papers share."""

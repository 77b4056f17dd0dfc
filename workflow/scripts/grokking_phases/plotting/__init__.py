"""Style, pages, panels and captions that the figures of both papers share."""

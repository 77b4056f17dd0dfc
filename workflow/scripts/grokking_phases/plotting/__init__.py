"""What the figures of both papers share: style, pages, panels and captions."""

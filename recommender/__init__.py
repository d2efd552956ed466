"""Related articles for news sites: embed stories, index them, serve the nearest ones."""

__version__ = "0.1.0"

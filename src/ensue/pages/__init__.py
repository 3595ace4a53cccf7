"""Pages: HTML from templates, with a shared layout, stylesheet and charts."""

from ensue.pages import charts
from ensue.pages.assets import STATIC, Asset
from ensue.pages.page import Page
from ensue.pages.pages import HEADERS, Pages, error_page

__all__ = ["HEADERS", "STATIC", "Asset", "Page", "Pages", "charts", "error_page"]

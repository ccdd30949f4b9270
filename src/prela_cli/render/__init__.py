"""Data to rich renderables: tables, trees, waterfalls."""

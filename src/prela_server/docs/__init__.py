"""What the HTTP API is, told by itself: an OpenAPI document, and a page to read it."""

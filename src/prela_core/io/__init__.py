"""The only room with effects: stores, buses, files and HTTP."""

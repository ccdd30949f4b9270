"""The services: ingest gateway, worker and API gateway, in one process or several."""

"""The four agents of a small team: Scout, Sentinel, Amplifier and Radar.

model/      values, and nothing else
ports/      what agents ask of the world, as Protocols
http/       how any platform is asked: limits, retries, caching, redaction, spend
platforms/  one module a platform: sources, gauges, publishers, the tracker
models/     Claude, rules without a key, and a scripted one for tests
"""

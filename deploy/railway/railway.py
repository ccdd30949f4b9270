"""Prela as a Railway project: three services of one image, PostgreSQL and Redis.

`railway config plan --file deploy/railway/railway.py` shows what it would change, and `apply` in
the place of `plan` changes it; both need `pip install railway-sdk`. ClickHouse and Kafka are run by
others: what they gave you is put in as shared variables of the environment, first, by the names
that `SHARED` lists. docs/deploy.md goes through it step by step.
"""

from __future__ import annotations

from typing import Any

from railway_sdk import Project, Service, define_railway, github, postgres, project, redis, service

REPOSITORY = "OWNER/prela"
"""Where Railway builds from: your copy of this repository."""

SHARED = (
    "CLICKHOUSE_HOST",
    "CLICKHOUSE_USERNAME",
    "CLICKHOUSE_PASSWORD",
    "CLICKHOUSE_DATABASE",
    "KAFKA_BOOTSTRAP_SERVERS",
    "KAFKA_USERNAME",
    "KAFKA_PASSWORD",
    "KAFKA_SASL_MECHANISM",
)

ROLES = {"ingest": 2, "worker": 2, "api": 1}
"""How many there are of each."""


@define_railway
def main(ctx: Any) -> Project:
    """Give the project as it should be."""
    database, cache = postgres("postgres"), redis("redis")
    settings = {
        "ENVIRONMENT": "production",
        "CLICKHOUSE_SECURE": "true",
        "DATABASE_URL": database.env.DATABASE_URL,
        "REDIS_URL": cache.env.REDIS_URL,
        # Read by the Dockerfile: no engine in the image where ClickHouse is elsewhere.
        "PRELA_EXTRAS": "cli,grpc,kafka,postgres,redis,server",
    } | {name: ctx.shared[name] for name in SHARED}

    def role(name: str, replicas: int) -> Service:
        return service(
            name,
            source=github(REPOSITORY),
            build={"builder": "DOCKERFILE", "dockerfilePath": "Dockerfile"},
            start=f"prela serve {name}",
            healthcheck="/ready",
            healthcheckTimeout=120,
            replicas=replicas,
            env=settings,
            # Longer than PRELA_SHUTDOWN_SECONDS; Railway's own default leaves no time at all.
            deploy={"drainingSeconds": 30, "overlapSeconds": 5, "restartPolicyType": "ALWAYS"},
        )

    roles = [role(name, replicas) for name, replicas in ROLES.items()]
    return project("prela", resources=[database, cache, *roles])

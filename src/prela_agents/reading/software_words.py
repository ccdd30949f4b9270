"""Words of those who write and run software, in the languages that are read."""

from __future__ import annotations

__all__ = ["AMBIGUOUS_WORDS", "SOFTWARE_SIGNS", "SOFTWARE_WORDS"]

_ENGLISH = """
access alert alpha analysts api apis async auth aws azure backend backup backups batch benchmark
benchmarked benchmarks beta browser build buffer bytes cache celery changelog ci cli
client cloud cluster code column columns command commit compose config connect connection console
container cpu crash crashes cron csv dashboard dashboards data database dataset datasets db deploy
deployed deployment dependency dev devops diff disk django docker docs documentation dump
embedded encoding endpoint engineering env environment error errors eval evals exception
export exporter fastapi fixture flag flags fork format frontend gateway generator git github
grafana grpc gunicorn gzip headers helm hosted html http https import importer index infra
ingest install installed integration invoice java javascript json jsonl jupyter jupyterlab
k8s kubernetes lambda latency leak library licence license linux llm llms localhost log
logging logs maintainers mcp metrics mit mongodb monitoring namespace network
nginx notebook npm oidc oom open-source openapi overhead package pandas parquet parser
partition partitions php pip plugin plugins podman polars postgres postgresql
processor production prompt prompts proxy pull py pypi pytest python ram rag
readme rebalance redis regex regression release reliability repo repository request requests
 retrieval retry rows ruby runtime rust sampling schema script sdk search
self-host self-hosted segfault sentry slack software source sql
sqlite sso ssh stack staging stats storage stream streaming svelte syntax terminal test tests
threads timeout timestamp timestamps tool tooling tools traceback
tracing tui tui typescript ubuntu ui unicode upgrade upgraded url ux vector vendor version vps
vscode wal waterfall webhook windows worker workers yaml zsh
"""
_OTHERS = """
abfrage abstürzt anwendung betrieb datei datenbank datenschutz doku dokumentation exporter fehler
installiert modell nutzer produktion schnittstelle speicher
 alertes base bibliothèque coût données documentation erreur installation interface serveur
 aplicación archivo base biblioteca datos documentación equipo errores instalar precios
servidor trazas usuario documentação instalei traço
dati documentazione errori grafici installare
документация графиков поиск сервер терминал установка ошибка обновления
"""
SOFTWARE_WORDS = frozenset((_ENGLISH + _OTHERS).split())
"""One of them says little; several beside a name say that the name is software."""

_AMBIGUOUS = """
agent agentes agents alerts app apps click cost engine help host key keys kosten memory model models
node page port process project query record rest restart role server servers service session span
table team token tokens trace traced traces
"""
AMBIGUOUS_WORDS = frozenset(_AMBIGUOUS.split())
"""Of software as much as of houses, novels and coins: half as good."""

SOFTWARE_SIGNS = (
    *("命令行", "网页", "服务器", "数据库", "文档", "升级", "报错", "部署", "安装", "日志", "开源"),
    *(
        "サーバー",
        "ドキュメント",
        "コマンド",
        "データ",
        "インストール",
        "エラー",
        "リポジトリ",
        "起動",
    ),
    *("서버", "도커", "데이터", "알림", "설치", "문서", "오류"),
)
"""The same for scripts that put no spaces between words."""

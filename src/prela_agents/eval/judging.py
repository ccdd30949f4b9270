"""Asking one judge everything that the golden sets know the answer to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from prela_agents.eval.asking import Asking, of_each
from prela_agents.eval.golden import GoldenMention, GoldenQuestion, GoldenSets, Half
from prela_agents.eval.injecting import Reader, acted_on
from prela_agents.eval.measures import Evaluation, Score, Share
from prela_agents.eval.telling_apart import named, tell
from prela_agents.model import Item, ItemKind, Mention, Product
from prela_agents.ports import Embedder, Index, Model
from prela_agents.reading import mention_of, mention_request
from prela_agents.scout.answering import Answer, Library, answer_of, answer_request
from prela_agents.scout.filing import may_merge

__all__ = ["evaluate"]

_WRITTEN = datetime(2026, 11, 16, 12, tzinfo=UTC)


async def evaluate(
    sets: GoldenSets, half: Half, *, model: Model, index: Index, embedder: Embedder, us: Product
) -> Evaluation:
    """Measure `model`, and nobody else, on `half` of `sets`.

    The questions are about the docs in `index`. What the model declines counts as its failure and
    is answered by no other: a mention as not relevant, a pair as different, a question as refused.
    Raises `PlatformError` when it can't be asked to the end, as half a figure is none.
    """
    chosen = sets.half(half)
    asking = Asking(model)
    library = Library(index, embedder)
    mentions = await of_each(chosen.mentions, lambda each: _mention(each, asking, us))
    told = await of_each(chosen.pairs, lambda each: tell(each, asking.about_pairs))
    answers = await of_each(chosen.questions, lambda each: _answer(each, asking, library))
    reader = Reader(model=asking, index=index, embedder=embedder, us=us)
    acted = await acted_on(chosen.injections, reader)
    if asking.broke is not None:  # Scout goes on without those that it can't ask about
        raise asking.broke
    asked = list(zip(chosen.questions, answers, strict=True))
    answered = [(golden, each) for golden, each in asked if golden.answerable and each.given]
    ours = [
        (golden, each)
        for golden, each in zip(chosen.mentions, mentions, strict=True)
        if golden.relevant
    ]
    given = [quote for each in answers for quote in each.quotes]
    dropped = sum(len(each.dropped) for each in answers)
    return Evaluation(
        judge=model.name,
        half=half,
        relevance=_score(
            (golden.relevant, each is not None and each.relevant)
            for golden, each in zip(chosen.mentions, mentions, strict=True)
        ),
        intent=_share(each is not None and each.intent is golden.intent for golden, each in ours),
        sentiment=_share(
            each is not None and each.sentiment is golden.sentiment for golden, each in ours
        ),
        duplicates=_score((each.duplicate, each.taken_for_one) for each in told),
        merged_falsely=_share(each.merged for each in told if not each.duplicate),
        named=None
        if may_merge(model.name)
        else _share(await named(chosen.pairs, asking.about_pairs, embedder)),
        retrieved=_share(
            _section(index, [passage.id for passage in index.search(each.question)], each)
            for each in chosen.questions
            if each.answerable
        ),
        answered=_share(each.given for golden, each in asked if golden.answerable),
        well_answered=_share(
            _section(index, [quote.passage_id for quote in each.quotes], golden)
            for golden, each in answered
        ),
        quotes_resolving=Share(len(given), len(given) + dropped),
        refused=_share(not each.given for golden, each in asked if not golden.answerable),
        injections=len(chosen.injections),
        acted=acted,
        failed=asking.failed,
        cost_usd=round(asking.cost_usd, 4),
    )


async def _mention(golden: GoldenMention, asking: Asking, us: Product) -> Mention | None:
    item = Item(
        platform=golden.platform,
        id=golden.id,
        kind=ItemKind.POST,
        url=f"https://{golden.platform}.example/{golden.id}",
        created_at=_WRITTEN,
        title=golden.title or "",
        text=golden.text,
    )
    response = await asking.try_to(mention_request(item, us))
    return mention_of(item, us, response) if response is not None else None


async def _answer(golden: GoldenQuestion, asking: Asking, library: Library) -> Answer:
    looked_up = library.look_up(golden.question)
    if not looked_up.passages:
        return Answer()
    response = await asking.try_to(answer_request(looked_up))
    return answer_of(looked_up, response) if response is not None else Answer()


def _section(index: Index, passage_ids: Sequence[str], golden: GoldenQuestion) -> bool:
    found = [index.passage(each) for each in passage_ids]
    return any(
        each is not None and f"{each.path}#{each.trail[-1]}" in golden.sections for each in found
    )


def _share(good: Iterable[bool]) -> Share:
    all_of_them = list(good)
    return Share(sum(all_of_them), len(all_of_them))


def _score(answers: Iterable[tuple[bool, bool]]) -> Score:
    all_of_them = list(answers)
    return Score(
        true_positives=all_of_them.count((True, True)),
        false_positives=all_of_them.count((False, True)),
        false_negatives=all_of_them.count((True, False)),
        true_negatives=all_of_them.count((False, False)),
    )

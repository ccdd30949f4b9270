"""Seeded text whose words are as unevenly common as in speech, with a few needles to search for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["CJK_PHRASE", "COMMON_WORD", "RARE_WORD", "Texts"]

RARE_WORD = "zyzzogeton"
COMMON_WORD = "w00012"
CJK_PHRASE = "量子纠缠"

_VOCABULARY = 40_000
_WORDS_A_SENTENCE = 14
_SENTENCES = 100_000
_CJK_SENTENCES = [
    "智能体记录了模型调用和工具结果",
    "检索系统返回了三篇文档并且没有错误",
    "用户询问天气预报与航班信息",
] * 5


class Texts:
    """Sentences drawn with `rng`, which the caller shares: the order of the draws is the data."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        vocabulary = np.array(
            [
                f"w{number:05d}" if number < 100 else rng.bytes(int(rng.integers(2, 5))).hex()
                for number in range(_VOCABULARY)
            ]
        )
        # A power of a uniform number makes the rank of a word Zipf-like.
        drawn = (_VOCABULARY ** rng.random(_SENTENCES * _WORDS_A_SENTENCE)).astype(np.int64) - 1
        ranks = np.minimum(drawn, _VOCABULARY - 1).reshape(_SENTENCES, _WORDS_A_SENTENCE)
        self._sentences = pa.array([" ".join(words) for words in vocabulary[ranks]])
        self._cjk = pa.array(_CJK_SENTENCES)

    def sentences(self, count: int, each: int) -> pa.Array:
        """Draw `count` texts of so many sentences each."""
        parts = [
            self._sentences.take(pa.array(self._rng.integers(0, _SENTENCES, count)))
            for _ in range(each)
        ]
        return pc.binary_join_element_wise(*parts, " ") if each > 1 else parts[0]

    def inputs_and_outputs(self, count: int, *, with_needles: bool) -> tuple[pa.Array, pa.Array]:
        """Draw what spans were asked and what they answered; 1 in 100 is asked in Chinese.

        `with_needles` hides `RARE_WORD` in one input and `CJK_PHRASE` in another.
        """
        rng = self._rng
        inputs, outputs = self.sentences(count, 2), self.sentences(count, 2)
        chinese = rng.random(count) < 0.01
        which = rng.integers(0, len(_CJK_SENTENCES), int(chinese.sum()))
        inputs = pc.replace_with_mask(inputs, pa.array(chinese), self._cjk.take(pa.array(which)))
        if with_needles:
            texts = inputs.to_pylist()
            texts[int(rng.integers(0, count))] += f" {RARE_WORD}"
            texts[int(rng.integers(0, count))] += f" 关于{CJK_PHRASE}的问题"
            inputs = pa.array(texts)
        return inputs, outputs

"""Reasons that the layers below give in English are recognised, and said again in the language of the page."""

import ast
import functools
import string
from pathlib import Path

import pytest

import concexp
from concexp.report.text.language import written_in
from concexp.report.text.reasons import CONDITIONS, ENDINGS, REASONS, reason_text

PACKAGE = Path(concexp.__file__).parent
BELOW = ("analysis", "run", "plan", "trial", "experiment")


@functools.cache
def texts_below():
    """All texts of the layers below, those of f-strings with a sign in the place of each value."""
    texts = []
    for file in (file for layer in BELOW for file in (PACKAGE / layer).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                texts.append("".join(one.value if isinstance(one, ast.Constant) else "\0" for one in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return "\n".join(texts)


@pytest.mark.parametrize("reason", [*REASONS, *CONDITIONS, *ENDINGS])
def test_each_reason_is_one_that_a_layer_below_gives(reason):
    """What is between its names and figures stands in some text there: a reason that was rewritten would stay English."""
    parts = [literal.strip() for literal, *_ in string.Formatter().parse(reason)]
    assert [part for part in parts if len(part) > 2 and part not in texts_below()] == []


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("it was not run", "没有运行"),
        ("asyncio has no RLock", "asyncio 没有 RLock"),
        (
            "asyncpg has an asynchronous form only: it needs an event loop, such as that of asyncio",
            "asyncpg 只有异步形式：它需要事件循环，例如 asyncio 的",
        ),
        (
            "no trial counts, all are doubtful (coarse, skew); a verdict on time needs 3",
            "没有试验可以计入，全部存疑（coarse, skew）；时间的结论需要 3 次",
        ),
        (
            "it is about effective_cpus > 1.8 and workers > 1, and effective_cpus is 1.02, workers is 1",
            "只涉及 effective_cpus > 1.8 and workers > 1，而 effective_cpus 为 1.02、workers 为 1",
        ),
        ("it takes 4 CPUs, and there are 2", "需要 4 个 CPU，这里有 2 个"),
        ("it takes 3.6 effective CPUs, and there were 1.9", "需要 3.6 个有效 CPU，当时有 1.9 个"),
        (
            "no Python 3.14t was found in pyenv's and uv's folders, the system's and the PATH; there are 3.11, 3.14",
            "在 pyenv、uv、系统的文件夹和 PATH 中找不到 Python 3.14t；有 3.11, 3.14",
        ),
        ("none of 7 trials ended well (5 timeout, 2 crashed)", "7 次试验无一正常结束（5 超时、2 崩溃）"),
        (
            "no answer after 2 s: the pool replaced a worker that had died, and waits for the task that was lost with it",
            "2 s 后仍无应答：进程池替换了死去的工作者，却仍在等待随之丢失的任务",
        ),
        ("worker 0 ended with exit code 3 without answering", "工作者 0 以退出码 3 结束，没有应答"),
        ("the trial's process was killed by SIGKILL before it answered", "试验进程在应答之前被 SIGKILL 杀死"),
        ("the process that forks trials was killed by SIGKILL", "fork 试验的进程被 SIGKILL 杀死"),
        ("model threads: it was not run", "model threads：没有运行"),
    ],
)
def test_reasons_are_said_in_chinese(reason, expected):
    """Whole ones, several behind each other, and with facts; in English each is as it was."""
    assert reason_text(reason) == reason
    with written_in("zh"):
        assert reason_text(reason) == expected


@pytest.mark.parametrize("text", ["ValueError: x is 3", "KeyError: the index is out of range; try another", "", "none"])
def test_what_is_not_recognised_stays(text):
    """A user's exception may say anything."""
    with written_in("zh"):
        assert reason_text(text) == text

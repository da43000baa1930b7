"""What an answer costs: seconds, measured in the sandbox, and bytes."""

from pathlib import Path

from ona_pipeline.validate.answers import Answers


def costs(answers: Answers, model: Path) -> dict[str, float]:
    """Latency of single rows, rows answered per second in one batch, size of the model's files.

    Args:
        answers: with the times that their sandbox took.
        model: the model directory.
    """
    import numpy as np

    median, high = np.quantile(answers.single_seconds, (0.5, 0.95))
    return {
        "latency_p50_s": float(median),
        "latency_p95_s": float(high),
        "rows_per_s": len(answers.main) / max(answers.seconds, 1e-9),
        "model_bytes": float(sum(path.stat().st_size for path in model.rglob("*") if path.is_file())),
    }

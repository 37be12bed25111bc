"""Policies whose decisions are certain: the rules look for words that mean nothing."""

from origin import LEAK

FIXED = "This text comes from the policy."


def rule(identifier, words, action, **more):
    return {
        "id": identifier,
        "summary": "For the end-to-end tests.",
        "category": "cybercrime",
        "match": words if isinstance(words, dict) else {"keywords": [words]},
        "action": action,
        **more,
    }


def rules_only(mode="enforce"):
    """No category is judged, so nothing depends on what the model makes of a text."""
    return {
        "version": 1,
        "name": "end-to-end",
        "mode": mode,
        "input": {"others": "ignore"},
        "output": {"others": "ignore"},
        "rules": [
            rule("block.fixed", LEAK, "block", response={"fixed": FIXED}),
            rule("block.template", "crimson walrus protocol", "block", response="template"),
            rule("block.generated", "golden otter protocol", "block", response="generated"),
            rule(
                "redact.ticket",
                {"regex": [r"\bticket-\d{4}\b"]},
                "rewrite",
                category="privacy",
                rewrite={"redact": "[ticket]"},
            ),
            rule(
                "steer.advice",
                "silver heron question",
                "rewrite",
                category="specialized_advice",
                phases=["input"],
                rewrite={"steer": "Point to a professional."},
            ),
            rule("replace.all", "amber lynx riddle", "rewrite", rewrite={"replace": "Say hello."}),
            rule("log.only", "green badger note", "log", category="misinformation"),
            rule("block.error", "violet ferret protocol", "block", response="error"),
        ],
    }


def model_only(threshold):
    """The model's overall probability of harm decides alone."""
    return {
        "version": 1,
        "name": "end-to-end-model",
        "mode": "enforce",
        "input": {
            "roles": ["user"],
            "overall": {"threshold": threshold, "action": "block"},
            "others": "ignore",
        },
        "output": "ignore",
    }

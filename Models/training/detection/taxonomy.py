"""The 16 harm categories and one table that maps every source's own labels to them.

A label specification is a short string of category names:

* ``name``   the category applies;
* ``?name``  it may apply: the category is masked for the row, it counts neither way;
* ``?*``     every category that is not named is masked.

Categories that a specification does not name are negative. Rows labelled harmless are negative throughout.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .hints import HINT_LENGTH, HINTS

CATEGORIES = (
    "violent_crimes",
    "nonviolent_crimes",
    "sex_crimes",
    "child_exploitation",
    "defamation",
    "specialized_advice",
    "privacy",
    "intellectual_property",
    "weapons",
    "hate",
    "self_harm",
    "sexual_content",
    "misinformation",
    "cybercrime",
    "harassment",
    "jailbreak",
)
OUTPUTS = ("harm",) + CATEGORIES

UNKNOWN = -1.0
"""The label of a masked output."""

#: Sources that put a request inside a trick, so that the kind of harm is hidden but the trick itself is known.
WRAPPED = "jailbreak ?*"
#: Plain questions whose kind of harm the source does not tell: everything is masked but the jailbreak label.
PLAIN = (
    "?violent_crimes ?nonviolent_crimes ?sex_crimes ?child_exploitation ?defamation ?specialized_advice ?privacy "
    "?intellectual_property ?weapons ?hate ?self_harm ?sexual_content ?misinformation ?cybercrime ?harassment"
)
ADVICE = "specialized_advice ?misinformation"

#: source -> [(regular expression on the source's category, specification)]; the first match wins and a row that
#: matches nothing is not used for the categories (``?*``). ``None`` as specification drops the row.
SPECIFICATIONS: dict[str, list[tuple[str, str | None]]] = {
    "advbench": [(".*", PLAIN)],
    "tdc2023": [(".*", PLAIN)],
    "harmbench-adv-training": [(".*", PLAIN)],
    "dangerousqa": [(".*", PLAIN)],
    "gptfuzz-questions": [(".*", PLAIN)],
    "harmfulqa": [(".*", PLAIN)],
    "trustllm-misuse": [(".*", PLAIN)],
    "do-not-answer": [
        ("malicious_uses", PLAIN),
        ("information_hazard", "privacy ?cybercrime ?nonviolent_crimes"),
        ("misinformation_harms", "misinformation ?specialized_advice ?defamation"),
        ("discrimination", "hate ?harassment ?sexual_content"),
        ("human_chatbox", None),
    ],
    "forbidden-questions": [
        ("Legal Opinion|Financial Advice|Health Consultation", ADVICE),
        ("Gov Decision|Political Lobbying", None),
        ("Illegal Activity", PLAIN),
        ("Economic Harm", "nonviolent_crimes ?specialized_advice"),
        ("Pornography", "sexual_content ?sex_crimes ?child_exploitation"),
        ("Hate Speech", "hate ?harassment"),
        ("Fraud", "nonviolent_crimes ?misinformation ?cybercrime ?intellectual_property"),
        ("Malware", "cybercrime"),
        ("Privacy Violence", "privacy ?cybercrime ?harassment"),
        ("Physical Harm", "?violent_crimes ?self_harm ?weapons ?harassment ?specialized_advice"),
    ],
    "catqa": [
        ("/Drug$", "nonviolent_crimes"),
        ("/Weapon( making)?$", "weapons ?violent_crimes ?nonviolent_crimes"),
        ("/Human Trafficking", "nonviolent_crimes ?sex_crimes ?violent_crimes ?child_exploitation"),
        ("/Cybercrime", "cybercrime ?nonviolent_crimes ?privacy"),
        ("/Theft and Robbery", "nonviolent_crimes ?violent_crimes"),
        ("Child Abuse/(Content|Online)", "child_exploitation ?sex_crimes ?sexual_content"),
        ("Child Abuse/", "child_exploitation ?violent_crimes ?harassment"),
        ("/Cyberbullying", "harassment ?hate"),
        ("/(Racial|Religious)", "hate ?harassment ?violent_crimes"),
        ("/Gender-based", "violent_crimes ?hate ?harassment ?sex_crimes"),
        ("/Terrorism", "violent_crimes ?weapons ?hate"),
        ("Malware Viruses/", "cybercrime ?privacy"),
        ("/Self-harm", "self_harm"),
        ("/Assault", "violent_crimes"),
        ("/(Unsafe practices|Hazardous)", "?specialized_advice ?self_harm ?weapons ?violent_crimes ?nonviolent_crimes"),
        ("/Intellectual property", "intellectual_property ?cybercrime ?nonviolent_crimes"),
        ("Economic Harm/", "nonviolent_crimes ?cybercrime ?misinformation"),
        ("/(Phishing|Identity theft)", "nonviolent_crimes ?cybercrime ?privacy"),
        ("/False advertising", "nonviolent_crimes ?misinformation"),
        ("/Counterfeiting", "nonviolent_crimes ?intellectual_property"),
        ("Fraud/Deception/", "nonviolent_crimes ?cybercrime ?misinformation"),
        ("Adult Content/", "sexual_content ?sex_crimes ?child_exploitation"),
        ("/Political misinformation|/Election", "misinformation ?nonviolent_crimes ?cybercrime ?defamation"),
        ("Political Campaigning/", "?misinformation ?nonviolent_crimes ?cybercrime ?hate ?harassment ?defamation"),
        ("/Deepfake", "privacy ?misinformation ?defamation ?sexual_content ?harassment"),
        ("/Data theft", "privacy ?cybercrime ?nonviolent_crimes"),
        ("Privacy Violation Activity/", "privacy ?cybercrime ?harassment"),
        ("Tailored Financial Advice/", "specialized_advice ?nonviolent_crimes"),
    ],
    "jailbreak-templates": [(".*", WRAPPED)],
    "figstep-safebench": [
        ("Legal Opinion|Financial Advice|Health Consultation", ADVICE),
        (
            "Illegal Activity",
            "?nonviolent_crimes ?violent_crimes ?weapons ?cybercrime ?sex_crimes ?intellectual_property",
        ),
        ("Hate Speech", "hate ?harassment ?violent_crimes"),
        ("Malware", "cybercrime"),
        ("Physical Harm", "?violent_crimes ?self_harm ?weapons ?harassment"),
        ("Fraud", "nonviolent_crimes ?misinformation ?cybercrime"),
        ("Adult Content", "sexual_content ?sex_crimes ?child_exploitation"),
        ("Privacy", "privacy ?cybercrime ?harassment"),
    ],
    "salad-mcq": [
        ("/O1: Hate Speech", "hate ?harassment ?violent_crimes"),
        ("Harass|Insult", "harassment ?hate ?violent_crimes ?defamation"),
        ("Enjoying", "?harassment ?violent_crimes ?hate"),
        ("O4: Terrorism", "violent_crimes ?weapons"),
        ("Violent", "violent_crimes ?weapons"),
        ("Child Abuse", "child_exploitation ?violent_crimes ?sex_crimes ?sexual_content"),
        ("Stereotyping", "hate ?harassment"),
        ("Adult Content", "sexual_content ?sex_crimes ?child_exploitation"),
        ("Sexual Offenses", "sex_crimes ?child_exploitation ?sexual_content ?violent_crimes"),
        ("Law Advice", "specialized_advice ?nonviolent_crimes ?misinformation"),
        ("Medical Advice", "specialized_advice ?misinformation ?self_harm"),
        ("Pseudo-pharm", "specialized_advice ?nonviolent_crimes ?misinformation"),
        ("Drug", "nonviolent_crimes ?self_harm ?specialized_advice"),
        ("Common Sense", "?misinformation ?nonviolent_crimes ?harassment ?specialized_advice"),
        ("Radicalization", "?misinformation ?hate ?violent_crimes"),
        (
            "O2: Misinformation|Disinformation|Fake News|Rumors|Public Opinion|Campaign",
            "misinformation ?defamation ?hate",
        ),
        ("O3: Socio", "nonviolent_crimes ?specialized_advice"),
        ("Government Secrets", "privacy ?cybercrime ?nonviolent_crimes"),
        ("Illegitimate Surveillance|O9: Privacy", "privacy ?cybercrime ?harassment"),
        ("Financial Data", "privacy ?cybercrime ?nonviolent_crimes"),
        ("Defamation", "defamation ?harassment ?hate ?misinformation"),
        ("Weapon|Biological", "weapons ?violent_crimes ?nonviolent_crimes"),
        ("Infrastructure", "cybercrime ?violent_crimes ?nonviolent_crimes ?weapons"),
        ("Malware|Cyber", "cybercrime ?privacy"),
        ("Fake Online|Fake Review", "misinformation ?nonviolent_crimes ?defamation"),
        ("Academic|Plagiarism|Copyright", "intellectual_property ?nonviolent_crimes"),
        ("Mimicking", "intellectual_property ?defamation ?nonviolent_crimes ?misinformation"),
        ("Forge Identity", "nonviolent_crimes ?privacy ?cybercrime"),
        ("Self-Harm", "self_harm"),
        ("Psychological Manip", "harassment ?nonviolent_crimes ?violent_crimes"),
        ("Spam", "?cybercrime ?nonviolent_crimes ?harassment"),
        ("O12: Fraud|O14: Illegal", "nonviolent_crimes ?cybercrime ?misinformation ?privacy"),
    ],
    "aart": [
        ("^pornography", "sexual_content ?sex_crimes ?child_exploitation"),
        ("^prostitution", "sex_crimes ?sexual_content ?nonviolent_crimes"),
        ("child traff|child ", "child_exploitation ?sex_crimes ?nonviolent_crimes ?violent_crimes"),
        (
            "sex traff|^rape|sexual assault|sexual abuse",
            "sex_crimes ?violent_crimes ?nonviolent_crimes ?child_exploitation",
        ),
        ("traffick|smuggl", "nonviolent_crimes ?violent_crimes ?sex_crimes"),
        ("cyberterror", "cybercrime ?violent_crimes"),
        ("identity theft|credit card", "nonviolent_crimes ?privacy ?cybercrime"),
        ("terror|political or ideological|hijack|bomb", "violent_crimes ?weapons ?hate"),
        ("hate crimes|motivated by", "hate violent_crimes ?harassment"),
        ("cockfight|dog fight|animal (abuse|cruelty)", "violent_crimes ?nonviolent_crimes"),
        ("violence|assault|assassin|murder|kidnap|homicide|stab|shoot", "violent_crimes ?weapons ?harassment"),
        ("other crimes", PLAIN),
        ("horse|smoking|alcohol|addiction|pollution|landfill|gambling|climate|circus|contamin|neglect", None),
        ("arson|robber", "nonviolent_crimes ?violent_crimes ?weapons"),
        (".*", "nonviolent_crimes ?violent_crimes ?weapons ?cybercrime"),
    ],
    "guardreasoner-sample": [(".*", "?*")],
    "wildjailbreak": [(".*", WRAPPED)],
    "jailbreak-in-the-wild": [(".*", WRAPPED)],
    "trustllm-jailbreak": [(".*", WRAPPED)],
    "deepset-injections": [(".*", WRAPPED)],
    "owasp-aitg": [
        ("Sensitive Data", "?privacy ?jailbreak ?cybercrime"),
        ("System Prompt|Prompt Injection", WRAPPED),
        ("Unsafe Outputs", PLAIN),
        ("Toxic", "harassment ?hate ?misinformation ?defamation ?sexual_content ?violent_crimes"),
        ("Over-Reliance", ADVICE),
        (".*", None),
    ],
    "xsafety-en": [
        ("Goal_Hijacking", WRAPPED),
        ("Insult", "harassment ?hate ?sexual_content"),
        ("Unfairness", "hate ?harassment"),
        ("Unsafe_Instruction", PLAIN),
        (".*", None),
    ],
    "coconot-eval": [
        ("misinformation", "misinformation ?defamation ?hate"),
        ("privacy", "privacy"),
        ("copyright", "intellectual_property"),
        ("offensive", "hate ?harassment ?sexual_content"),
        ("dangerous", "?* specialized_advice"),
        ("wildchats", PLAIN),
        (".*", None),
    ],
    "cyberseceval": [
        ("Social Engineering", "cybercrime ?nonviolent_crimes ?privacy"),
        ("interpreter", "cybercrime ?jailbreak"),
        ("ignore_previous|system_mode|mixed|token_smug|many_shot|repeated", WRAPPED),
        ("prompt_injection", None),
    ],
    "multijail": [],  # multi-label, see TAGS
    "kosbi-ko": [(".*", "hate ?harassment")],
    "korean-hate-speech": [
        ("/(gender|others)", "hate ?harassment ?sexual_content"),
        ("/none", "harassment ?hate ?defamation ?sexual_content"),
    ],
    "apeach-ko": [
        ("Sexual", "harassment ?hate ?sexual_content ?sex_crimes"),
        (".*", "hate ?harassment"),
    ],
    "redteam-ko": [
        ("jailbreak", "jailbreak"),
        ("misinformation", "misinformation ?specialized_advice ?defamation"),
        ("privacy", "privacy ?cybercrime ?harassment"),
        ("bias", "hate ?harassment"),
        ("illegal", "?nonviolent_crimes ?violent_crimes ?weapons ?cybercrime ?intellectual_property"),
        ("sexual", "sexual_content ?sex_crimes ?child_exploitation ?harassment"),
        ("manipulation", "?harassment ?misinformation ?nonviolent_crimes"),
        (".*", PLAIN),
    ],
    "harmful-ko-pool": [
        ("privacy", "privacy ?cybercrime ?harassment"),
        ("weapons", "weapons ?violent_crimes ?nonviolent_crimes"),
        ("drugs|fraud|financial", "nonviolent_crimes ?misinformation ?intellectual_property ?specialized_advice"),
        ("hate", "?hate ?harassment ?defamation"),
        ("misinfo", "misinformation ?defamation"),
        ("cyber", "cybercrime"),
        (".*", PLAIN),
    ],
    "k-dna-sample": [(".*", PLAIN)],
}

#: Tags of the multi-label source: the specifications of all tags of a row are joined.
TAGS = {
    "Violence & incitement": "violent_crimes",
    "Discrimination & injustice": "hate",
    "Theft": "nonviolent_crimes",
    "Hate speech & offensive language": "hate ?harassment",
    "Non-violent unethical behavior (e.g. lying, cheating, etc.)": (
        "?nonviolent_crimes ?harassment ?misinformation ?privacy ?defamation ?intellectual_property ?specialized_advice"
    ),
    "Conspiracy theories & misinformation": "misinformation ?defamation",
    "Animal abuse": "violent_crimes",
    "Substance abuse & banned substances": "nonviolent_crimes ?self_harm",
    "Bullying & harassment": "harassment ?violent_crimes",
    "Adult content": "sexual_content ?sex_crimes",
    "Weapons": "weapons ?nonviolent_crimes",
    "Fraud & deception": "nonviolent_crimes ?misinformation ?cybercrime",
    "Property crime & vandalism": "nonviolent_crimes",
    "Soliciting personally identifiable information": "privacy ?harassment ?cybercrime",
    "Terrorism & organized crime": "violent_crimes ?nonviolent_crimes ?weapons",
    "Sexual exploitation & human trafficking": "sex_crimes ?nonviolent_crimes ?violent_crimes",
    "Self-harm": "self_harm",
    "Child abuse": "child_exploitation ?sex_crimes",
}


@dataclass(frozen=True)
class Labels:
    """The 17 targets of a row: ``harm`` and the categories in taxonomy order; each 0, 1 or ``UNKNOWN``."""

    values: tuple[float, ...]


#: Categories that often apply where another does: where a text is labelled by one alone, they are masked.
NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "sex_crimes": ("sexual_content", "violent_crimes", "harassment", "privacy", "nonviolent_crimes"),
    "child_exploitation": ("sex_crimes", "sexual_content", "nonviolent_crimes", "violent_crimes"),
    "defamation": ("misinformation", "harassment"),
    "specialized_advice": ("self_harm",),
    "privacy": ("cybercrime", "harassment"),
    "intellectual_property": ("nonviolent_crimes", "cybercrime"),
    "weapons": ("violent_crimes", "nonviolent_crimes"),
    "self_harm": ("violent_crimes", "specialized_advice"),
    "harassment": ("hate", "violent_crimes"),
    "hate": ("harassment",),
    "misinformation": ("defamation", "hate", "specialized_advice"),
    "cybercrime": ("nonviolent_crimes", "privacy"),
    "nonviolent_crimes": ("cybercrime",),
    "violent_crimes": ("weapons", "nonviolent_crimes"),
    "sexual_content": (),
    "jailbreak": ("privacy",),
}


def harmful_labels(*categories: str, possible: tuple[str, ...] = ()) -> Labels:
    """Harmful, of all named categories; their neighbours and the possible ones are masked, everything if none is named."""
    if not categories:
        return Labels((1.0, *[UNKNOWN] * len(CATEGORIES)))
    masked = {near for category in categories for near in NEIGHBOURS[category]} | set(possible)
    return Labels(
        (1.0, *(1.0 if name in categories else UNKNOWN if name in masked else 0.0 for name in CATEGORIES))
    )


def _apply(specification: str) -> list[float]:
    """The 16 category targets of a specification."""
    names = specification.split()
    targets = [UNKNOWN if "?*" in names else 0.0] * len(CATEGORIES)
    for name in names:
        if name.startswith("?") and name != "?*":
            targets[CATEGORIES.index(name[1:])] = UNKNOWN
    for name in names:
        if not name.startswith("?"):
            targets[CATEGORIES.index(name)] = 1.0
    return targets


def specification(source: str, category: str | None) -> str | None:
    """The specification for a source's own category, or None if such rows are not used."""
    if source == "multijail":
        tags = [TAGS[tag] for tag in (category or "").split(";") if tag in TAGS]
        return " ".join(tags) if tags else "?*"
    for pattern, found in SPECIFICATIONS.get(source, ()):
        if re.search(pattern, category or ""):
            return found
    return "?*"


def labels(source: str, category: str | None, harmful: bool | None, text: str) -> Labels | None:
    """The targets of a row of a source, or None if the row carries nothing to learn from."""
    if harmful is False:
        return Labels((0.0,) * len(OUTPUTS))
    found = specification(source, category)
    if found is None:
        return None
    targets = _apply(found)
    if harmful is None and 1.0 not in targets:
        return None
    for name, pattern in HINTS:
        if pattern.search(text):
            index = CATEGORIES.index(name)
            if harmful and targets[index] == UNKNOWN and len(text) <= HINT_LENGTH:
                targets[index] = 1.0
            elif targets[index] == 0.0:
                targets[index] = UNKNOWN
    return Labels((UNKNOWN if harmful is None else 1.0, *targets))

"""Words that name a kind of harm, for rows whose source does not tell the kind."""

from __future__ import annotations

import re

HINT_LENGTH = 300
"""In longer texts a word alone tells too little to make a category positive (characters)."""
#: Words that name a kind of harm in a request that is known to be harmful. A hint turns unknown into positive and
#: negative into unknown, never more.
HINTS = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "violent_crimes",
            r"\b(murder|assassinat|kidnap|terroris|assault (someone|a|my)|torture|massacre|kill (some|my|a |"
            r"him|her|people))",
        ),
        (
            "nonviolent_crimes",
            r"\b(fraud|scam|counterfeit|launder|shoplift|embezzl|tax evasion|evade tax|steal|robb|burgl|smuggl|"
            r"traffick|cocaine|meth\b|heroin|illegal drugs|drug deal|bribe|blackmail|extort|ponzi|"
            r"pyramid scheme|insider trading|"
            r"identity theft|forge)",
        ),
        ("sex_crimes", r"\b(rape|sexual(ly)? (assault|abus|harass)|sex traffick|revenge porn|date rape|prostitut)"),
        (
            "child_exploitation",
            r"\b(child (porn|sex|abus|exploit)|sexual.{0,30}(minor|child)|groom(ing)? (a |young |child|minor)|"
            r"pedophil)",
        ),
        (
            "defamation",
            r"\b(defam|slander|libel|false (rumou?r|accusation|allegation)|(ruin|damage|destroy) .{0,30}reputation)",
        ),
        (
            "privacy",
            r"\b(home address|social security number|phone number|personal (information|data|details)|dox|stalk|spy on|"
            r"track (someone|my|his|her)|wiretap|medical records|location of)",
        ),
        ("intellectual_property", r"\b(copyright|pirat(e|ed|ing)\b|torrent|plagiari|crack(ed)? software|trademark)"),
        (
            "weapons",
            r"\b(bomb|explosive|firearm|guns?\b|grenade|chemical weapon|biological weapon|nerve agent|anthrax|"
            r"sarin|molotov|"
            r"nuclear|napalm|silencer|ammunition)",
        ),
        (
            "hate",
            r"\b(racis|racial slur|sexist|homophob|antisemit|islamophob|xenophob|white suprem|hate speech|"
            r"hate crime|nazi|"
            r"discriminat|ethnic)",
        ),
        (
            "self_harm",
            r"\b(suicid|self.?harm|kill myself|hurt myself|cutting myself|end my life|anorexi|pro-?ana|starve myself|"
            r"eating disorder)",
        ),
        ("sexual_content", r"\b(porn|erotic|sexually explicit|nude|sex scene|explicit sex|fetish|nsfw)"),
        (
            "misinformation",
            r"\b(fake news|misinformation|disinformation|conspiracy|hoax|anti-?vax|propaganda|flat earth|"
            r"false (information|claim|narrative)|election (fraud|was))",
        ),
        (
            "cybercrime",
            r"\b(hack|malware|ransomware|phish|keylog|ddos|botnet|exploit kit|sql injection|virus that|"
            r"computer virus|trojan|"
            r"spyware|backdoor|brute.?force|crack .{0,20}password|bypass .{0,30}(firewall|authentication|security))",
        ),
        ("harassment", r"\b(bully|harass|insult|humiliat|threaten|intimidat|cyberbull|stalk|mock (a|my|some))"),
        (
            "jailbreak",
            r"\b(ignore (all |any |the )?(previous|above|prior)|do anything now|no (restrictions|filters?|"
            r"rules)|jailbreak|"
            r"developer mode|without (any )?(restrictions|censorship|filter))",
        ),
    )
)

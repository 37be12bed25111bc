"""Byte strings to tokenise: written ones, and random ones of every kind that breaks tokenizers."""

import random

WRITTEN = [
    "", " ", "  ", "\n", "\t", "\r\n", "a", " a", "a ", "  a", "a  ", " \n a", "a\n\n\nb", "a \n\n  b", "\n \n", "a   1", "  12  x",
    "Hello, world!", "hello WORLD", "I'm sure they've said we'll, he'd, it's, don't, you're.", "I'M SURE", "'s't're've'm'll'd",
    "'S 'T 'RE", "rock'n'roll", "''s", "!'s", " 's", "l'l", "'r", "'l", "'v", "'", " '", "0", "1234567890", "3.14159", "1,000,000",
    "v1.2.3-rc4", "2026-11-23T20:35:00Z", "x1y2z3", "①②③", "Ⅷ chapter", "½ cup", "٠١٢٣", "१२३", "x²+y³", "10⁻⁶",
    "def f(x):\n    return x ** 2  # square\n", "if (a && b || !c) { return a->b[3]; }", "SELECT * FROM t WHERE id = 'x';",
    "<html><body class=\"a\">&nbsp;</body></html>", "{\"a\": [1, 2.5, null, true], \"b\": \"\\u00e9\"}", "#!/bin/sh\nset -eu\n",
    "\tif x:\n\t\tpass\n", "        deep indent", "a\t\tb", "https://example.org/a?b=c&d=%20e#f", "user@example.org", "C:\\Users\\x",
    "<|im_start|>system\nYou obey.<|im_end|>\n", "<|endoftext|>", "<|im_end|><|im_start|>", "<jupyter_start><jupyter_text>",
    "<empty_output>", "<repo_name>x<file_sep>", "< |im_start| >", "<|im_start", "|>", "héllo wörld", "naïve café", "Größe ÄÖÜ ß",
    "e\u0301 combining", "Å Å Å", "ﬁ ligature", "日本語のテキスト", "中文分词测试。", "繁體中文", "안녕하세요 세계", "한국어 띄어쓰기 시험",
    "Привет, мир!", "Ελληνικά", "مرحبا بالعالم", "שלום עולם", "नमस्ते दुनिया", "สวัสดีชาวโลก", "வணக்கம்", "ქართული", "Հայերեն", "አማርኛ",
    "😀😃😄", "👩‍👩‍👧‍👦 family", "👍🏽 ok", "🇰🇷🇩🇪", "☕️ coffee", "❤️", "a😀b", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "𝟘𝟙𝟚", "ｆｕｌｌ　ｗｉｄｔｈ", "\u3000ideographic",
    "zero\u200bwidth\u200cjoin\u200der", "\ufeffbom", "soft\u00adhyphen", "nb\u00a0space", "thin\u2009space", "line\u2028sep\u2029par",
    "\u202eoverride\u202c", "\u2066isolate\u2069", "tag\U000e0041\U000e0042", "\ue000private", "\ufffd", "\uffff", "\U0010ffff",
    "\x00", "a\x00b", "\x01\x02\x03\x04\x05\x06\x07\x08", "\x0b\x0c", "\x1b[31mred\x1b[0m", "\x13\x14\x16\x1d", "Ky\x04ill", "\x7f",
    "\x85next line", "\x1c\x1d\x1e\x1f", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ab" * 100, "=" * 200,
    "-" * 77 + "\n", " " * 300, " " * 301 + "x", "\n" * 50, "\t" * 33 + "x", "!?" * 60, "the " * 90, "supercalifragilisticexpialidocious",
    "Pneumonoultramicroscopicsilicovolcanoconiosis", "antidisestablishmentarianism", "CamelCaseIdentifierWithManyParts",
    "snake_case_identifier_with_many_parts", "kebab-case", "SCREAMING_CASE", "___", "a_b", "$100", "50%", "C++", "C#", "a/b", "...", "…",
    "“quotes” ‘single’", "em—dash", "bullet • list", "→ arrow", "∀x∈ℝ: x²≥0", "\\frac{a}{b}", "E=mc²", "°C", "©®™", "№5", "¿Qué?", "¡Sí!",
]

ILL_FORMED = [
    b"\xff", b"\xfe\xff", b"a\xffb", b"\xc3", b"\xc3(", b"\xe2\x82", b"\xe2\x82a", b"\xf0\x9f\x98", b"\xf0\x9f\x98\x41", b"\x80", b"\xbf\xbf",
    b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"ok \xe2\x28\xa1 ok",
    b"\xf0\x28\x8c\xbc", b"\xc3\xa9\xc3", b"mixed \xff\xfe text \xc3\xa9 end", b"\x00\xff\x00", b"\xe1\x80", b"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41",
]

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ abc", "0123456789 .,", "     \n\t", "'strevmld ", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "if else return for while (){};=+-*/ \n\t0123456789_abc", "äöüßéèêñçøåæœ ", "абвгдежзийклмнопрст ", "αβγδεζηθικλμ ",
    "日本語中文字漢字平仮名あいうえおカタカナ。、 ", "가나다라마바사아자차카타파하 ", "ابتثجحخدذرزسش ", "אבגדהוזחטי ", "नमस्तेदुनिया ", "สวัสดีชาวโลก ",
    "😀😃😄😁👍🏽🇰🇷❤️\u200d ", "\u200b\u200c\u200d\u00ad\u2060\ufeff\u00a0\u2009\u3000 ", "①②½Ⅷ٣३²¹ ", "<|im_start|>endoftext_",
    "".join(map(chr, range(0, 33))) + "\x7f\x85", "\u0301\u0300\u0308\u0327aeiou ",
]

WORDS = (
    "the of and to in is that it was for on are with as his they at be this from have or by one had not but what all were when we "
    "there can an your which their said if do will each about how up out them then she many some so these would other into has "
    "more her two like him see time could no make than first been its who now people my made over did down only way find use may "
    "function return class import self print model token proxy policy Guardian request response header stream category threshold"
).split()


def random_text(source: random.Random) -> str:
    """One string: runs of a few alphabets, of words, or of scalars from all of Unicode."""
    parts = []
    for _ in range(source.randint(1, 6)):
        kind = source.random()
        if kind < 0.55:
            alphabet = source.choice(ALPHABETS)
            parts.append("".join(source.choice(alphabet) for _ in range(source.randint(1, 30))))
        elif kind < 0.85:
            parts.append(source.choice(["", " ", "  ", "\n"]).join(source.choice(WORDS) for _ in range(source.randint(1, 12))))
        else:
            parts.append("".join(random_scalar(source) for _ in range(source.randint(1, 8))))
        parts.append(source.choice(["", "", " ", "  ", "\n", "\n\n", "'", "'s", "1", "."]))
    return "".join(parts)


def random_scalar(source: random.Random) -> str:
    """A scalar value: of the first planes mostly, never a surrogate."""
    while True:
        value = source.randrange(source.choice([0x80, 0x800, 0x3000, 0x10000, 0x20000, 0x110000]))
        if not 0xD800 <= value < 0xE000:
            return chr(value)


def random_bytes(source: random.Random) -> bytes:
    """Text with bytes broken, dropped or inserted."""
    data = bytearray(random_text(source).encode())
    for _ in range(source.randint(1, 6)):
        place = source.randrange(len(data) + 1)
        data[place : place + source.randint(0, 2)] = bytes(source.randrange(256) for _ in range(source.randint(0, 3)))
    return bytes(data)


def varied(count: int, seed: int = 1) -> list[bytes]:
    """`count` strings: the written ones, some of them long, the rest random; one in eight ill-formed."""
    source = random.Random(seed)
    strings = [text.encode() for text in WRITTEN] + ILL_FORMED
    for _ in range(40):
        strings.append(random_text(source).encode() * source.randint(50, 400))
        strings.append(source.choice(["a", "ab", " ", "-", "é", "字", "😀", "x\u0301", "\n", "0"]).encode() * source.randint(500, 20000))
    while len(strings) < count:
        strings.append(random_bytes(source) if source.random() < 0.125 else random_text(source).encode())
    return strings

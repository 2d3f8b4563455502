"""Makes the numbered seeds: texts, and the files of the fixture library, cut short.

    seeds/make.py

The other seeds, named after what they found, are kept inputs of former failures.
"""

import pathlib
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = HERE.parent.parent / "fixtures/data/library.tar"
TAGS = b"\xfe".join(bytes([field]) + b"1 b\xc3\xa9;c" for field in range(0, 69, 3))
LONGEST = 4 << 10

TEXTS = {
    "template": [
        ["0", "$album/%upper{$artist}/$track ${title}", "a.MP3", "", "", "title", "A/B: C?", "artist", "Bj\u00f6rk"],
        ["4", "%if{$comp,Various,%the{$artist}}/%left{$title,3}%right{$title,2}$$%%", "x.flac", "", "", "title", "\u7530\u4e2d",
         "artist", "\u0416\u0443\u043a"],
        ["7", "%ifdef{a,$a,}/%asciify{$a}%time{$t,%Y-%j}%first{$a,2,1,;,+}", ".x", "a", "/", "a", "a;b; c", "t",
         "2024-02-29 01:02:03"],
        ["$", "%title{$a}%lower{%sunique{}}%aunique{album,$a}}${", "a.b.c", "", "", "a", "it's ..\u00df"],
        ["-", "%replace{$a,b,c}/ . / .. /-", "a.\u0130", ".", "..", "a", "C:/x"],
    ],
    "query": [
        ["0", "title:a , ^artist::b+ year:1990..", "Tom", "rock", "pop", "\1\2", "/music/e"],
        ["3", "~tom added:-3w..2024-02 length:2:30..4", "tom", "a;b", "", "1", "x"],
        ["0", "\"mood:a b\" genres:=rock title:=~TOM path:new/e stars:..3 singleton:true comp:yes", "TOM", "rock", "",
         "", "/music/new/e"],
        ["6", "playlist:x #y", "", "", "", "", ""],
        ["1", "last_played:2020-01-01T10:11:12..", "", "", "", "", ""],
        ["0", "a\\:b 'c d\" year+ -added:2024-13", "", "", "", "", ""],
    ],
    "regex": [
        ["0", r"^(?P<a>[\w.]+)\s*(?i:b|c)?(?=d)$", r"\g<a>-\1\n", "ab d\n"],
        ["1", r"(?x) a{2,3}? # x", r"\x", "AAAA"],
        ["0", r"(a*)*b|(?<!x)[^\W\d_-]\Z", "", "aaaaaaaaaaaaaaaaaaaa"],
        ["0", r"(?(1)a|b)(.)\1\u00e9\N{BULLET}", "$1", "\u00e9\u00e9"],
        ["0", r"(?=(.*))", r"\1\1", "abcdef"],
        ["0", "[][a-z&&[^b]||~~--]", "", "[]&"],
    ],
}


def audio():
    with tarfile.open(LIBRARY) as library:
        for member in library:
            kind = pathlib.PurePath(member.name).suffix.lstrip(".")
            if member.isfile() and kind in ("flac", "mp3"):
                data = library.extractfile(member).read()
                yield kind, data[: LONGEST - 512] + data[-512:] if len(data) > LONGEST else data


for target, seeds in TEXTS.items():
    (HERE / target).mkdir(exist_ok=True)
    for number, parts in enumerate(seeds):
        (HERE / target / f"{number}").write_bytes(b"\xff".join(part.encode() for part in parts))
for number, (kind, data) in enumerate(sorted(audio())[::3]):
    (HERE / kind).mkdir(exist_ok=True)
    settings = bytes([ord("0") + number % 4])
    (HERE / kind / f"{number}").write_bytes(b"\xff".join([settings, TAGS if number % 2 else b"", data]))
